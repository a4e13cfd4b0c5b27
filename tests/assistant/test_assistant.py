"""Turns in chats, kept in a real database, answered by the understudy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tuppence.assistant.assistant import Assistant
from tuppence.assistant.chats import list_chats, new_chat, open_chat, said_in
from tuppence.assistant.events import OutputText, TurnCompleted, TurnEvent, TurnFailed, TurnStopped
from tuppence.assistant.reader import UnknownChat
from tuppence.assistant.running_turn import code_of
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import Asked, ChatBusy, begin_turn
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import AssistantMessage, AuthenticationFailed, RateLimited, Retry, UserMessage, open_provider
from tuppence.llm.answerer import Answerer
from tuppence.store import Presence, Store
from tuppence.store.tables import turns
from tuppence.understudy import Fault, Reply, Understudy
from tuppence.usage import UsageLog

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 31)


class Desk:
    """An assistant at work and all that can be looked at."""

    def __init__(self, server: Understudy, ledger: Ledger, log: UsageLog, me: Presence, assistant: Assistant) -> None:
        self.server, self.ledger, self.log, self.me, self.assistant = server, ledger, log, me, assistant
        self.events: list[TurnEvent] = []
        self.spoken = asyncio.Event()

    def take(self, event: TurnEvent) -> None:
        self.events.append(event)
        if isinstance(event, OutputText):
            self.spoken.set()

    def asked(self, text: str, client_id: str | None = None, process_id: str | None = None) -> Asked:
        return Asked(text, "anthropic", "claude-sonnet-5", process_id or self.me.id, DAY, client_id)


@asynccontextmanager
async def desk(folder: Path, *replies: Reply) -> AsyncIterator[Desk]:
    async with (
        Understudy(list(replies)) as server,
        await Store.open(folder) as store,
        Presence(store) as me,
        UsageLog(store, me.id) as log,
        await TurnLog.open(store) as turn_log,
        open_provider("anthropic", api_key="k", base_url=server.base_url, retry=Retry(attempts=1)) as provider,
    ):
        ledger = await open_ledger(store)
        assistant = Assistant(
            ledger=ledger,
            answerers=[Answerer(provider, "claude-sonnet-5")],
            usage=log,
            log=turn_log,
            process_id=me.id,
            today=lambda: DAY,
        )
        yield Desk(server, ledger, log, me, assistant)


async def test_a_question_is_answered_and_kept(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("You have seven.")) as at:
        chat = await new_chat(at.ledger)
        turn = await at.assistant.ask(chat, "How many?", at.take)
        assert turn.state == "completed"
        assert at.events[-1] == TurnCompleted()
        question, answer = await said_in(at.ledger, chat.id)
        assert question.message == UserMessage("How many?")
        assert isinstance(answer.message, AssistantMessage)
        assert (answer.finished, answer.turn_id) == (True, turn.id)
        (listed,) = await list_chats(at.ledger)
        assert (listed.id, listed.title) == (chat.id, "How many?")
        (row,) = await at.log.rows(at.ledger.household, turn_id=turn.id)
        assert (row.purpose.chat_id, row.purpose.operation, row.outcome) == (chat.id, "chat", "completed")


async def test_a_conversation_goes_on_with_what_was_said_and_when(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven."), Reply("Eight.")) as at:
        chat = await new_chat(at.ledger)
        await at.assistant.ask(chat, "How many?", at.take)
        await at.assistant.ask(await open_chat(at.ledger, chat.id[:8]), "And now?", at.take)
        first, second = (exchange.json or {} for exchange in at.server.account.asked)
        texts = [block["text"] for message in second["messages"] for block in message["content"]]
        assert texts == ["How many?\n\n(Today is 2026-03-31.)", "Seven.", "And now?\n\n(Today is 2026-03-31.)"]
        assert (second["system"], second["tools"]) == (first["system"], first["tools"]), "what is cached stays the same"
        assert second["messages"][0] == first["messages"][0]


async def test_a_failure_is_told_with_what_to_do_and_what_was_said_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven are left over.", cut_after_event=4)) as at:
        chat = await new_chat(at.ledger)
        turn = await at.assistant.ask(chat, "How many?", at.take)
        assert (turn.state, turn.code, turn.retryable) == ("failed", "stream_interrupted", True)
        assert isinstance(at.events[-1], TurnFailed)
        assert "Ask again" in at.events[-1].message
        _, kept = await said_in(at.ledger, chat.id)
        assert kept.finished is False


async def test_a_failure_that_repeating_cannot_help_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply(error=Fault(401))) as at:
        turn = await at.assistant.ask(await new_chat(at.ledger), "How many?", at.take)
        assert (turn.state, turn.code, turn.retryable) == ("failed", "authentication_failed", False)


async def test_stopping_keeps_the_words_marked_as_stopped(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven are left over.", gates={4: asyncio.Event()}), Reply("Eight.")) as at:
        chat = await new_chat(at.ledger)
        task = asyncio.create_task(at.assistant.ask(chat, "How many?", at.take))
        await at.spoken.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert at.events[-1] == TurnStopped()
        _, kept = await said_in(at.ledger, chat.id)
        assert kept.finished is False
        (row,) = await at.log.rows(at.ledger.household)
        assert row.outcome == "stopped"
        turn = await at.assistant.ask(chat, "And now?", at.take)
        assert turn.state == "completed", "the chat is free again"


async def test_the_same_question_sent_twice_is_one_turn(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven.")) as at:
        chat = await new_chat(at.ledger)
        first = await at.assistant.ask(chat, "How many?", at.take, client_id="one")
        again = await at.assistant.ask(chat, "How many?", at.take, client_id="one")
        assert (again.id, again.state) == (first.id, "completed")
        assert len(at.server.account.asked) == 1


async def test_a_chat_has_one_running_turn(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = await new_chat(at.ledger)
        await begin_turn(at.ledger, chat, at.asked("How many?"))
        with pytest.raises(ChatBusy):
            await begin_turn(at.ledger, chat, at.asked("And now?"))


async def test_a_turn_whose_process_died_ends_as_interrupted(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Eight.")) as at:
        chat = await new_chat(at.ledger)
        left, _ = await begin_turn(at.ledger, chat, at.asked("How many?", process_id="f" * 32))
        await at.assistant.ask(chat, "And now?", at.take)
        async with at.ledger.store.reading() as connection:
            row = (await connection.execute(select(turns).where(turns.c.id == left.id))).one()
        assert (row.state, row.code, row.retryable) == ("failed", "interrupted", True)


async def test_a_chat_that_does_not_exist_is_named(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await new_chat(at.ledger)
        for wrong in ("", "nothing"):
            with pytest.raises(UnknownChat, match="chat --list"):
                await open_chat(at.ledger, wrong)


async def test_another_households_chat_does_not_exist(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = await new_chat(at.ledger, "Ours")
        stranger = Ledger(at.ledger.store, at.ledger.household + 1)
        assert await list_chats(stranger) == []
        assert await said_in(stranger, chat.id) == []
        with pytest.raises(UnknownChat):
            await open_chat(stranger, chat.id)


async def test_a_mistake_of_ours_ends_the_turn_and_is_raised(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = await new_chat(at.ledger)

        def broken(event: TurnEvent) -> None:
            if not isinstance(event, TurnFailed):
                raise ZeroDivisionError

        at.server.add(Reply("Seven."))
        with pytest.raises(ZeroDivisionError):
            await at.assistant.ask(chat, "How many?", broken)
        async with at.ledger.store.reading() as connection:
            assert await connection.scalar(select(turns.c.code)) == "internal_error"
        (row,) = await at.log.rows(at.ledger.household)
        assert row.outcome in ("stopped", "failed", "completed")


def test_an_errors_code_is_its_name() -> None:
    assert (code_of(RateLimited()), code_of(AuthenticationFailed())) == ("rate_limited", "authentication_failed")
