"""A ChatRequest as a server of the Chat Completions protocol wants it.

Source: OpenAI API reference, "Create chat completion"; where servers deviate, `Quirks` says how.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tuppence.llm.concept import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    FunctionResult,
    Origin,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)
from tuppence.llm.openai_chat.call_ids import CallIds
from tuppence.llm.openai_chat.quirks import Quirks
from tuppence.llm.transcript import mended

_BETWEEN = "\n\n"
_NO_ANSWER = "(The answer was stopped.)"


class ChatConfig:
    """One request, rendered."""

    def __init__(self, request: ChatRequest, origin: Origin, quirks: Quirks) -> None:
        self._request = request
        self._origin = origin
        self._quirks = quirks
        self._ids = CallIds(quirks.call_ids)

    def params(self) -> dict[str, Any]:
        """The arguments of `client.chat.completions.create`, without those about streaming; None: this is not sent."""
        request, quirks = self._request, self._quirks
        params: dict[str, Any] = {"model": request.model, "messages": self._messages()}
        params.update(self._functions())
        if request.max_output_tokens is not None:
            params[quirks.output_limit] = request.max_output_tokens
        if not request.usage_asked:
            params["stream_options"] = None
        if quirks.session_field and request.session_id:
            params[quirks.session_field] = request.session_id
        if quirks.user_field and request.user_identifier:
            params[quirks.user_field] = request.user_identifier
        return params

    def _functions(self) -> dict[str, Any]:
        """The definitions and the choice; without definitions there is nothing to choose."""
        request, quirks = self._request, self._quirks
        choice: str | None = request.tool_choice
        if not request.functions or (choice == "none" and not quirks.none_choice):
            return {}
        if choice == "required":
            choice = quirks.required_choice
        tools = [
            {
                "type": "function",
                "function": {
                    "name": one.name,
                    "description": one.description,
                    "parameters": {"type": "object", "properties": {}, **one.parameters},
                },
            }
            for one in request.functions
        ]
        params: dict[str, Any] = {"tools": tools}
        if choice is not None and choice != "auto":
            params["tool_choice"] = choice
        parallel = quirks.parallel_calls if request.parallel_calls is None else request.parallel_calls
        if parallel is not None:
            params["parallel_tool_calls"] = parallel
        return params

    def _messages(self) -> list[dict[str, Any]]:
        """The instructions and the transcript. Neighbours of one role become one message: many models' templates want
        user and assistant to take turns."""
        messages: list[dict[str, Any]] = []
        if self._request.instructions:
            messages.append({"role": self._quirks.instructions_role, "content": self._request.instructions})
        for message in mended(self._request.transcript):
            match message:
                case UserMessage(text):
                    self._add_user(messages, text)
                case AssistantMessage():
                    self._add_assistant(messages, message)
                case FunctionResult(call_id, output):
                    messages.append({"role": "tool", "tool_call_id": self._ids.of(call_id), "content": output})
        return messages

    def _add_user(self, messages: list[dict[str, Any]], text: str) -> None:
        before = messages[-1]["role"] if messages else None
        if before == "user":
            messages[-1]["content"] += _BETWEEN + text
            return
        if before == "tool" and not self._quirks.user_after_results:
            messages.append({"role": "assistant", "content": _NO_ANSWER})
        messages.append({"role": "user", "content": text})

    def _add_assistant(self, messages: list[dict[str, Any]], message: AssistantMessage) -> None:
        rendered = self._assistant(message)
        if rendered is None:
            return
        if messages and messages[-1]["role"] == "assistant":  # an answer without calls, and what the model added to it
            earlier = messages.pop()
            texts = [one["content"] for one in (earlier, rendered) if one["content"]]
            rendered = {**earlier, **rendered, "content": _BETWEEN.join(texts) or self._quirks.empty_content}
        messages.append(rendered)

    def _assistant(self, message: AssistantMessage) -> dict[str, Any] | None:
        """The message; None when nothing in it is for this server."""
        text = "".join(block.text for block in message.content if isinstance(block, TextBlock))
        calls = [self._call(block) for block in message.content if isinstance(block, ChatFunctionRequest)]
        if not text and not calls:
            return None
        rendered: dict[str, Any] = {"role": "assistant", "content": text or self._quirks.empty_content}
        if calls:
            rendered["tool_calls"] = calls
            rendered.update(self._reasoning(message))
        return rendered

    def _call(self, request: ChatFunctionRequest) -> dict[str, Any]:
        """Malformed arguments go back as none: servers read them again, and the result says what was wrong."""
        own = request.origin == self._origin
        arguments = msgspec.json.encode(request.function_args).decode()
        function = {"name": request.function_name, "arguments": arguments}
        call_id = self._ids.of(request.call_id, own=own)
        return {"id": call_id, "type": "function", "function": function, **((request.raw if own else None) or {})}

    def _reasoning(self, message: AssistantMessage) -> dict[str, Any]:
        """The reasoning as the quirk says, where this very model wrote it."""
        blocks = [block for block in message.content if isinstance(block, ReasoningBlock)]
        own = [block for block in blocks if block.origin == self._origin]
        if self._quirks.reasoning_back == "reasoning_details":
            details = [detail for block in own for detail in (block.raw or {}).get("reasoning_details", ())]
            return {"reasoning_details": details} if details else {}
        if self._quirks.reasoning_back == "reasoning_content":
            text = "".join(block.text for block in own)
            return {"reasoning_content": text} if text else {}
        return {}
