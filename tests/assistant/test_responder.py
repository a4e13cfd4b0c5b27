"""The responder: rounds, functions, faults in each round; always against the understudy over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import Field

from tuppence.asking import Asker
from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionAnswered,
    FunctionRequested,
    OutputText,
    Reasoning,
    RoundEnded,
    SteppedIn,
    TurnEvent,
    Waiting,
)
from tuppence.assistant.functions import Findings, FunctionInputError, function
from tuppence.assistant.responder import EmptyAnswer, ReplyOwed, Responder, ResultsOwed, owed
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    FunctionResult,
    Limits,
    LLMError,
    MalformedStream,
    Message,
    RateLimited,
    RequestRejected,
    Retry,
    Stalled,
    StreamInterrupted,
    TextBlock,
    Unavailable,
    UserMessage,
    open_provider,
)
from tuppence.llm.abilities import Abilities
from tuppence.llm.answerer import Answerer
from tuppence.store import Presence, Store
from tuppence.understudy import Call, Fault, Opaque, Reply, Text, Understudy, Usage
from tuppence.usage import Purpose, UsageLog, UsageRow

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 31)
QUESTION = UserMessage("What is left?")
AT_ONCE = Retry(attempts=2, first=0.0)
UNKNOWN = Abilities()


class KeptInMemory:
    """A transcript for the tests, with what was kept and whether it was finished."""

    def __init__(self, *said: Message) -> None:
        self.messages: list[Message] = list(said or (QUESTION,))
        self.kept: list[tuple[int, bool, Sequence[Message]]] = []

    async def add(
        self, said: Sequence[Message], *, round_number: int, finished: bool, summaries: Sequence[str] = ()
    ) -> None:
        self.messages = [*self.messages, *said]
        self.kept.append((round_number, finished, said))

    @property
    def unfinished(self) -> list[str]:
        """The words of answers that broke off."""
        return [text_of(message) for _, finished, said in self.kept if not finished for message in said]


def text_of(message: Message) -> str:
    assert isinstance(message, AssistantMessage)
    return "".join(block.text for block in message.content if isinstance(block, TextBlock))


@function
async def left_over(ledger: Ledger, jar: Annotated[str, Field(description="Which jar.")] = "kitchen") -> Findings:
    """What is left in a jar."""
    if jar == "broken":
        raise FunctionInputError("That jar is broken.", "Ask for the kitchen jar.")
    return Findings({"jar": jar, "left": 7}, f"Looked into the {jar} jar")


class Stage:
    """A responder with its understudy, and everything that can be looked at afterwards."""

    def __init__(self, server: Understudy, ledger: Ledger, log: UsageLog, responder: Responder) -> None:
        self.server, self.ledger, self.log, self.responder = server, ledger, log, responder
        self.events: list[TurnEvent] = []
        self.spoken = asyncio.Event()

    async def respond(self, transcript: KeptInMemory) -> None:
        await self.responder.respond(transcript, self._take)

    def _take(self, event: TurnEvent) -> None:
        self.events.append(event)
        if isinstance(event, OutputText):
            self.spoken.set()

    async def rows(self) -> list[UsageRow]:
        return (await self.log.rows(self.ledger.household))[::-1]

    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, OutputText))

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def stage(
    folder: Path,
    *replies: Reply,
    rounds: int = 8,
    retry: Retry = AT_ONCE,
    limits: Limits | None = None,
    second: Sequence[Reply] | None = None,
    abilities: Abilities = UNKNOWN,
) -> AsyncIterator[Stage]:
    """second: what another provider answers that may step in. abilities: what is known of the first."""
    async with (
        Understudy(list(replies)) as server,
        Understudy(list(second or ())) as other,
        await Store.open(folder) as store,
        Presence(store) as me,
        UsageLog(store, me.id) as log,
        open_provider("anthropic", api_key="k", base_url=server.base_url, retry=retry, limits=limits) as provider,
        open_provider("anthropic", api_key="k", base_url=other.base_url) as another,
    ):
        ledger = await open_ledger(store)
        responder = Responder(
            answerers=[
                Answerer(provider, "claude-sonnet-5", abilities),
                *([] if second is None else [Answerer(another, "claude-opus-5")]),
            ],
            instructions="Be brief.",
            functions=[left_over],
            ledger=ledger,
            today=DAY,
            asker=Asker(ledger, log, Purpose("chat", ledger.household, chat_id="c", turn_id="t")),
            max_rounds=rounds,
        )
        yield Stage(server, ledger, log, responder)


def call(jar: str = "kitchen", number: int = 1) -> Call:
    return Call("left_over", {"jar": jar}, id=f"call_{number}")


# ----------------------------------------------------------------------------------------------------- what is owed


def requesting(*call_ids: str) -> AssistantMessage:
    return AssistantMessage(tuple(ChatFunctionRequest(one, one, "left_over", {}) for one in call_ids))


SAID = AssistantMessage((TextBlock("Seven."),))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([QUESTION], ReplyOwed(1)),
        ([QUESTION, SAID], None),
        ([QUESTION, requesting("a"), FunctionResult("a", "{}")], ReplyOwed(2)),
        ([QUESTION, requesting("a"), FunctionResult("a", "{}"), SAID], None),
        ([QUESTION, AssistantMessage((TextBlock("So far"),), paused=True)], ReplyOwed(2)),
        ([QUESTION, SAID, QUESTION], ReplyOwed(1)),
    ],
)
def test_what_is_owed_follows_from_the_transcript(messages: list[Message], expected: object) -> None:
    assert owed(messages, max_rounds=8) == expected


def test_only_requests_without_a_result_are_owed() -> None:
    found = owed([QUESTION, requesting("a", "b"), FunctionResult("a", "{}")], max_rounds=8)
    assert isinstance(found, ResultsOwed)
    assert [request.call_id for request in found.requests] == ["b"]


def test_a_call_id_that_is_used_again_is_another_request() -> None:
    found = owed([QUESTION, requesting("a"), FunctionResult("a", "{}"), requesting("a")], max_rounds=8)
    assert isinstance(found, ResultsOwed)
    assert (found.round_number, len(found.requests)) == (2, 1)


def test_requests_of_the_last_round_are_not_run() -> None:
    assert owed([QUESTION, requesting("a")], max_rounds=1) is None


# ---------------------------------------------------------------------------------------------------------- rounds


@pytest.mark.parametrize("calls", range(10))
async def test_as_many_rounds_as_the_model_asks_for_up_to_the_limit(tmp_path: Path, calls: int) -> None:
    asking = [Reply([Text(f"Round {n}. "), call(number=n)]) for n in range(1, calls + 1)]
    async with stage(tmp_path, *asking, Reply("Seven are left.")) as on:
        transcript = KeptInMemory()
        if calls < 8:
            await on.respond(transcript)
            assert on.text().endswith("Seven are left.")
        else:  # the eighth round may not ask again; the understudy does all the same, with words
            await on.respond(transcript)
            assert on.text().endswith("Round 8. ")
        rounds = min(calls + 1, 8)
        asked = [exchange.json or {} for exchange in on.server.account.asked]
        assert len(asked) == rounds
        assert [row.outcome for row in await on.rows()] == ["completed"] * rounds
        assert [row.purpose.round for row in await on.rows()] == list(range(1, rounds + 1))
        assert [body.get("tool_choice") for body in asked] == [None] * min(rounds, 7) + [{"type": "none"}] * (
            rounds == 8
        )
        assert all(body["tools"] for body in asked), "definitions stay when calls are forbidden"
        assert len(on.of(RoundEnded)) == rounds
        assert len(on.of(FunctionAnswered)) == min(calls, 7)


async def test_functions_of_one_round_run_and_their_results_go_back_together(tmp_path: Path) -> None:
    asking = Reply(
        [call("kitchen", 1), call("broken", 2), Call("no_such", {}, id="call_3"), Call("left_over", "[1", id="call_4")]
    )
    async with stage(tmp_path, asking, Reply("Seven.")) as on:
        await on.respond(KeptInMemory())
        body = on.server.account.asked[1].json or {}
        results = {block["tool_use_id"]: block for block in body["messages"][2]["content"]}
        assert json.loads(results["call_1"]["content"]) == {"jar": "kitchen", "left": 7}
        assert json.loads(results["call_2"]["content"]) == {
            "error": "That jar is broken.",
            "hint": "Ask for the kitchen jar.",
        }
        assert "no function 'no_such'" in results["call_3"]["content"]
        assert "no JSON object" in results["call_4"]["content"]
        assert [results[f"call_{n}"].get("is_error", False) for n in (1, 2, 3, 4)] == [False, True, True, True]
        assert [event.call_id for event in on.of(FunctionRequested)] == ["call_1", "call_2", "call_3", "call_4"]
        assert {event.call_id: event.ok for event in on.of(FunctionAnswered)} == {
            "call_1": True,
            "call_2": False,
            "call_3": False,
            "call_4": False,
        }


async def test_called_again_it_does_only_what_is_still_owed(tmp_path: Path) -> None:
    async with stage(tmp_path, Reply("Seven.")) as on:
        transcript = KeptInMemory(QUESTION, requesting("a"))
        await on.respond(transcript)
        assert len(on.server.account.asked) == 1
        before = list(transcript.messages)
        await on.respond(transcript)
        assert transcript.messages == before
        assert len(on.server.account.asked) == 1


async def test_a_paused_answer_goes_on(tmp_path: Path) -> None:
    searching = Opaque(
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "jars"}}
    )
    paused = Reply([Text("So far "), searching], stop_reason="pause_turn")
    async with stage(tmp_path, paused, Reply("and the rest.")) as on:
        await on.respond(KeptInMemory())
        assert on.text() == "So far and the rest."


async def test_an_answer_of_neither_words_nor_calls_is_an_error_and_is_not_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, Reply("")) as on:
        transcript = KeptInMemory()
        with pytest.raises(EmptyAnswer):
            await on.respond(transcript)
        assert transcript.messages == [QUESTION]
        assert [row.outcome for row in await on.rows()] == ["completed"]


# ----------------------------------------------------------------------------------------------------------- faults

FAULTS: list[tuple[str, dict[str, Any], type[LLMError], str]] = [
    ("refused", {"error": Fault(400)}, RequestRejected, "failed"),
    ("overloaded", {"error": Fault(529)}, Unavailable, "failed"),
    ("slow down", {"error": Fault(429), "retry_after": 0}, RateLimited, "failed"),
    ("cut", {"content": "Seven are left over.", "cut_after_event": 4}, StreamInterrupted, "interrupted"),
    (
        "reset",
        {"content": "Seven are left over.", "cut_after_event": 4, "cut": "reset"},
        StreamInterrupted,
        "interrupted",
    ),
    (
        "no end",
        {"content": "Seven are left over.", "cut_after_event": 4, "cut": "terminate"},
        StreamInterrupted,
        "interrupted",
    ),
    ("error event", {"content": "Seven are left over.", "error_event_after": 4}, StreamInterrupted, "interrupted"),
    ("stall", {"content": "Seven are left over.", "stall_after": 4}, Stalled, "interrupted"),
    ("no JSON", {"content": "Seven are left over.", "wrong_json_after": 4}, MalformedStream, "interrupted"),
]


@pytest.mark.parametrize("round_number", [1, 2, 3])
@pytest.mark.parametrize(("name", "how", "member", "outcome"), FAULTS, ids=[fault[0] for fault in FAULTS])
async def test_a_fault_in_any_round_keeps_what_was_said_and_closes_every_row(
    tmp_path: Path, name: str, how: dict[str, Any], member: type[LLMError], outcome: str, round_number: int
) -> None:
    asking = [Reply([Text("Looking. "), call(number=n)]) for n in range(1, round_number)]
    limits = Limits(idle=0.2)
    async with stage(tmp_path, *asking, Reply(**how), retry=Retry(attempts=1), limits=limits) as on:
        transcript = KeptInMemory()
        with pytest.raises(member) as raised:
            await on.respond(transcript)
        rows = await on.rows()
        assert [row.outcome for row in rows] == ["completed"] * (round_number - 1) + [outcome]
        assert len(rows) == len(on.server.account.asked)
        said = "".join(transcript.unfinished)
        assert on.text() == "Looking. " * (round_number - 1) + said
        assert (raised.value.partial.output_text if raised.value.partial else "") == said
        finished_rounds = [kept[0] for kept in transcript.kept if kept[1]]
        assert finished_rounds == [n for n in range(1, round_number) for _ in ("answer", "results")]

        on.server.add(Reply("Seven."))  # asked again without what broke off, the rest is done
        again = KeptInMemory(QUESTION, *[message for _, done, said in transcript.kept if done for message in said])
        await on.respond(again)
        assert text_of(again.messages[-1]) == "Seven."


async def test_a_repeated_request_is_a_row_of_its_own_and_the_wait_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, Reply(error=Fault(529), retry_after=0), Reply("Seven.")) as on:
        await on.respond(KeptInMemory())
        assert [(row.attempt, row.outcome, row.status) for row in await on.rows()] == [
            (1, "failed", 529),
            (2, "completed", None),
        ]
        assert [event.why for event in on.of(Waiting)] == ["Anthropic is overloaded. Try again in a minute."]


async def test_another_provider_steps_in_while_nothing_was_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, Reply(error=Fault(401)), second=[Reply([call()]), Reply("Seven.")]) as on:
        await on.respond(KeptInMemory())
        assert on.text() == "Seven."
        (stepped_in,) = on.of(SteppedIn)
        assert stepped_in.model == "claude-opus-5"
        assert "did not accept the API key" in stepped_in.why
        assert [(row.model, row.outcome) for row in await on.rows()] == [
            ("claude-sonnet-5", "failed"),
            ("claude-opus-5", "completed"),
            ("claude-opus-5", "completed"),
        ]


@pytest.mark.parametrize(
    "replies",
    [
        [Reply("Seven are left over.", cut_after_event=4)],
        [Reply([Text("Looking. "), call()]), Reply(error=Fault(400))],
    ],
    ids=["in the middle of the answer", "in a later round"],
)
async def test_nobody_steps_in_once_something_was_shown(tmp_path: Path, replies: list[Reply]) -> None:
    async with stage(tmp_path, *replies, second=[Reply("Eight.")]) as on:
        with pytest.raises(LLMError):
            await on.respond(KeptInMemory())
        assert on.of(SteppedIn) == []


async def test_when_the_last_one_fails_too_its_failure_is_the_answers(tmp_path: Path) -> None:
    async with stage(tmp_path, Reply(error=Fault(401)), second=[Reply(error=Fault(400))]) as on:
        with pytest.raises(RequestRejected) as raised:
            await on.respond(KeptInMemory())
        assert raised.value.model == "claude-opus-5"


async def test_a_small_window_leaves_the_oldest_questions_out_and_says_so(tmp_path: Path) -> None:
    asked = [
        message
        for number in range(6)
        for message in (UserMessage(f"Question {number}"), AssistantMessage((TextBlock("word " * 300),)))
    ]
    async with stage(tmp_path, Reply("Seven."), abilities=Abilities(context_window=2048)) as on:
        await on.respond(KeptInMemory(*asked, QUESTION))
        (left_out,) = on.of(EarlierTalkLeftOut)
        sent = (on.server.account.asked[0].json or {})["messages"]
        assert left_out.turns > 0
        assert [message["role"] for message in sent] == ["user", "assistant"] * (6 - left_out.turns) + ["user"]
        assert sent[-1]["content"][0]["text"] == QUESTION.text


async def test_a_model_that_cannot_call_functions_is_not_even_asked(tmp_path: Path) -> None:
    async with stage(tmp_path, Reply("Seven."), abilities=Abilities(calls_functions=False)) as on:
        with pytest.raises(RequestRejected, match="cannot look anything up"):
            await on.respond(KeptInMemory())
        assert len(on.server.account) == 0


async def test_thinking_in_the_text_is_no_part_of_the_answer(tmp_path: Path) -> None:
    reply = Reply("<think>Seven or eight?</think>Seven.", chunking=3)
    async with stage(tmp_path, reply, abilities=Abilities(thinks_in_text=True)) as on:
        transcript = KeptInMemory()
        await on.respond(transcript)
        assert on.text() == text_of(transcript.messages[-1]) == "Seven."
        assert "".join(event.text for event in on.of(Reasoning)) == "Seven or eight?"


async def test_where_forbidding_is_not_obeyed_the_last_round_offers_nothing(tmp_path: Path) -> None:
    async with stage(
        tmp_path, Reply([call()]), Reply("Seven."), rounds=2, abilities=Abilities(forbids_calls=False)
    ) as on:
        await on.respond(KeptInMemory())
        first, last = (exchange.json or {} for exchange in on.server.account.asked)
        assert [tool["description"] for tool in first["tools"]] == ["What is left in a jar."]
        assert [tool["description"] for tool in last["tools"]] == ["Not available any more."]


async def test_tokens_that_are_never_reported_are_estimated_and_marked(tmp_path: Path) -> None:
    reply = Reply("Seven are left over.", usage=Usage())
    async with stage(tmp_path, reply, abilities=Abilities(reports_usage=False)) as on:
        await on.respond(KeptInMemory())
        (row,) = await on.rows()
        assert row.tokens_estimated
        assert row.usage.input_tokens is not None
        assert row.usage.output_tokens == 7  # 20 bytes, 3 a token


@pytest.mark.parametrize("times", [1, 2])
async def test_stopping_closes_the_stream_and_keeps_the_words(tmp_path: Path, times: int) -> None:
    async with stage(tmp_path, Reply("Seven are left over.", gates={4: asyncio.Event()})) as on:
        transcript = KeptInMemory()
        task = asyncio.create_task(on.respond(transcript))
        await on.spoken.wait()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert transcript.unfinished == [on.text()]
        await on.server.account.asked[0].socket_closed()
        (row,) = await on.rows()
        assert row.outcome == "stopped"
        assert row.usage.input_tokens is not None


def test_events_are_one_json_object_with_their_name() -> None:
    assert msgspec.json.decode(msgspec.json.encode(OutputText("Hi"))) == {"event": "output_text", "text": "Hi"}
