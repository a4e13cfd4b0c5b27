"""What a page shows of a chat, while it is answered and afterwards; and that reading on from there gives the rest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread

from tuppence.assistant.chat_export import markdown_of
from tuppence.assistant.conversation import Lookup, Part, Thought, UnknownLookup, Words, lookup_of, lookup_result
from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionRequested,
    OutputText,
    Reasoning,
    SteppedIn,
    TurnCompleted,
    Waiting,
)
from tuppence.assistant.logged_event import LoggedEvent
from tuppence.assistant.reader import Reader, UnknownTurn
from tuppence.assistant.turns import Turn, begin_turn, cut_off_by, end_turn, ending_of, keep_messages
from tuppence.llm import AssistantMessage, TextBlock
from tuppence.store.tables import now
from tuppence.understudy import Call, Fault, Reply, Text, Thinking

from .desk import DAY, Desk, asking, desk, gates
from .reading import lines

pytestmark = pytest.mark.anyio

RECORDED = (
    asking("kitchen", "Ich schaue nach: 世界. "),
    asking("broken", "Then the other one 👋🏽. "),
    Reply([Thinking("Seven."), Text("Seven are left — genau **7**, in «all».")], split_utf8=True),
)
WHOLE = "Ich schaue nach: 世界. Then the other one 👋🏽. Seven are left — genau **7**, in «all»."


def text_of(events: Sequence[LoggedEvent]) -> str:
    return "".join(one.event.text for one in events if isinstance(one.event, OutputText))


async def recorded(at: Desk) -> tuple[Turn, list[LoggedEvent]]:
    """A turn and all its events, as a reader saw them who was there all the time."""
    turn = await at.started(await at.chat())
    return turn, [event async for batch in at.log.events(turn.id) for event in batch]


async def test_whoever_leaves_after_any_event_and_comes_back_has_missed_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, *RECORDED) as at:
        turn, events = await recorded(at)
        assert text_of(events) == WHOLE
        for n in range(len(events) + 1):
            seen: list[LoggedEvent] = []
            async for batch in at.log.events(turn.id):
                seen += batch[: n - len(seen)]
                if len(seen) == n:
                    break
            rest = [event async for batch in at.log.events(turn.id, n) for event in batch]
            assert [*seen, *rest] == events


async def test_another_process_reads_on_from_any_event(tmp_path: Path) -> None:
    async with desk(tmp_path, *RECORDED) as at:
        turn, events = await recorded(at)
        points = [str(n) for n in range(len(events) + 1)]
        command = [sys.executable, "-m", f"{__package__}.reading", str(tmp_path), turn.id, *points]
        there = Path(__file__).parent.parent
        run = partial(subprocess.run, command, cwd=there, capture_output=True, encoding="utf-8", check=True)
        reading = await to_thread.run_sync(run)
        told = reading.stdout.split("---\n")[:-1]
        whole = await lines(at.log, turn.id, 0)
        assert told == ["".join(whole.splitlines(keepends=True)[int(n) :]) for n in points]


async def test_a_page_and_the_events_after_it_show_everything_once(tmp_path: Path) -> None:
    """At every gate of an answer: what the page shows, and the events that follow, are together the whole answer."""
    held = [gates(*range(3, 12)) for _ in range(3)]
    rounds = [
        Reply(
            [Thinking("Kitchen?"), Text("Ich schaue: 世界. "), Call("left_over", {"jar": "kitchen"}, id="one")],
            gates=held[0],
        ),
        Reply([Text("The same 👋🏽. "), Call("left_over", {"jar": "hall"}, id="one")], gates=held[1]),
        Reply("Seven are left over in each.", gates=held[2]),
    ]
    async with desk(tmp_path, *rounds) as at:
        chat = await at.chat()
        turn = await at.started(chat)
        pages: list[tuple[str, int]] = []
        for number, gates_of_round in enumerate(held):
            exchange = await at.server.account.request(number + 1)
            for events_sent, gate in gates_of_round.items():
                try:
                    await exchange.sent(events_sent)
                except RuntimeError:
                    break  # the answer is shorter than that
                (view,) = (await at.talk(chat)).turns
                assert view.after is not None
                pages.append((shown(view.parts), view.after))
                gate.set()
        events = [event async for batch in at.log.events(turn.id) for event in batch]
        whole = told(events)
        assert len(pages) > 12
        for page, after in pages:
            assert page + told(event for event in events if event.n > after) == whole
        (view,) = (await at.talk(chat)).turns
        assert view.after is None
        assert shown(view.parts) == whole


def shown(parts: Sequence[Part]) -> str:
    """The words, thoughts and calls of a page, in order."""
    return "".join(
        f"!{part.name}" if isinstance(part, Lookup) else part.text
        for part in parts
        if isinstance(part, Words | Thought | Lookup)
    )


def told(events: Iterable[LoggedEvent]) -> str:
    """The same of events."""
    said = []
    for one in events:
        match one.event:
            case OutputText(text) | Reasoning(text):
                said.append(text)
            case FunctionRequested(_, name, _):
                said.append(f"!{name}")
            case _:
                pass
    return "".join(said)


async def test_a_finished_answer_says_what_was_looked_up_and_what_it_cost(tmp_path: Path) -> None:
    async with desk(tmp_path, *RECORDED) as at:
        chat = await at.chat()
        turn = await at.answered(chat)
        talk = await at.talk(chat)
        (view,) = talk.turns
        assert view.parts == (
            Thought("Hm."),
            Words("Ich schaue nach: 世界. ", finished=True),
            Lookup("call_kitchen", "left_over", {"jar": "kitchen"}, "Looked into the kitchen jar", ok=True),
            Thought("Hm."),
            Words("Then the other one 👋🏽. ", finished=True),
            Lookup("call_broken", "left_over", {"jar": "broken"}, "Looked into the broken jar", ok=True),
            Thought("Seven."),
            Words("Seven are left — genau **7**, in «all».", finished=True),
        )
        rows = await at.rows()
        assert view.question == "What is left?"
        assert view.asked_at == turn.started_at
        assert view.cost == talk.cost == sum(row.cost.amount for row in rows if row.cost)
        assert view.usage.output_tokens == sum(row.usage.output_tokens or 0 for row in rows)
        assert view.seconds_to_first_chunk == (rows[0].first_chunk_microseconds or 0) / 1_000_000
        assert view.versions == (turn.id,)
        assert await lookup_result(at.ledger, turn.id, "call_kitchen") == '{"jar":"kitchen","left":7}'
        with pytest.raises(UnknownLookup):
            await lookup_result(at.ledger, turn.id, "call_attic")
        with pytest.raises(UnknownTurn):
            await lookup_result(at.ledger, turn.id, "call_kitchen", Reader(8))


async def test_failed_attempts_and_other_versions_count_in_the_cost_of_a_chat(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven", cut_after_event=4), Reply("Seven."), Reply(error=Fault(400))) as at:
        chat = await at.chat()
        first = await at.answered(chat)
        begun = await at.turns.retry(at.assistant, chat, first)
        await at.over(begun.turn)
        await at.answered(await at.now(chat), "And now?")
        talk = await at.talk(chat)
        rows = await at.rows()
        assert [row.outcome for row in rows] == ["interrupted", "completed", "failed"]
        assert talk.cost == sum(row.cost.amount for row in rows if row.cost)
        assert talk.turns[0].cost != talk.cost
        assert talk.turns[1].cost is None


async def test_a_chat_as_markdown(tmp_path: Path) -> None:
    async with desk(tmp_path, *RECORDED, Reply("Seven", cut_after_event=4)) as at:
        chat = await at.chat()
        await at.answered(chat, "What is *left*?")
        await at.answered(chat, "First line\n# second line")
        talk = await at.talk(chat)
        lines = markdown_of(talk).split("\n\n")
        assert lines[:3] == [r"# What is \*left\*?", r"## What is \*left\*?", "Ich schaue nach: 世界."]
        assert "> Looked up: Looked into the kitchen jar" in lines
        assert "Seven are left — genau **7**, in «all»." in lines
        assert "> First line\n> # second line" in lines
        assert any(line.startswith("*The answer is not complete. ") for line in lines)
        assert sum(" UTC · claude-sonnet-5 · $0." in line for line in lines) == 2


STEPPED_IN = SteppedIn("Another", "its-model", "The key was not accepted.")
LEFT_OUT = EarlierTalkLeftOut(2)
WAITING = Waiting(30.0, "Too many requests.", now() + timedelta(seconds=30))


async def test_remarks_and_a_running_wait_are_on_a_page_as_the_log_tells_of_them(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = await at.chat()
        turn, _ = await begin_turn(at.ledger, chat, at.asked("What is left?"))
        at.log.begin(turn.id, lambda why: None)
        seen = []
        for event in (LEFT_OUT, STEPPED_IN, WAITING, OutputText("Seven.")):
            at.log.append(turn.id, event)
            await at.log.committed(turn.id)
            seen.append((await at.talk(chat)).turns[0].parts)
        said = Words("Seven.", finished=False)
        assert seen == [
            (LEFT_OUT,),
            (LEFT_OUT, STEPPED_IN),
            (LEFT_OUT, STEPPED_IN, WAITING),
            (LEFT_OUT, STEPPED_IN, said),
        ]
        answer = [AssistantMessage((TextBlock("Seven."),))]
        await keep_messages(at.ledger, turn, answer, round_number=1, finished=True, today=DAY)
        await end_turn(at.ledger, turn, TurnCompleted())
        at.log.append(turn.id, TurnCompleted())
        await at.log.committed(turn.id)
        at.log.release(turn.id)
        assert (await at.talk(chat)).turns[0].parts == (LEFT_OUT, STEPPED_IN, Words("Seven.", finished=True))


async def test_an_answer_that_was_cut_off_stays_so(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven are", stop_reason="max_tokens"), Reply("Seven.")) as at:
        chat = await at.chat()
        first, second = await at.answered(chat), await at.answered(await at.now(chat))
        assert (first.state, cut_off_by(first)) == ("completed", "max_tokens")
        assert (second.state, cut_off_by(second)) == ("completed", None)
        *_, last = [event async for batch in at.log.events(first.id) for event in batch]
        assert last.event == ending_of(first) == TurnCompleted("max_tokens")
        assert markdown_of(await at.talk(chat)).count("The answer is not complete") == 1


async def test_calls_whose_ids_are_used_again_have_results_of_their_own(tmp_path: Path) -> None:
    rounds = [Reply([Call("left_over", {"jar": jar}, id="one")]) for jar in ("kitchen", "hall")]
    async with desk(tmp_path, *rounds, Reply("Seven in each.")) as at:
        turn = await at.answered(await at.chat())
        found = [await lookup_of(at.ledger, turn.id, "one", nth=nth) for nth in (1, 2)]
        assert [one.arguments for one in found] == [{"jar": "kitchen"}, {"jar": "hall"}]
        assert [one.result for one in found] == ['{"jar":"kitchen","left":7}', '{"jar":"hall","left":7}']
        with pytest.raises(UnknownLookup):
            await lookup_of(at.ledger, turn.id, "one", nth=3)
