"""The turn log: numbers, batches, readers near and far, the fence, stops, and what happens when it is not writable."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tuppence.assistant.chats import new_chat
from tuppence.assistant.events import FunctionRequested, OutputText, Reasoning, TurnCompleted, TurnEvent, TurnFailed
from tuppence.assistant.logged_event import LoggedEvent
from tuppence.assistant.turn_log import BETWEEN_COMMITS, Interruption, TurnLog, pause_after
from tuppence.assistant.turn_log_file import FILENAME
from tuppence.assistant.turns import INTERRUPTED, Asked, Turn, begin_turn, end_turn
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store, StoreUnusable

from .desk import DAY

pytestmark = pytest.mark.anyio

TALK: list[TurnEvent] = [
    Reasoning("Accounts "),
    Reasoning("first."),
    OutputText("Grüße, "),
    OutputText("世界 "),
    FunctionRequested("call_1", "left_over", {"jar": "kitchen"}),
    OutputText("👋🏽"),
    TurnCompleted(),
]


class Written:
    """A log, and a turn that is written to it."""

    def __init__(self, store: Store, log: TurnLog, ledger: Ledger) -> None:
        self.store, self.log, self.ledger = store, log, ledger
        self.told: list[tuple[str, Interruption]] = []

    def begin(self, turn_id: str | None = None) -> str:
        turn_id = turn_id or secrets.token_hex(16)
        self.log.begin(turn_id, lambda why: self.told.append((turn_id, why)))
        return turn_id

    async def turn(self) -> Turn:
        """One with a row."""
        chat = await new_chat(self.ledger)
        turn, _ = await begin_turn(self.ledger, chat, Asked("Why?", "anthropic", "a-model", "p" * 32, DAY))
        return turn

    async def say(self, turn_id: str, *events: TurnEvent) -> None:
        """Each in a batch of its own."""
        for event in events:
            self.log.append(turn_id, event)
            await self.log.committed(turn_id)


@asynccontextmanager
async def written(folder: Path) -> AsyncIterator[Written]:
    async with await Store.open(folder) as store, await TurnLog.open(store) as log:
        yield Written(store, log, await open_ledger(store))


async def all_of(log: TurnLog, turn_id: str, after: int = 0) -> list[LoggedEvent]:
    return [event async for batch in log.events(turn_id, after) for event in batch]


async def test_events_are_numbered_and_say_what_happened(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn_id = at.begin()
        await at.say(turn_id, *TALK)
        events = await all_of(at.log, turn_id)
        assert [event.n for event in events] == list(range(1, len(TALK) + 1))
        assert [event.event for event in events] == TALK
        assert events[2].name == "output_text"
        assert events[2].data == '{"text":"Grüße, "}'.encode()
        assert events[-1].data == b"{}"


async def test_neighbouring_pieces_are_joined_and_nothing_else(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn_id = at.begin()
        for event in TALK:
            at.log.append(turn_id, event)
        events = [event.event for event in await all_of(at.log, turn_id)]
        assert events == [
            Reasoning("Accounts first."),
            OutputText("Grüße, 世界 "),
            FunctionRequested("call_1", "left_over", {"jar": "kitchen"}),
            OutputText("👋🏽"),
            TurnCompleted(),
        ]


async def test_nothing_is_shown_before_it_is_committed(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn_id = at.begin()
        await at.say(turn_id, OutputText("One. "))
        with sqlite3.connect(tmp_path / FILENAME, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write
            at.log.append(turn_id, OutputText("Two."))
            reading = asyncio.ensure_future(anext(at.log.events(turn_id, 1)))
            done, _ = await asyncio.wait({reading}, timeout=0.3)
            assert not done
            other.execute("COMMIT")
        assert [event.event for event in await reading] == [OutputText("Two.")]
        other.close()


async def test_a_reader_far_behind_gets_everything_once(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn_id = at.begin()
        await at.say(turn_id, *(OutputText(f"{n} ") for n in range(1, 150)), TurnCompleted())
        for after in (0, 1, 50, 85, 86, 87, 148, 149):
            events = await all_of(at.log, turn_id, after)
            assert [event.n for event in events] == list(range(after + 1, 151))
        at.log.release(turn_id)
        assert await all_of(at.log, turn_id, 150) == [], "nothing follows the last one"


async def test_another_process_reads_while_it_is_written(tmp_path: Path) -> None:
    async with written(tmp_path) as at, await TurnLog.open(at.store) as other:
        turn = await at.turn()
        at.begin(turn.id)
        reading = asyncio.create_task(all_of(other, turn.id))
        await at.say(turn.id, *TALK)
        assert [event.event for event in await reading] == TALK


async def test_a_reader_who_came_before_the_writer_is_not_forgotten(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn = await at.turn()
        reading = asyncio.create_task(all_of(at.log, turn.id))
        await asyncio.wait({reading}, timeout=0.05)
        at.begin(turn.id)
        await at.say(turn.id, *TALK)
        assert [event.event for event in await reading] == TALK


@pytest.mark.parametrize(
    ("ending", "logged"),
    [(TurnCompleted(), 3), (INTERRUPTED, 2), (TurnFailed("rate_limited", "Wait.", retryable=True), 0)],
    ids=["completed", "interrupted", "failed"],
)
async def test_an_end_that_the_log_lacks_is_derived_from_the_turn(
    tmp_path: Path, ending: TurnEvent, logged: int
) -> None:
    async with written(tmp_path) as at:
        turn = await at.turn()
        at.begin(turn.id)
        await at.say(turn.id, *TALK[:logged])
        at.log.release(turn.id)
        assert isinstance(ending, TurnCompleted | TurnFailed)
        await end_turn(at.ledger, turn, ending)
        events = await all_of(at.log, turn.id)
        assert [event.event for event in events] == [*TALK[:logged], ending]
        assert [event.n for event in events] == list(range(1, logged + 2))
        assert [event.n for event in await all_of(at.log, turn.id, logged)] == [logged + 1]


async def test_a_turn_that_does_not_exist_has_no_events(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        assert await all_of(at.log, "0" * 32) == []


async def test_who_was_taken_for_dead_is_fenced_and_nobody_else(tmp_path: Path) -> None:
    async with written(tmp_path) as at, await TurnLog.open(at.store) as other:
        lost, kept = at.begin(), at.begin()
        for turn_id in (lost, kept):
            await at.say(turn_id, OutputText("One. "))
        assert await other.end(lost, INTERRUPTED) == 2
        assert await other.end(lost, INTERRUPTED) == 2, "ended once"
        for turn_id in (lost, kept):
            at.log.append(turn_id, OutputText("Two."))
        await at.log.committed(kept)
        await at.log.committed(lost)
        at.log.append(lost, TurnCompleted())
        at.log.append(kept, TurnCompleted())
        await at.log.committed(kept)
        assert at.told == [(lost, "lost")]
        assert [event.event for event in await all_of(other, lost)] == [OutputText("One. "), INTERRUPTED]
        texts = [event.event for event in await all_of(other, kept)]
        assert texts == [OutputText("One. "), OutputText("Two."), TurnCompleted()]


async def test_a_stop_reaches_the_process_that_runs_the_turn(tmp_path: Path) -> None:
    async with written(tmp_path) as at, await TurnLog.open(at.store) as other:
        here, silent, elsewhere = at.begin(), at.begin(), "e" * 32
        for turn_id in (elsewhere, here, silent):
            await other.stop(turn_id)
        told = asyncio.Event()
        at.log.begin(silent, lambda why: told.set())
        await told.wait()
        assert at.told == [(here, "stopped")]
        await at.log.stop(here)
        assert at.told == [(here, "stopped")] * 2, "at once in the same process"
        with sqlite3.connect(tmp_path / FILENAME) as database:
            assert database.execute("SELECT turn_id FROM stops").fetchall() == [(elsewhere,)]
        database.close()


async def test_a_stop_is_heard_while_events_flow(tmp_path: Path) -> None:
    async with written(tmp_path) as at, await TurnLog.open(at.store) as other:
        turn_id = at.begin()
        await other.stop(turn_id)
        await at.say(turn_id, OutputText("One. "))
        assert at.told == [(turn_id, "stopped")]


async def test_a_log_that_cannot_be_written_says_so_and_nobody_waits_for_it(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn = await at.turn()
        at.begin(turn.id)
        await at.say(turn.id, OutputText("One. "))
        reading = asyncio.create_task(all_of(at.log, turn.id))
        with sqlite3.connect(tmp_path / FILENAME) as database:
            database.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT no_such_function(); END")
        database.close()
        at.log.append(turn.id, OutputText("Two."))
        with pytest.raises(StoreUnusable, match=r"turns\.db"):
            await at.log.committed(turn.id)
        assert at.told == [(turn.id, "log_failed")]
        ended = TurnFailed("log_unusable", "No room.", retryable=True)
        await end_turn(at.ledger, turn, ended)
        at.log.release(turn.id)
        assert [event.event for event in await reading] == [OutputText("One. "), ended]


async def test_a_log_that_others_write_to_for_long_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuppence.assistant.turn_log_file.BUSY_SECONDS", 1.0)
    async with written(tmp_path) as at:
        turn_id = at.begin()
        other = sqlite3.connect(tmp_path / FILENAME, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        at.log.append(turn_id, OutputText("One."))
        asyncio.get_running_loop().call_later(1.5, other.execute, "ROLLBACK")  # after it was refused once
        await at.log.committed(turn_id)
        other.close()
        assert [event.event for event in await at.log.logged(turn_id)] == [OutputText("One.")]


async def test_a_process_that_comes_and_goes_takes_nothing_along(tmp_path: Path) -> None:
    """Where it takes itself for the last one it removes the write-ahead log, and what is written then is lost."""
    looks = (
        "import sqlite3, sys; database = sqlite3.connect(sys.argv[1]); "
        "print(*(n for n, in database.execute('SELECT count(*) FROM events')), end=''); database.close()"
    )

    def seen_elsewhere() -> str:
        return subprocess.run(
            [sys.executable, "-c", looks, str(tmp_path / FILENAME)], check=True, capture_output=True, text=True
        ).stdout

    async with written(tmp_path) as at:
        turn_id = at.begin()
        await at.say(turn_id, OutputText("One. "))
        assert seen_elsewhere() == "1"
        await at.say(turn_id, OutputText("Two. "))
        assert seen_elsewhere() == "2"


async def test_events_are_kept_a_day(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        old, young = await at.turn(), await at.turn()
        for turn in (old, young):
            at.begin(turn.id)
            await at.say(turn.id, *TALK)
            at.log.release(turn.id)
            await end_turn(at.ledger, turn, TurnCompleted())
        with sqlite3.connect(tmp_path / FILENAME) as database:
            database.execute("UPDATE events SET at = at - 86401000 WHERE turn_id = ?", (old.id,))
        database.close()
        await at.log.delete_old()
        assert [event.event for event in await all_of(at.log, old.id)] == [TurnCompleted()]
        assert len(await all_of(at.log, young.id)) == len(TALK)


async def test_closing_writes_what_waits_and_ends_every_reading(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        turn_id = at.begin()
        near = asyncio.create_task(all_of(at.log, turn_id))
        turn = await at.turn()
        far = asyncio.create_task(all_of(at.log, turn.id))
        await asyncio.wait({near, far}, timeout=0.05)
        at.log.append(turn_id, OutputText("Last words."))
        await at.log.aclose()
        assert [event.event for event in await near] == [OutputText("Last words.")]
        assert await far == []


async def test_the_file_is_private_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    async with written(tmp_path) as at:
        assert stat.S_IMODE((tmp_path / FILENAME).stat().st_mode) == 0o600
        with sqlite3.connect(tmp_path / FILENAME) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            database.execute("PRAGMA user_version = 99")
        database.close()
        with pytest.raises(StoreUnusable, match="newer"):
            await TurnLog.open(at.store)


@pytest.mark.parametrize(("events", "pause"), [(0, 0.04), (1, 0.04), (200, 0.04), (400, 0.08), (100_000, 0.12)])
def test_commits_come_less_often_when_they_are_large(events: int, pause: float) -> None:
    assert pause_after(events) == pytest.approx(pause)
    assert pause_after(events) >= BETWEEN_COMMITS
