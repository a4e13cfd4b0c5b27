"""Chat Completions, OpenAI's and every dialect's: `/chat/completions` and `/models`, whatever stands before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from tuppence.understudy.connection import Request
from tuppence.understudy.conversation import Conversation, Function, PastCall, Question, Result, Said
from tuppence.understudy.openai.access import Access, reasons
from tuppence.understudy.openai.answers import answer_of
from tuppence.understudy.openai.checks import json_object
from tuppence.understudy.openai.faults import error_object, refuse
from tuppence.understudy.openai.prefixes import PrefixCache
from tuppence.understudy.openai.talk import arguments_object, joined, text_of
from tuppence.understudy.openai_chat.chunks import (
    Completion,
    comment_line,
    completion_events,
    plain_completion,
)
from tuppence.understudy.openai_chat.dialects import OPENAI, Dialect, error_body
from tuppence.understudy.openai_chat.local import local_reply
from tuppence.understudy.openai_chat.rules import check_request
from tuppence.understudy.reply import Event, Fault, Reply, Usage, compact_json
from tuppence.understudy.wire import House


class OpenAIChat:
    """The wire in one dialect, with the prefixes it has cached so far."""

    name = "openai-chat"

    def __init__(self, house: House, dialect: Dialect = OPENAI) -> None:
        self._house = house if not dialect.drops_beginning else replace(house, drops_beginning=True)
        self._dialect = dialect
        self._access = Access(house, dialect.models, needs_key=dialect.needs_key, window_field=dialect.window_field)
        self._cache = PrefixCache(house.cached_from)

    def speaks(self, request: Request) -> bool:
        """Whether the path is one of this wire."""
        return request.path.endswith("/chat/completions") or "/models" in request.path

    def read(self, request: Request) -> Question | Reply:
        """The question, or the reply to a list of models. Raises Rejected."""
        self._access.check_key(request)
        if not request.path.endswith("/chat/completions"):
            reply = self._access.models_reply(request) or local_reply(
                request, self._dialect, self._access.models, self._house.context_window
            )
            if reply is None:
                refuse(f"Invalid URL ({request.method} {request.path})", status=404)
            return reply
        if request.method != "POST":
            refuse("Not allowed to do that with chat completions.", status=405)
        body = json_object(request.body)
        if self._house.strict:
            check_request(body, self._dialect)
        self._access.check_model(body.get("model"))
        return self._question(body)

    def headers(self, request_id: str) -> Mapping[str, str]:
        """The request id, under the name the SDK looks for."""
        return {"x-request-id": request_id}

    def error_body(self, fault: Fault, request_id: str) -> Any:
        """The dialect's error envelope."""
        return error_body(fault, self._dialect)

    def error_event(self, fault: Fault, number: int) -> Event:
        """The error inside a stream, as the dialect has it."""
        dialect = self._dialect
        error = {"error": error_object(fault)}
        match dialect.error_in_stream:
            case "event":
                return Event("error", error, dialect.line_end)
            case "chunk":
                choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
                error["error"]["code"] = fault.status
                head = {"id": "", "object": "chat.completion.chunk", "created": 0, "model": ""}
                return Event(None, head | error | {"choices": [choice]}, dialect.line_end)
            case "data":
                return Event(None, error, dialect.line_end)

    def ping(self, number: int) -> bytes:
        """A comment line; clients of every dialect have to pass over it."""
        dialect = self._dialect
        return comment_line(dialect if dialect.comment else replace(dialect, comment="ping"))

    def events(self, reply: Reply, question: Question) -> Iterator[Event | bytes]:
        """The reply's content as a stream."""
        yield from completion_events(self._completion(reply, question))

    def plain(self, reply: Reply, question: Question) -> dict[str, Any]:
        """The reply's content as one completion."""
        return plain_completion(self._completion(reply, question))

    def reported_usage(self, data: Mapping[str, Any]) -> Usage | None:
        """The usage of a chunk or of a whole completion; fresh input is what did not come from the cache."""
        usage = data.get("usage") or (data.get("x_groq") or {}).get("usage")
        if not isinstance(usage, dict):
            return None
        read = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
        total = usage.get("prompt_tokens")
        return Usage(
            fresh_input_tokens=None if total is None else total - (read or 0),
            output_tokens=usage.get("completion_tokens"),
            cache_read_tokens=read,
            reasoning_tokens=(usage.get("completion_tokens_details") or {}).get("reasoning_tokens"),
        )

    def _question(self, body: Mapping[str, Any]) -> Question:
        window = self._house.context_window
        pieces = [compact_json(body.get("tools") or []), *map(compact_json, body.get("messages") or ())]
        usage = self._cache.usage_of(str(body.get("model")), pieces)
        tokens = usage.input_tokens or 0
        if tokens > window and not self._house.drops_beginning:
            message = f"This model's maximum context length is {window} tokens. However, your messages resulted in"
            reduce = "Please reduce the length of the messages."
            refuse(f"{message} {tokens} tokens. {reduce}", "messages", "context_length_exceeded")
        stop = body.get("stop") or ()
        question = Question(
            model=str(body.get("model")),
            streamed=bool(body.get("stream")),
            conversation=_conversation(body),
            usage=usage,
            most_output_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
            stop_sequences=(stop,) if isinstance(stop, str) else tuple(stop),
            thinking=self._thinking(body),
            request=body,
        )
        return question.fitted(window)

    def _thinking(self, body: Mapping[str, Any]) -> Literal["no", "shown", "omitted"]:
        if not reasons(str(body.get("model"))) or body.get("reasoning_effort") == "none":
            return "no"
        return "shown" if self._dialect.reasoning else "omitted"

    def _completion(self, reply: Reply, question: Question) -> Completion:
        options = question.request.get("stream_options") or {}
        asked = options.get("include_usage", False)
        dialect = self._dialect
        if options.get("include_obfuscation") is False:
            dialect = replace(dialect, obfuscation=False)
        if not asked and not dialect.usage_unasked:
            dialect = replace(dialect, null_usage=False)
        return Completion(
            answer_of(reply, question),
            question.model,
            dialect,
            reports_usage=bool(asked or dialect.usage_unasked or not question.streamed),
            in_one_piece=reply.in_one_piece,
            without_end=reply.without_end,
        )


def _conversation(body: Mapping[str, Any]) -> Conversation:
    choice = body.get("tool_choice") or "auto"
    forced = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    messages: Sequence[Mapping[str, Any]] = body.get("messages") or ()
    told = [text_of(one.get("content")) for one in messages if one["role"] in ("system", "developer")]
    return Conversation(
        instructions="\n\n".join(told).strip(),
        messages=joined([_said(one) for one in messages if one["role"] not in ("system", "developer")]),
        functions=tuple(
            Function(
                one["function"]["name"],
                one["function"].get("description") or "",
                one["function"].get("parameters") or {},
            )
            for one in body.get("tools") or ()
            if one.get("type") == "function"
        ),
        calls="forbidden" if choice == "none" else "required" if forced or choice == "required" else "allowed",
        required_function=forced,
        parallel_calls=body.get("parallel_tool_calls") is not False,
    )


def _said(message: Mapping[str, Any]) -> Said:
    text = text_of(message.get("content"))
    if message["role"] == "tool":
        return Said("user", results=(Result(message["tool_call_id"], text),))
    calls = [call for call in message.get("tool_calls") or () if "function" in call]
    return Said(
        "assistant" if message["role"] == "assistant" else "user",
        text,
        tuple(
            PastCall(one["id"], one["function"]["name"], arguments_object(one["function"]["arguments"]))
            for one in calls
        ),
    )
