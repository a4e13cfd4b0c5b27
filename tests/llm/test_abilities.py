"""How a model is asked and read by what is known of it."""

from __future__ import annotations

import msgspec
import pytest

from tuppence.llm import (
    PRESETS,
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    ChatResponse,
    ChatStreamChunk,
    ContextTooLong,
    FunctionDefinition,
    FunctionResult,
    OutputTextChunk,
    ReasoningBlock,
    ReasoningChunk,
    ResponseChunk,
    StopReason,
    TextBlock,
    TokenUsage,
    UserMessage,
)
from tuppence.llm.abilities import Abilities, AnswerReader, estimated_usage
from tuppence.llm.concept import Block
from tuppence.llm.faults import Addressee

WITH = FunctionDefinition("with", "", {"type": "object", "properties": {"n": {"type": "integer"}}})
WITHOUT = FunctionDefinition("without", "", {"type": "object", "properties": {}})
REQUEST = ChatRequest("m", [UserMessage("How much?")], "Be brief.", [WITH, WITHOUT])


def asked(abilities: Abilities, **changes: object) -> ChatRequest:
    return abilities.applied_to(msgspec.structs.replace(REQUEST, **changes)).request


def response(*content: Block, stop_reason: StopReason | None = "end_turn") -> ChatResponse:
    return ChatResponse("r", "m", content, stop_reason, None, TokenUsage())


def call(number: int, **arguments: object) -> ChatFunctionRequest:
    return ChatFunctionRequest(f"c{number}", f"c{number}", "with", arguments)


def read(reader: AnswerReader, *chunks: ChatStreamChunk) -> list[ChatStreamChunk]:
    """What the chunks mean; the joined texts are the response's, and it is last."""
    meant = [one for chunk in chunks for one in reader.chunks_of(chunk)]
    last = meant[-1]
    assert isinstance(last, ResponseChunk)
    assert "".join(one.data for one in meant if isinstance(one, OutputTextChunk)) == last.data.output_text
    return meant


# ------------------------------------------------------------------------------------------------------------- asking


def test_nothing_known_changes_nothing() -> None:
    assert asked(Abilities()) == REQUEST
    able = Abilities(streams=True, calls_functions=True, calls_without_arguments=True, parallel_calls=True)
    able = able.updated(Abilities(forbids_calls=True, reports_usage=True, thinks_in_text=False))
    assert asked(able, tool_choice="none").functions == REQUEST.functions


def test_later_knowledge_overwrites_and_silence_keeps() -> None:
    known = Abilities(streams=True, parallel_calls=True).updated(Abilities(parallel_calls=False))
    assert known == Abilities(streams=True, parallel_calls=False)
    assert msgspec.json.decode(msgspec.json.encode(known), type=Abilities) == known


def test_who_cannot_be_forbidden_to_call_is_not_told_of_functions() -> None:
    unruly = Abilities(forbids_calls=False)
    assert list(asked(unruly, tool_choice="none").functions) == []
    assert asked(unruly).functions == REQUEST.functions


def test_who_cannot_call_is_objected_to_before_a_question_is_asked() -> None:
    assert list(asked(Abilities(calls_functions=False)).functions) == []
    assert "m does not call functions" in (Abilities(calls_functions=False).objection("m") or "")
    assert Abilities().objection("m") is Abilities(calls_functions=True).objection("m") is None


def test_functions_without_parameters_get_one_that_never_reaches_them() -> None:
    needy = Abilities(calls_without_arguments=False)
    first, second = asked(needy).functions
    assert first == WITH
    (placeholder,) = second.parameters["properties"]
    answer = response(ChatFunctionRequest("c", "c", "without", {placeholder: ""}))
    (request,) = needy.reader().response_of(answer).function_requests
    assert request.function_args == {}


@pytest.mark.parametrize(("takes_switch", "parallel"), [(None, False), (True, False), (False, None)])
def test_one_call_at_a_time(takes_switch: bool | None, parallel: bool | None) -> None:
    serial = Abilities(parallel_calls=False, takes_parallel_switch=takes_switch)
    assert asked(serial).parallel_calls is parallel
    assert asked(serial, functions=()).parallel_calls is None
    answer = serial.reader().response_of(response(TextBlock("a"), call(1), call(2)))
    assert answer.content == (TextBlock("a"), call(1))


