"""OpenAI's Responses API: `/v1/responses`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuppence.understudy.connection import Request
from tuppence.understudy.conversation import Conversation, Function, PastCall, Question, Result, Said
from tuppence.understudy.openai.access import Access, reasons
from tuppence.understudy.openai.answers import Answer, answer_of
from tuppence.understudy.openai.checks import json_object
from tuppence.understudy.openai.faults import error_object, refuse
from tuppence.understudy.openai.prefixes import PrefixCache
from tuppence.understudy.openai.talk import arguments_object, joined, text_of
from tuppence.understudy.openai_responses.items import Item, Manner, event, item_events, items_of, new_id
from tuppence.understudy.openai_responses.memory import Memory
from tuppence.understudy.openai_responses.rules import check_history, check_request, resolved
from tuppence.understudy.reply import Event, Fault, Reply, Usage, compact_json
from tuppence.understudy.wire import House

_TERMINAL = {"completed": "response.completed", "incomplete": "response.incomplete", "failed": "response.failed"}
_INCLUDED = "reasoning.encrypted_content"


@dataclass(frozen=True, slots=True)
class _Made:
    """A response ready to be said."""

    begun: Mapping[str, Any]
    items: Sequence[Item]
    whole: Mapping[str, Any]
    manner: Manner


class OpenAIResponses:
    """The wire, with the prefixes it has cached and the items it has stored so far."""

    name = "openai-responses"

    def __init__(self, house: House) -> None:
        self._house = house
        self._access = Access(house)
        self._cache = PrefixCache(house.cached_from)
        self._memory = Memory()

    def speaks(self, request: Request) -> bool:
        """Whether the path is this wire's own; lists of models are the other OpenAI wire's."""
        return request.path.endswith("/responses")

    def read(self, request: Request) -> Question | Reply:
        """The question. Raises Rejected."""
        self._access.check_key(request)
        if request.method != "POST":
            refuse("Not allowed to do that with responses.", status=405)
        body = json_object(request.body)
        if self._house.strict:
            check_request(body)
        self._access.check_model(body.get("model"))
        items = self._items(body)
        if self._house.strict:
            check_history(items, self._memory)
        return self._question(body, items)

    def headers(self, request_id: str) -> Mapping[str, str]:
        """The request id, under the name the SDK looks for."""
        return {"x-request-id": request_id, "openai-version": "2020-10-01", "openai-processing-ms": "1"}

    def error_body(self, fault: Fault, request_id: str) -> dict[str, Any]:
        """The error envelope."""
        return {"error": error_object(fault)}

    def error_event(self, fault: Fault, number: int) -> Event:
        """The `error` event, in the form the API sends (its reference shows the fields without `error` around them)."""
        return event("error", sequence_number=number, error=error_object(fault))

    def ping(self, number: int) -> Event:
        """The `keepalive` event."""
        return event("keepalive", sequence_number=number)

    def events(self, reply: Reply, question: Question) -> Iterator[Event]:
        """The reply's content as a stream."""
        made = self._made(reply, question)
        for number, one in enumerate(_events(made, without_end=reply.without_end)):
            assert isinstance(one.data, dict)
            yield Event(one.name, {**one.data, "sequence_number": number})

    def plain(self, reply: Reply, question: Question) -> dict[str, Any]:
        """The reply's content as one response."""
        return dict(self._made(reply, question).whole)

    def reported_usage(self, data: Mapping[str, Any]) -> Usage | None:
        """The usage of a whole response or of the event that brings it; fresh input is what neither came from the cache
        nor went into it."""
        holder = data.get("response", data)
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if not isinstance(usage, dict):
            return None
        details = usage.get("input_tokens_details") or {}
        read, written = details.get("cached_tokens"), details.get("cache_write_tokens")
        total = usage.get("input_tokens")
        return Usage(
            fresh_input_tokens=None if total is None else total - (read or 0) - (written or 0),
            output_tokens=usage.get("output_tokens"),
            cache_read_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=(usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
        )

    def _items(self, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The whole conversation: what is stored, and what is given now."""
        given = body.get("input", [])
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        earlier: Sequence[Mapping[str, Any]] = ()
        if (response_id := body.get("previous_response_id")) is not None:
            stored = self._memory.conversation(response_id)
            if stored is None:
                message = f"Previous response with id '{response_id}' not found."
                refuse(message, "previous_response_id", "previous_response_not_found")
            earlier = stored
        return [*earlier, *resolved(items, self._memory)]

    def _question(self, body: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Question:
        window = self._house.context_window
        pieces = [compact_json(body.get("tools") or []), body.get("instructions") or "", *map(compact_json, items)]
        usage = self._cache.usage_of(str(body.get("model")), pieces)
        if (usage.input_tokens or 0) > window and not self._house.drops_beginning:
            message = "Your input exceeds the context window of this model. Please adjust your input and try again."
            refuse(message, "input", "context_length_exceeded")
        question = Question(
            model=str(body.get("model")),
            streamed=bool(body.get("stream")),
            conversation=_conversation(body, items),
            usage=usage,
            most_output_tokens=body.get("max_output_tokens"),
            thinking=_thinking(body),
            request={**body, "input": items},
        )
        return question.fitted(window)

    def _made(self, reply: Reply, question: Question) -> _Made:
        answer = answer_of(reply, question)
        body = question.request
        options = body.get("stream_options") or {}
        manner = Manner(
            encrypted=_INCLUDED in (body.get("include") or ()),
            refused=answer.refused,
            obfuscated=options.get("include_obfuscation", True),
            in_one_piece=reply.in_one_piece,
            complete=answer.ending != "limit",
        )
        items = items_of(answer.blocks, manner)
        begun = _begun(question)
        whole = begun | _end(answer, items, reply)
        stored = body.get("store") is not False
        self._memory.keep(whole["id"], body.get("input", ()), [item.body for item in items], stored=stored)
        return _Made(begun, items, whole, manner)


def _events(made: _Made, *, without_end: bool) -> Iterator[Event]:
    yield event("response.created", response=made.begun)
    yield event("response.in_progress", response=made.begun)
    for index, item in enumerate(made.items):
        yield from item_events(index, item, made.manner)
    if not without_end:
        yield event(_TERMINAL.get(made.whole["status"], "response.completed"), response=made.whole)


def _begun(question: Question) -> dict[str, Any]:
    """The response before anything was said, with the request's settings as the API repeats them."""
    body = question.request
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": None,
        "model": question.model,
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None} | (body.get("reasoning") or {}),
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": body.get("temperature") or 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_logprobs": 0,
        "top_p": body.get("top_p") or 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _end(answer: Answer, items: Sequence[Item], reply: Reply) -> dict[str, Any]:
    """What the finished response says besides."""
    end: dict[str, Any] = {"output": [item.body for item in items], "usage": _usage_body(answer.usage)}
    match answer.ending:
        case "limit":
            return end | {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        case "filter":
            return end | {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
        case "failure":
            error = error_object(reply.error_event)
            return end | {"status": "failed", "error": {"code": error["code"], "message": error["message"]}}
        case "other":
            return end | {"status": answer.word}
        case _:
            return end | {"status": "completed", "completed_at": int(time.time())}


def _usage_body(usage: Usage) -> dict[str, Any] | None:
    """Usage as the wire writes it, all input in one figure; None when nothing is known."""
    details = {"cached_tokens": usage.cache_read_tokens, "cache_write_tokens": usage.cache_write_tokens}
    known = (usage.input_tokens, usage.output_tokens)
    body = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {name: count for name, count in details.items() if count is not None},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": (
            {} if usage.reasoning_tokens is None else {"reasoning_tokens": usage.reasoning_tokens}
        ),
        "total_tokens": None if None in known else sum(count for count in known if count is not None),
    }
    return {name: value for name, value in body.items() if value not in (None, {})} or None


def _thinking(body: Mapping[str, Any]) -> Literal["no", "shown", "omitted"]:
    config = body.get("reasoning") or {}
    if not reasons(str(body.get("model"))) or config.get("effort") == "none":
        return "no"
    return "shown" if config.get("summary") or config.get("generate_summary") else "omitted"


def _conversation(body: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Conversation:
    choice = body.get("tool_choice") or "auto"
    forced = isinstance(choice, dict) and choice.get("type") == "function"
    said = [_said(item) for item in items if item.get("role") not in ("system", "developer")]
    told = [text_of(item.get("content")) for item in items if item.get("role") in ("system", "developer")]
    return Conversation(
        instructions="\n\n".join([body.get("instructions") or "", *told]).strip(),
        messages=joined(said),
        functions=tuple(
            Function(tool["name"], tool.get("description") or "", tool.get("parameters") or {})
            for tool in body.get("tools") or ()
            if tool.get("type") == "function"
        ),
        calls="forbidden" if choice == "none" else "required" if forced or choice == "required" else "allowed",
        required_function=choice.get("name") if isinstance(choice, dict) else None,
        parallel_calls=body.get("parallel_tool_calls") is not False,
    )


def _said(item: Mapping[str, Any]) -> Said:
    """One item as a message of its own."""
    match item.get("type", "message"):
        case "message":
            return Said("assistant" if item.get("role") == "assistant" else "user", text_of(item.get("content")))
        case "function_call":
            call = PastCall(item["call_id"], item["name"], arguments_object(item["arguments"]))
            return Said("assistant", calls=(call,))
        case "function_call_output":
            return Said("user", results=(Result(item["call_id"], text_of(item["output"])),))
        case _:
            return Said("assistant")
