"""A ChatRequest as the Messages API wants it.

The prefix (functions, then instructions) is the same bytes for every round of a chat and is marked for prompt caching;
what changes comes after it, in the messages. Source: Anthropic documentation, "Prompt caching", "Tool use" and
"Extended thinking".
"""

from __future__ import annotations

import re
from typing import Any

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
_CACHED = {"cache_control": {"type": "ephemeral"}}
_MAX_OUTPUT_TOKENS = 8192  # the API demands a number; every current model can give this many


class ChatConfig:
    """One request, rendered."""

    def __init__(self, request: ChatRequest, origin: Origin) -> None:
        self._request = request
        self._origin = origin
        self._transcript = mended(request.transcript)

    def params(self) -> dict[str, Any]:
        """The arguments of `client.messages.stream` and `.create`."""
        request = self._request
        params: dict[str, Any] = {
            "model": request.model,
            "max_tokens": request.max_output_tokens or _MAX_OUTPUT_TOKENS,
            "messages": self._messages(),
        }
        if request.instructions:
            params["system"] = [{"type": "text", "text": request.instructions, **_CACHED}]
        if tools := self._tools():
            params["tools"] = tools
            if choice := self._tool_choice():
                params["tool_choice"] = choice
        if request.user_identifier:
            params["metadata"] = {"user_id": request.user_identifier}
        return params

    def _tool_choice(self) -> dict[str, Any] | None:
        """None: the API's own default, which is that the model may call, several functions at once if it likes."""
        request = self._request
        choice = request.tool_choice if request.functions else "none"
        if choice == "none":
            return {"type": "none"}
        switch = {} if request.parallel_calls is None else {"disable_parallel_tool_use": not request.parallel_calls}
        if choice == "auto" and not switch:
            return None
        return {"type": "any" if choice == "required" else "auto", **switch}

    def _tools(self) -> list[dict[str, Any]]:
        """The definitions; kept when calls are forbidden, since the API rejects tool blocks without definitions."""
        tools: list[dict[str, Any]] = [
            {"name": one.name, "description": one.description, "input_schema": dict(one.parameters)}
            for one in self._request.functions
        ]
        if not tools:
            names = dict.fromkeys(request.function_name for request in self._requests())
            description = "Not available any more."
            tools = [{"name": name, "description": description, "input_schema": {"type": "object"}} for name in names]
        if tools:
            tools[-1].update(_CACHED)
        return tools

    def _requests(self) -> list[ChatFunctionRequest]:
        messages = (message for message in self._transcript if isinstance(message, AssistantMessage))
        return [block for message in messages for block in message.content if isinstance(block, ChatFunctionRequest)]

    def _messages(self) -> list[dict[str, Any]]:
        """Neighbours of one role become one message: the API wants all results of a round together."""
        messages: list[dict[str, Any]] = []
        for message in self._transcript:
            role = "assistant" if isinstance(message, AssistantMessage) else "user"
            content = self._content(message)
            if not content:
                continue
            if messages and messages[-1]["role"] == role:
                messages[-1]["content"] += content
            else:
                messages.append({"role": role, "content": content})
        return messages

    def _content(self, message: Message) -> list[dict[str, Any]]:
        match message:
            case UserMessage(text):
                return [{"type": "text", "text": text}]
            case AssistantMessage(content):
                blocks = [rendered for block in content if (rendered := self._block(block)) is not None]
                while blocks and blocks[-1]["type"] in ("thinking", "redacted_thinking"):
                    blocks.pop()  # an answer stopped while it thought: the API refuses a message that ends so
                return blocks
            case FunctionResult(call_id, output, is_error):
                result = {"type": "tool_result", "tool_use_id": portable_id(call_id, _CALL_ID), "content": output}
                return [{**result, "is_error": True} if is_error else result]

    def _block(self, block: Block) -> dict[str, Any] | None:
        """The block for this API; None when only another model understands it, or when it was never finished."""
        match block:
            case TextBlock(text):
                return (
                    block.raw if block.raw and made_by_provider(block, self._origin) else {"type": "text", "text": text}
                )
            case ReasoningBlock():
                return block.raw if made_by(block, self._origin) else None
            case ChatFunctionRequest():
                call_id = portable_id(block.call_id, _CALL_ID)
                return {"type": "tool_use", "id": call_id, "name": block.function_name, "input": block.function_args}
            case ProviderBlock():
                return block.raw if made_by_provider(block, self._origin) else None