def test_a_small_window_leaves_out_the_oldest_turns_and_limits_the_answer() -> None:
    old = [UserMessage("x" * 3000), AssistantMessage((call(1),)), FunctionResult("c1", "y" * 600)]
    request = msgspec.structs.replace(REQUEST, transcript=[*old, UserMessage("And now?")], functions=())
    fitted = Abilities(context_window=1000).applied_to(request)
    assert fitted.turns_left_out == 1
    assert list(fitted.request.transcript) == [UserMessage("And now?")]
    assert fitted.request.max_output_tokens == 250  # a quarter of the window
    with pytest.raises(ContextTooLong):
        Abilities(context_window=1000).applied_to(msgspec.structs.replace(request, transcript=old))


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("anthropic", {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
        ("openai", {"parallel_tool_calls": False}),
        ("openai-compatible", {"parallel_tool_calls": False, "stream_options": None}),
    ],
)
def test_what_is_known_is_said_on_every_wire(provider: str, said: dict[str, object]) -> None:
    wire, to = PRESETS[provider].wire, Addressee(provider, provider, "m", "host", "KEY")
    before = wire.request_params(REQUEST, to)
    after = wire.request_params(asked(Abilities(parallel_calls=False, takes_usage_question=False)), to)
    assert after == {**before, **said} != before


# ------------------------------------------------------------------------------------------------------------ reading


def test_an_ordinary_stream_is_read_as_it_is() -> None:
    answer = response(ReasoningBlock("Hm."), TextBlock("It was 12."), call(1), call(2))
    chunks: list[ChatStreamChunk] = [
        ReasoningChunk("Hm."),
        OutputTextChunk("It was"),
        OutputTextChunk(" 12."),
        ResponseChunk(answer),
    ]
    assert read(Abilities().reader(), *chunks) == chunks


def test_reasoning_in_the_text_becomes_reasoning() -> None:
    said = "<think>Let me see.</think>\n\nIt was 12."
    pieces: list[ChatStreamChunk] = [OutputTextChunk(said[at : at + 3]) for at in range(0, len(said), 3)]
    meant = read(Abilities(thinks_in_text=True).reader(), *pieces, ResponseChunk(response(TextBlock(said), call(1))))
    assert "".join(one.data for one in meant if isinstance(one, ReasoningChunk)) == "Let me see."
    assert meant[-1] == ResponseChunk(response(ReasoningBlock("Let me see."), TextBlock("It was 12."), call(1)))


def test_an_answer_stopped_while_it_thought_has_no_text() -> None:
    partial = response(TextBlock("<think>Let me"), stop_reason=None)
    assert Abilities(thinks_in_text=True).reader().response_of(partial).output_text == ""
    partial = response(TextBlock("Let me"), stop_reason=None)
    inside = Abilities(thinks_in_text=True, opens_thinking=False)
    assert inside.reader().response_of(partial).content == (ReasoningBlock("Let me"),)


def test_who_begins_inside_the_thinking_may_also_not_think_at_all() -> None:
    reader = Abilities(thinks_in_text=True, opens_thinking=False).reader()
    meant = read(reader, OutputTextChunk("It was 12."), ResponseChunk(response(TextBlock("It was 12."))))
    assert meant[-2:] == [OutputTextChunk("It was 12."), ResponseChunk(response(TextBlock("It was 12.")))]


def test_a_plain_answer_gives_chunks_as_well() -> None:
    answer = response(ReasoningBlock("Hm."), TextBlock("It was "), TextBlock("12."))
    meant = read(Abilities(streams=False).reader(), ResponseChunk(answer))
    assert meant == [ReasoningChunk("Hm."), OutputTextChunk("It was 12."), ResponseChunk(answer)]


# --------------------------------------------------------------------------------------------------------- estimating


def test_tokens_that_are_not_reported_are_estimated_rather_too_high() -> None:
    usage = estimated_usage(REQUEST, response(TextBlock("It was twelve euros and thirty cents."), call(1, n=1)))
    assert usage.output_tokens is not None
    assert 10 <= usage.output_tokens <= 25  # 37 letters, a name and an argument: about twelve tokens
    assert usage.input_tokens is not None
    assert 40 <= usage.input_tokens <= 120
    assert estimated_usage(REQUEST, None) == TokenUsage(input_tokens=usage.input_tokens)
