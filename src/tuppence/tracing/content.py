"""How texts are shown in traces by those who want that: without keys, and without figures where those are not wanted.

The form of messages is that of OpenTelemetry's semantic conventions for generative AI, "gen_ai.input.messages" and
"gen_ai.output.messages".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    FunctionResult,
    Message,
    ProviderBlock,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)

if TYPE_CHECKING:
    from tuppence.llm import Block, ChatRequest, ChatResponse

_LONGEST = 10_000  # characters of one text
_FIGURE = "#"
# A day or a month stays as it is; any other number may be an amount. One with separators is one figure.
_DAY_OR_NUMBER = re.compile(r"(?<![\d-])(\d{4}-\d\d(?:-\d\d)?)(?![\d-])|\d+(?:[.,'\u00a0\u2009\u202f ]\d+)*")
_SHORTEST_SECRET = 6  # characters; anything shorter would be found everywhere


@dataclass(frozen=True, slots=True)
class Content:
    """Shows texts."""

    amounts: bool
    """Whether figures are shown; days always are."""
    secrets: Sequence[str]
    """What is never shown, wherever it stands: keys."""

    def text(self, text: str) -> str:
        """`text` as it may be shown: at most 10,000 characters, without halves of any."""
        text = text.encode("utf-8", "replace").decode()
        for secret in self.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "[key]")
        if not self.amounts:
            text = _DAY_OR_NUMBER.sub(lambda found: found[1] or _FIGURE, text)
        left_out = len(text) - _LONGEST
        return text if left_out <= 0 else f"{text[:_LONGEST]} [{left_out} characters left out]"

    def json(self, value: Any) -> str:
        """`value` as JSON, all its texts as they may be shown."""
        return msgspec.json.encode(self._shown(value), enc_hook=str).decode()

    def of_request(self, request: ChatRequest) -> Mapping[str, str]:
        """Attributes with the messages of `request`."""
        said = {"gen_ai.input.messages": self.json([_message(message) for message in request.transcript])}
        if request.instructions:
            said["gen_ai.system_instructions"] = self.json([_text(request.instructions)])
        return said

    def of_response(self, response: ChatResponse) -> Mapping[str, str]:
        """Attributes with the words and the function requests of `response`."""
        message = {"role": "assistant", "parts": _parts(response.content), "finish_reason": response.stop_reason}
        return {"gen_ai.output.messages": self.json([message])}

    def _shown(self, value: Any) -> Any:
        match value:
            case None | bool():
                return value
            case str():
                return self.text(value)
            case int() | float() | Decimal():
                return value if self.amounts else _FIGURE
            case Mapping():
                return {self.text(str(name)): self._shown(one) for name, one in value.items()}
            case Sequence():
                return [self._shown(one) for one in value]
            case _:
                return self.text(str(value))


def _message(message: Message) -> dict[str, Any]:
    match message:
        case UserMessage(text):
            return {"role": "user", "parts": [_text(text)]}
        case AssistantMessage(content):
            return {"role": "assistant", "parts": _parts(content)}
        case FunctionResult(call_id, output):
            return {"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "response": output}]}


def _parts(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    return [_part(block) for block in blocks]


def _part(block: Block) -> dict[str, Any]:
    match block:
        case TextBlock(text):
            return _text(text)
        case ReasoningBlock(text):
            return {"type": "reasoning", "content": text}
        case ChatFunctionRequest():
            arguments = block.raw_arguments if block.malformed else block.function_args
            return {"type": "tool_call", "id": block.call_id, "name": block.function_name, "arguments": arguments}
        case ProviderBlock(kind):
            return {"type": kind}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}
