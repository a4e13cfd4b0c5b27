"""Turns as tasks of the application: begun once, stopped from anywhere, ended truthfully."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from tuppence.assistant.chats import delete_chat, list_chats, said_in
from tuppence.assistant.events import TurnFailed
from tuppence.assistant.interrupted_turns import end_orphans
from tuppence.assistant.messages import text_of
from tuppence.assistant.reader import UnknownChat
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turn_log_file import FILENAME
from tuppence.assistant.turns import ChatBusy, begin_turn, turn_with_id
from tuppence.store import Store
from tuppence.store.tables import messages, now, processes, turns
from tuppence.understudy import Fault, Reply

from .desk import asking, desk, gates, words_of

pytestmark = pytest.mark.anyio

HELD = "Seven are left over."


async def test_whoever_asked_may_leave_and_is_still_answered(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven.")) as at:
        chat = await at.chat()
        asking = asyncio.create_task(at.turns.ask(at.assistant, chat, "What is left?"))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await at.server.account.milestones.until(lambda: bool(at.server.account.asked))
        chat = await at.now(chat)
        assert chat.leaf_turn_id is not None
        turn = await turn_with_id(at.store, chat.leaf_turn_id)
        assert turn is not None
        assert (await at.over(turn)).state == "completed"


async def test_one_running_turn_a_chat_and_the_same_question_is_asked_once(tmp_path: Path) -> None:
    held = gates(4)
    async with desk(tmp_path, Reply(HELD, gates=held)) as at:
        chat = await at.chat()
        first = await at.turns.ask(at.assistant, chat, "What is left?", client_id="one")
        again = await at.turns.ask(at.assistant, chat, "What is left?", client_id="one")
        assert (first.is_new, again.is_new, again.turn.id) == (True, False, first.turn.id)
        with pytest.raises(ChatBusy) as busy:
            await at.turns.ask(at.assistant, chat, "And now?", client_id="two")
        assert busy.value.turn_id == first.turn.id
        assert at.turns.number == 1
        held[4].set()
        assert (await at.over(first.turn)).state == "completed"
        late = await at.turns.ask(at.assistant, chat, "What is left?", client_id="one")
        assert (late.is_new, late.turn.state) == (False, "completed")
        assert len(at.server.account.asked) == 1


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same process", "another process"])
async def test_a_stop_closes_the_stream_and_keeps_the_words(tmp_path: Path, elsewhere: bool) -> None:
    async with desk(tmp_path, Reply(HELD, gates=gates(4))) as at, await TurnLog.open(at.store) as other:
        chat = await at.chat()
        turn = await at.started(chat)
        await at.heard(turn, "Seven")
        await (other if elsewhere else at.log).stop(turn.id)
        await at.server.account.asked[0].socket_closed()
        assert (await at.over(turn)).state == "stopped"
        (view,) = (await at.talk(chat)).turns
        assert words_of(view.parts) == "Seven"
        assert [getattr(part, "finished", None) for part in view.parts] == [False]
        (row,) = await at.rows()
        assert row.outcome == "stopped"
        assert row.ended_at is not None
        assert at.turns.number == 0


async def test_a_stop_before_the_first_word(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply(HELD, gates=gates(-1))) as at:
        turn = await at.started(await at.chat())
        await at.server.account.milestones.until(lambda: bool(at.server.account.asked))
        await at.turns.stop(turn.id)
        assert (await at.over(turn)).state == "stopped"
        assert [row.outcome for row in await at.rows()] in (["stopped"], ["failed"])


async def test_an_application_that_ends_interrupts_its_turns(tmp_path: Path) -> None:
    async with desk(tmp_path, asking("kitchen"), Reply(HELD, gates=gates(4)), Reply(HELD)) as at:
        chat = await at.chat()
        turn = await at.started(chat)
        await at.heard(turn, "Seven")
        await at.turns.aclose()
        ended = await at.over(turn)
        assert (ended.state, ended.code, ended.retryable) == ("failed", "interrupted", True)
        (view,) = (await at.talk(chat)).turns
        assert words_of(view.parts) == "Looking. Seven"
        assert [row.outcome for row in await at.rows()] == ["completed", "stopped"]
        retried = await at.turns.retry(at.assistant, chat, ended)
        assert (await at.over(retried.turn)).state == "completed"
        assert len(at.server.account.asked) == 3, "the finished round is not asked again"


async def test_a_turn_that_has_only_begun_is_interrupted_too(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply(HELD)) as at:
        asking = asyncio.create_task(at.turns.ask(at.assistant, await at.chat(), "What is left?"))
        await asyncio.sleep(0)
        await at.turns.aclose()
        turn = (await asking).turn
        ended = await at.over(turn)
        assert (ended.state, ended.code) == ("failed", "interrupted")
        assert await at.usage.close_orphans() == 0


async def test_who_was_taken_for_dead_stops_and_the_turn_stays_as_it_was_ended(tmp_path: Path) -> None:
    held = gates(4)
    async with desk(tmp_path, Reply(HELD, gates=held)) as at:
        chat = await at.chat()
        turn = await at.started(chat)
        await at.heard(turn, "Seven")
        async with at.store.writing() as connection:
            beat = update(processes).where(processes.c.id == at.me.id)
            await connection.execute(beat.values(heartbeat=now() - timedelta(minutes=1)))
        async with await Store.open(tmp_path) as store, await TurnLog.open(store) as other:
            assert await end_orphans(store, other, at.usage) == 1
            assert await end_orphans(store, other, at.usage) == 0
        held[4].set()
        await at.server.account.asked[0].socket_closed()
        await at.turns.aclose()
        ended = await at.over(turn)
        assert (ended.state, ended.code) == ("failed", "interrupted")
        events = [event async for batch in at.log.events(turn.id) for event in batch]
        assert [event.is_last for event in events].count(True) == 1
        (view,) = (await at.talk(chat)).turns
        assert words_of(view.parts) == "Seven"


async def test_a_turn_of_a_dead_process_makes_way_for_the_next_question(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Eight.")) as at:
        chat = await at.chat()
        left, _ = await begin_turn(at.ledger, chat, at.asked("What is left?", process_id="f" * 32))
        turn = await at.answered(chat, "And now?")
        assert (turn.state, turn.parent_id) == ("completed", left.id)
        ended = await at.over(left)
        assert (ended.state, ended.code) == ("failed", "interrupted")


async def test_a_turn_that_this_process_never_ran_is_ended_as_well(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        left, _ = await begin_turn(at.ledger, await at.chat(), at.asked("What is left?"))
        assert await end_orphans(at.store, at.log, at.usage, at.me.id) == 0, "it may be about to run"
        async with at.store.writing() as connection:
            await connection.execute(update(turns).values(started_at=now() - timedelta(minutes=2)))
        assert await end_orphans(at.store, at.log, at.usage) == 0, "only its own process can know"
        assert await end_orphans(at.store, at.log, at.usage, at.me.id) == 1
        assert (await at.over(left)).code == "interrupted"


async def test_a_log_that_cannot_be_written_fails_the_turn_and_keeps_the_words(tmp_path: Path) -> None:
    held = gates(4)
    async with desk(tmp_path, Reply(HELD, gates=held)) as at:
        chat = await at.chat()
        turn = await at.started(chat)
        await at.heard(turn, "Seven")
        with sqlite3.connect(tmp_path / FILENAME) as database:
            database.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT no_such_function(); END")
        database.close()
        held[4].set()
        ended = await at.over(turn)
        assert (ended.state, ended.code, ended.retryable) == ("failed", "log_unusable", True)
        assert "turns.db" in (ended.reason or "")
        assert words_of((await at.talk(chat)).turns[0].parts).startswith("Seven")
        assert [row.outcome for row in await at.rows()] in (["stopped"], ["completed"])


async def test_a_failure_says_when_to_try_again(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply(error=Fault(429), retry_after=7)) as at:
        turn = await at.started(await at.chat())
        events = [event async for batch in at.log.events(turn.id) for event in batch]
        last = events[-1].event
        assert isinstance(last, TurnFailed)
        assert (last.code, last.retryable, last.retry_after) == ("rate_limited", True, 7.0)


async def test_a_chat_is_deleted_with_what_runs_in_it_and_its_cost_stays(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply(HELD, gates=gates(4))) as at:
        chat = await at.chat()
        turn = await at.started(chat)
        await at.heard(turn, "Seven")
        await delete_chat(at.ledger, at.log, chat)
        assert await list_chats(at.ledger) == []
        assert await said_in(at.ledger, chat.id) == []
        assert await at.log.logged(turn.id) == []
        async with at.store.reading() as connection:
            assert (await connection.execute(select(messages))).all() == []
        (row,) = await at.rows()
        assert (row.outcome, row.purpose.chat_id) == ("stopped", chat.id)
        with pytest.raises(UnknownChat):
            await at.turns.ask(at.assistant, chat, "And now?")


async def test_the_words_of_a_crash_between_the_end_of_a_round_and_its_keeping(tmp_path: Path) -> None:
    """The log holds the round's end, the messages do not: the words are kept once, as unfinished."""
    async with desk(tmp_path, asking("kitchen"), Reply(HELD)) as at:
        chat = await at.chat()
        turn = await at.answered(chat)
        async with at.store.writing() as connection:
            row = (await connection.execute(select(messages).where(messages.c.round == 2))).one()
            await connection.execute(messages.delete().where(messages.c.id == row.id))
            lost = {"state": "running", "process_id": "f" * 32, "ended_at": None}
            await connection.execute(update(turns).where(turns.c.id == turn.id).values(lost))
        with sqlite3.connect(tmp_path / FILENAME) as database:
            database.execute("DELETE FROM events WHERE name = 'turn_completed'")
        database.close()
        for _ in range(2):
            await end_orphans(at.store, at.log, at.usage)
        said = await said_in(at.ledger, chat.id)
        assert [(text_of(one.message), one.finished) for one in said if one.round] == [
            ("Looking. ", True),
            ("", True),
            (HELD, False),
        ]
        async with at.store.writing() as connection:  # kept twice, it is one row still
            with pytest.raises(Exception, match="UNIQUE"):
                await connection.execute(insert(messages).values(row._mapping))
