"""Chat Completions streams written by hand, and what the parser makes of them."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from tuppence.llm import ChatResponse, ChatStreamChunk, OutputTextChunk, ReasoningChunk, ResponseChunk
from tuppence.llm.faults import Addressee
from tuppence.llm.openai_chat import ChatStreamParser
from tuppence.llm.openai_chat.chat_stream_parser import decode_event
from tuppence.llm.sse import SSEDecoder

Json: TypeAlias = dict[str, Any]

MODEL = "thrifty-1"
TO = Addressee("corner-shop", "The Corner Shop", MODEL, "llm.example", "CORNER_SHOP_KEY")
DONE = "[DONE]"


def chunk(*choices: Json, **fields: Any) -> Json:
    """One `chat.completion.chunk`."""
    base = {"id": "cc-7", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "thrifty-1-0324"}
    return {**base, "choices": list(choices), **fields}


def delta(finish_reason: str | None = None, index: int = 0, **fields: Any) -> Json:
    """A chunk with one choice, whose delta has these fields."""
    return chunk({"index": index, "delta": fields, "finish_reason": finish_reason})


def text(*pieces: str) -> list[Json]:
    return [delta(role="assistant", content="")] + [delta(content=piece) for piece in pieces]


def call(arguments: str | None = None, name: str | None = None, **fields: Any) -> Json:
    """One member of a delta's `tool_calls`."""
    function = {"name": name, "arguments": arguments}
    return {**fields, "function": {key: value for key, value in function.items() if value is not None}}


def calling(*pieces: Json) -> list[Json]:
    """Deltas with one piece of a tool call each."""
    return [delta(tool_calls=[piece]) for piece in pieces]


def usage(**counts: Any) -> Json:
    return chunk(usage=counts)


def body(*events: Json | str, line_end: str = "\n") -> bytes:
    """The bytes of a stream; a text is the data of an event as it is."""
    datas = (event if isinstance(event, str) else msgspec.json.encode(event).decode() for event in events)
    return "".join(f"data: {data}{line_end}{line_end}" for data in datas).encode()


def parsed(parser: ChatStreamParser, *events: Json | str) -> list[Any]:
    """What the parser makes of each event."""
    datas = (event.encode() if isinstance(event, str) else msgspec.json.encode(event) for event in events)
    return [parser.parse(decode_event(data)) for data in datas]


def chunks_of(*pieces: bytes, to: Addressee | None = TO) -> list[ChatStreamChunk]:
    """What comes out of a stream that the network cut into `pieces`."""
    decoder, parser = SSEDecoder(), ChatStreamParser(to)
    made: list[ChatStreamChunk | tuple[ChatStreamChunk, ...] | None] = []
    for piece in pieces:
        made += [parser.parse(decode_event(event.data, event.event)) for event in decoder.feed(piece)]
    if not parser.ended:
        made.append(parser.finish())
    flat = [one if isinstance(one, tuple) else (one,) for one in made if one is not None]
    return [chunk for chunks in flat for chunk in chunks]


def fed(*events: Json | str) -> list[ChatStreamChunk]:
    """The chunks of a stream that ends with `[DONE]`."""
    return chunks_of(body(*events, DONE))


def response_of(*events: Json | str) -> ChatResponse:
    """The answer of a stream that ends with `[DONE]`, checked against its own chunks."""
    chunks = fed(*events)
    last = chunks[-1]
    assert isinstance(last, ResponseChunk)
    assert not any(isinstance(chunk, ResponseChunk) for chunk in chunks[:-1])
    assert joined(chunks, OutputTextChunk) == last.data.output_text
    assert joined(chunks, ReasoningChunk) == last.data.reasoning_text
    return last.data


def joined(chunks: list[ChatStreamChunk], kind: type[OutputTextChunk] | type[ReasoningChunk]) -> str:
    return "".join(chunk.data for chunk in chunks if isinstance(chunk, kind))


def calls_in(*events: Json | str) -> list[tuple[str, str, Json]]:
    """The function requests of a stream: call id, name, arguments. None may be malformed."""
    requests = response_of(*events).function_requests
    assert not any(request.malformed for request in requests)
    return [(request.call_id, request.function_name, request.function_args) for request in requests]
