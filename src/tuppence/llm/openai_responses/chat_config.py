"""A ChatRequest as the Responses API wants it.

Stateless: nothing is stored at the provider (`store: false`), our transcript is the truth, and reasoning goes back
encrypted.
Source: OpenAI documentation, "Responses", "Reasoning models" (encrypted reasoning items), "Function calling".
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tuppence.llm.concept import (
    AssistantMessage,
    Block,
    ChatFunctionRequest,
    ChatRequest,
    FunctionResult,
    Message,
    Origin,
    ProviderBlock,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)
from tuppence.llm.transcript import made_by, made_by_provider, mended, portable_id

_CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_REASONING_MODEL = re.compile(r"(?:.*/)?(o\d|gpt-[5-9]|codex)")


class ChatConfig:
    """One request, rendered."""

    def __init__(self, request: ChatRequest, origin: Origin) -> None:
        self._request = request
        self._origin = origin

    def params(self) -> dict[str, Any]:
        """The arguments of `client.responses.create`."""
        request = self._request
        params: dict[str, Any] = {"model": request.model, "input": self._input(), "store": False}
        if _REASONING_MODEL.match(request.model):  # other models reject it
            params["include"] = ["reasoning.encrypted_content"]
        if request.instructions:
            params["instructions"] = request.instructions
        if request.functions:
            params["tools"] = [
                {
                    "type": "function",
                    "name": one.name,
                    "description": one.description,
                    "parameters": {"type": "object", "properties": {}, **one.parameters},
                    "strict": False,  # this API's default is true, which rejects optional parameters
                }
                for one in request.functions
            ]
            if request.tool_choice != "auto":
                params["tool_choice"] = request.tool_choice
            if request.parallel_calls is not None:
                params["parallel_tool_calls"] = request.parallel_calls
        if request.max_output_tokens:
            params["max_output_tokens"] = request.max_output_tokens
        if request.session_id:
            params["prompt_cache_key"] = request.session_id
        if request.user_identifier:
            params["safety_identifier"] = request.user_identifier
        return params

    def _input(self) -> list[dict[str, Any]]:
        return [item for message in mended(self._request.transcript) for item in self._items(message)]

    def _items(self, message: Message) -> list[dict[str, Any]]:
        match message:
            case UserMessage(text):
                return [{"role": "user", "content": text}]
            case FunctionResult(call_id, output):
                return [
                    {
                        "type": "function_call_output",
                        "call_id": portable_id(call_id, _CALL_ID),
                        "output": output or "{}",
                    }
                ]
            case AssistantMessage(content):
                return self._answer(content)

    def _answer(self, content: tuple[Block, ...]) -> list[dict[str, Any]]:
        """An answer's items. Where a reasoning item stays behind, the items that came of it go without their ids: the
        API rejects an id whose reasoning it was not given, and a reasoning item that nothing follows.
        """
        kept = [block for block in content if self._understood(block)]
        whole = all(block in kept for block in content if isinstance(block, ReasoningBlock)) and not (
            kept and isinstance(kept[-1], ReasoningBlock)
        )
        if not whole:
            kept = [block for block in kept if not isinstance(block, ReasoningBlock)]
        return [self._item(block, with_id=whole) for block in kept]

    def _understood(self, block: Block) -> bool:
        match block:
            case ReasoningBlock():
                return block.raw is not None and made_by(block, self._origin)
            case ProviderBlock():
                return made_by_provider(block, self._origin)
            case _:
                return True

    def _item(self, block: Block, *, with_id: bool) -> dict[str, Any]:
        ours = with_id and made_by(block, self._origin)
        match block:
            case TextBlock():
                return block.raw if ours and block.raw else {"role": "assistant", "content": block.text}
            case ReasoningBlock(_, _, raw):
                return raw or {}
            case ProviderBlock(_, raw):
                return raw
            case ChatFunctionRequest():
                return {
                    **((block.raw or {}) if ours else {}),
                    "type": "function_call",
                    "call_id": portable_id(block.call_id, _CALL_ID),
                    "name": block.function_name,
                    "arguments": msgspec.json.encode(block.function_args).decode(),
                }
