"""The output items of a response, and the events that bring them.

Source: OpenAI API reference, "Responses" and "Streaming events".
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuppence.understudy.reply import Block, Call, Event, Json, Opaque, RedactedThinking, Text, Thinking
from tuppence.understudy.speech import argument_pieces_of, pieces_of

_SEALED = "gAAAAAunderstudy"
_OBFUSCATED = 16


@dataclass(frozen=True, slots=True)
class Manner:
    """How items are said. encrypted: reasoning comes with its encrypted content. refused: the words are a refusal.
    obfuscated: pieces are padded, so that their lengths tell nothing."""

    encrypted: bool = False
    refused: bool = False
    obfuscated: bool = True
    in_one_piece: bool = False
    complete: bool = True
    """False: the last item was cut off by the limit."""


@dataclass(frozen=True, slots=True)
class Item:
    """A block, and the item it comes to when it is done."""

    block: Block
    body: Json


def new_id(prefix: str) -> str:
    """A fresh id such as the API makes: `resp_...`, `msg_...`, `fc_...`, `rs_...`."""
    return f"{prefix}_{secrets.token_hex(24)}"


def sealed(item_id: str) -> str:
    """The encrypted content of our own reasoning item of that id."""
    digest = hashlib.sha256(item_id.encode()).digest()
    return _SEALED + base64.urlsafe_b64encode(digest).decode()


def is_broken_seal(content: str, item_id: str | None) -> bool:
    """Whether `content` claims to be of our making and is not what we gave with `item_id`."""
    return content.startswith(_SEALED) and item_id is not None and content != sealed(item_id)


def items_of(blocks: Sequence[Block], manner: Manner) -> list[Item]:
    """One item for each block."""
    last = len(blocks) - 1
    return [Item(block, _body(block, manner, manner.complete or at < last)) for at, block in enumerate(blocks)]


def _body(block: Block, manner: Manner, complete: bool) -> dict[str, Any]:
    status = "completed" if complete else "incomplete"
    match block:
        case Text(text, citations):
            part = _refusal_part(text) if manner.refused else _text_part(text, citations)
            return {
                "id": new_id("msg"),
                "type": "message",
                "status": status,
                "content": [part],
                "role": "assistant",
            }
        case Thinking(text, signature, hidden):
            item_id = new_id("rs")
            summary = [{"type": "summary_text", "text": text}] if text and not hidden else []
            seal = {"encrypted_content": signature or sealed(item_id)} if manner.encrypted else {}
            return {"id": item_id, "type": "reasoning", **seal, "summary": summary}
        case RedactedThinking(data):
            return {"id": new_id("rs"), "type": "reasoning", "encrypted_content": data, "summary": []}
        case Call():
            return {
                "id": new_id("fc"),
                "type": "function_call",
                "status": status,
                "arguments": block.arguments_text,
                "call_id": block.id or f"call_{secrets.token_hex(12)}",
                "name": block.name,
            }
        case Opaque(body):
            return {"id": new_id("item"), **body}


def item_events(index: int, item: Item, manner: Manner) -> Iterator[Event]:
    """The events that bring one item, `output_item.added` to `output_item.done`, without their numbers."""
    body = item.body
    yield event("response.output_item.added", output_index=index, item=_begun(item))
    place = {"item_id": body["id"], "output_index": index}
    match item.block:
        case Text() if body["content"]:
            yield from _part_events(body["content"][0], place | {"content_index": 0}, manner)
        case Thinking():
            for at, part in enumerate(body["summary"]):
                yield from _summary_events(part, place | {"summary_index": at}, manner)
        case Call(at_once=False):
            for piece in argument_pieces_of(body["arguments"], manner.in_one_piece):
                yield _delta("response.function_call_arguments.delta", piece, place, manner)
            yield event("response.function_call_arguments.done", arguments=body["arguments"], **place)
        case _:
            pass
    yield event("response.output_item.done", output_index=index, item=body)


def event(kind: str, **fields: Any) -> Event:
    """An event of that type, its number left out."""
    return Event(kind, {"type": kind, **fields})


def _begun(item: Item) -> Json:
    match item.block:
        case Text():
            return {**item.body, "status": "in_progress", "content": []}
        case Thinking():
            return {**item.body, "summary": []}
        case Call(at_once=False):
            return {**item.body, "status": "in_progress", "arguments": ""}
        case _:
            return item.body


def _text_part(text: str, citations: Sequence[Json]) -> dict[str, Any]:
    return {"type": "output_text", "annotations": list(citations), "logprobs": [], "text": text}


def _refusal_part(text: str) -> dict[str, Any]:
    return {"type": "refusal", "refusal": text}


def _part_events(part: Mapping[str, Any], place: Mapping[str, Any], manner: Manner) -> Iterator[Event]:
    if part["type"] == "refusal":
        yield event("response.content_part.added", **place, part=_refusal_part(""))
        for piece in pieces_of(part["refusal"], manner.in_one_piece):
            yield _delta("response.refusal.delta", piece, place, manner)
        yield event("response.refusal.done", **place, refusal=part["refusal"])
    else:
        yield event("response.content_part.added", **place, part=_text_part("", ()))
        for piece in pieces_of(part["text"], manner.in_one_piece):
            yield _delta("response.output_text.delta", piece, {**place, "logprobs": []}, manner)
        for at, annotation in enumerate(part["annotations"]):
            kind = "response.output_text.annotation.added"
            yield event(kind, **place, annotation_index=at, annotation=annotation)
        yield event("response.output_text.done", **place, logprobs=[], text=part["text"])
    yield event("response.content_part.done", **place, part=part)


def _summary_events(part: Mapping[str, Any], place: Mapping[str, Any], manner: Manner) -> Iterator[Event]:
    empty = {"type": "summary_text", "text": ""}
    yield event("response.reasoning_summary_part.added", **place, part=empty)
    for piece in pieces_of(part["text"], manner.in_one_piece):
        yield _delta("response.reasoning_summary_text.delta", piece, place, manner)
    yield event("response.reasoning_summary_text.done", **place, text=part["text"])
    yield event("response.reasoning_summary_part.done", **place, part=part)


def _delta(kind: str, piece: str, place: Mapping[str, Any], manner: Manner) -> Event:
    padding = {"obfuscation": secrets.token_urlsafe(_OBFUSCATED)[len(piece) :]} if manner.obfuscated else {}
    return event(kind, **place, delta=piece, **padding)
