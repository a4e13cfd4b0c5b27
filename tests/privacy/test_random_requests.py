"""Random requests over every wire: no value that leaves holds an original; repeated, they are read as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    ChatResponse,
    ChatStreamChunk,
    FunctionResult,
    OutputTextChunk,
    ReasoningChunk,
    ResponseChunk,
    TokenUsage,
    UserMessage,
)
from tuppence.llm.concept import Origin, ReasoningBlock, TextBlock
from tuppence.llm.faults import Addressee
from tuppence.llm.registry import preset_named
from tuppence.privacy import ConcealedRequest, HouseholdValues, Pseudonyms
from tuppence.privacy.json_strings import OUR_WORDS, is_document, replaced_in_value

from .random_households import households, originals_in, pieces, texts

SECRET = bytes(range(32))
OF_THE_WIRE = {"role", "type", "id", "call_id", "tool_use_id", "tool_call_id", "name", "status", "summary_index"}
"""Keys in whose values a wire says something of its own."""


def body(wire: str, request: ChatRequest) -> Any:
    """The messages as they leave by the wire of this provider, written and read again."""
    to = Addressee(wire, wire, request.model, "127.0.0.1", "KEY")
    params = msgspec.json.decode(msgspec.json.encode(preset_named(wire).wire.request_params(request, to)))
    return understood(params.get("messages") or params["input"])


def understood(value: Any) -> Any:
    """A decoded value with the documents that are written in its strings decoded as well."""
    match value:
        case str() if is_document(value):
            return understood(msgspec.json.decode(value))
        case list():
            return [understood(one) for one in value]
        case dict():
            return {key: one if key in OF_THE_WIRE else understood(one) for key, one in value.items()}
        case _:
            return value


def said_in(value: Any) -> Iterator[str]:
    """The strings of a body that come from the household, or are said to it."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from said_in(one)
        case dict():
            for key, one in value.items():
                if key not in OF_THE_WIRE | OUR_WORDS or not isinstance(one, str):
                    yield from said_in(one)
        case _:
            pass


@st.composite
def requests(draw: st.DrawFn, household: HouseholdValues) -> ChatRequest:
    """A turn in its second round, about a household."""
    usual = [Pseudonyms(SECRET, household).concealment([]).text(name) for name in household.names]
    some = texts(household, usual).filter(lambda text: not text.startswith(("{", "[")))
    question, thought, words = draw(some), draw(some), draw(some)
    document = st.recursive(
        some | st.none() | st.integers(-9, 9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=6,
    )
    arguments = draw(st.dictionaries(st.sampled_from(["text", "list"]), document, max_size=2))
    found = msgspec.json.encode({"rows": draw(st.lists(document, max_size=4))}).decode()
    origin = Origin("another", "another-model")
    call = ChatFunctionRequest("c1", "c1", "find", arguments, origin=origin)
    said = AssistantMessage((ReasoningBlock(thought or "x", origin), TextBlock(words or "x", origin), call))
    return ChatRequest("a-model", [UserMessage(question or "x"), said, FunctionResult("c1", found)])


def read(concealed: ConcealedRequest, said: ChatResponse, lengths: list[int]) -> tuple[str, str, ChatResponse]:
    """What a person reads of an answer that comes in pieces of these lengths: text, reasoning and response."""
    reader = concealed.reader()
    streamed: list[ChatStreamChunk] = [ReasoningChunk(piece) for piece in pieces(said.reasoning_text, lengths) if piece]
    streamed += [OutputTextChunk(piece) for piece in pieces(said.output_text, lengths) if piece]
    chunks = [one for chunk in (*streamed, ResponseChunk(said)) for one in reader.chunks_of(chunk)]
    last = chunks.pop()
    assert isinstance(last, ResponseChunk)
    words = "".join(chunk.data for chunk in chunks if isinstance(chunk, OutputTextChunk))
    thought = "".join(chunk.data for chunk in chunks if isinstance(chunk, ReasoningChunk))
    return words, thought, last.data


@pytest.mark.parametrize("wire", ["anthropic", "openai", "openai-compatible"])
@settings(max_examples=100, derandomize=False, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), household=households(), lengths=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_what_leaves_and_what_is_read(
    wire: str, data: st.DataObject, household: HouseholdValues, lengths: list[int]
) -> None:
    request = data.draw(requests(household))
    concealed = Pseudonyms(SECRET, household).concealed(request)
    plain, sent = body(wire, request), body(wire, concealed.request)
    assert [one for said in said_in(sent) for one in originals_in(said, household)] == []
    assert replaced_in_value(sent, concealed.originals.restored) == plain, "nothing else is changed"

    (_, answer, _), (_, before, _) = concealed.request.transcript, request.transcript
    assert isinstance(answer, AssistantMessage) and isinstance(before, AssistantMessage)
    repeated = ChatResponse("1", "a-model", answer.content, "end_turn", None, TokenUsage())
    expected = ChatResponse("1", "a-model", before.content, "end_turn", None, TokenUsage())
    words, thought, response = read(concealed, repeated, lengths)
    assert (words, thought, response) == (expected.output_text, expected.reasoning_text, expected)
