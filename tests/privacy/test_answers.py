"""An answer with the household's values put back: chunks and response say the same, in whatever pieces they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import (
    ChatFunctionRequest,
    ChatResponse,
    ChatStreamChunk,
    OutputTextChunk,
    ReasoningChunk,
    ResponseChunk,
    TokenUsage,
)
from tuppence.llm.concept import Block, ProviderBlock, ReasoningBlock, TextBlock
from tuppence.privacy import Originals, Restorer, RestoringReader

from .random_households import pieces

ORIGINALS = Originals({"Person-DH52JXTG": "Anna", "Account-BBBB2222": 'the "joint" one', "IBAN-BBBB3333": "DE89"})
SAID = (
    "Person-DH52JXTG's Account-BBBB2222 (IBAN-BBBB3333): a **person-dh52jxtg** Person-DH52JXT Person-BBBB9999 account"
)
READ = 'Anna\'s the "joint" one (DE89): a **Anna** Person-DH52JXT Person-BBBB9999 account'


def response_of(*content: Block) -> ChatResponse:
    return ChatResponse("1", "a-model", content, "end_turn", None, TokenUsage())


def read(chunks: list[ChatStreamChunk]) -> tuple[list[ChatStreamChunk], ChatResponse]:
    reader = RestoringReader(ORIGINALS)
    read = [one for chunk in chunks for one in reader.chunks_of(chunk)]
    last = read.pop()
    assert isinstance(last, ResponseChunk)
    return read, last.data


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5), st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_chunks_and_response_say_the_same(blocks: list[int], chunks: list[int]) -> None:
    texts = [TextBlock(piece) for piece in pieces(SAID, blocks)]
    thoughts = [ReasoningBlock(piece) for piece in pieces(SAID, blocks)]
    streamed: list[ChatStreamChunk] = []
    for piece in pieces(SAID, chunks):
        streamed += [ReasoningChunk(piece), OutputTextChunk(piece)] if piece else []
    shown, response = read([*streamed, ResponseChunk(response_of(*thoughts, *texts))])
    assert all(chunk.data for chunk in shown)
    assert "".join(chunk.data for chunk in shown if isinstance(chunk, OutputTextChunk)) == READ
    assert "".join(chunk.data for chunk in shown if isinstance(chunk, ReasoningChunk)) == READ
    assert response.output_text == response.reasoning_text == READ


def test_function_arguments_get_the_originals() -> None:
    args = {"names": ["Person-DH52JXTG"], "limit": 3, "deep": {"Person-DH52JXTG": "of Account-BBBB2222"}}
    call = ChatFunctionRequest("1", "1", "look_up", args)
    broken = ChatFunctionRequest("2", "2", "look_up", {}, malformed=True, raw_arguments='{"name": "Person-DH52JXTG')
    _, response = read([ResponseChunk(response_of(call, broken))])
    whole, cut = response.function_requests
    assert whole.function_args == {"names": ["Anna"], "limit": 3, "deep": {"Person-DH52JXTG": 'of the "joint" one'}}
    assert cut.raw_arguments == '{"name": "Anna'


def test_opaque_blocks_stay_as_received() -> None:
    raw = {"type": "thinking", "thinking": "Person-DH52JXTG", "signature": "s"}
    message = {"id": "m", "content": [{"type": "output_text", "text": "Person-DH52JXTG"}]}
    search = ProviderBlock("server_tool_use", {"text": "Person-DH52JXTG"})
    said = response_of(ReasoningBlock("Person-DH52JXTG", raw=raw), search, TextBlock("Person-DH52JXTG", raw=message))
    _, response = read([OutputTextChunk("Person-DH52JXTG"), ResponseChunk(said)])
    thought, kept, text = response.content
    assert thought == ReasoningBlock("Anna", raw=raw) and kept is search
    assert text == TextBlock("Anna", raw={"id": "m", "content": [{"type": "output_text", "text": "Anna"}]})


def test_text_is_held_back_only_while_it_may_become_a_stand_in() -> None:
    restorer = Restorer(ORIGINALS)
    assert [
        restorer.feed(piece) for piece in ("We", " p", "ay", " Perso", "n", "-DH", "5", "2JXT", "G", "s", " a", "t")
    ] == [*("We", " ", "pay", " ", "", "", "", "", "Anna", "s", " ", "at")]
    assert restorer.feed("Person-K") == "Person-K", "no stand-in begins so"
    assert restorer.feed("Person-D") + restorer.feed("H52Card") == "Person-DH52Card", "none begins with Card either"
    assert restorer.feed("iban") == "" and restorer.feed("") == "" and restorer.flush() == "iban"


def test_nothing_is_held_where_nothing_was_replaced() -> None:
    restorer = Restorer(Originals({}))
    assert restorer.feed("Person-") == "Person-" and restorer.flush() == ""
