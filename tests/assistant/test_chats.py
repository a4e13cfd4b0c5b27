"""Chats: whose they are, how they are listed, renamed and found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuppence.assistant.chat_search import search_chats
from tuppence.assistant.chats import delete_chat, list_chats, new_chat, open_chat, rename_chat
from tuppence.assistant.reader import COMMAND_LINE, Reader, UnknownChat, UnknownTurn
from tuppence.assistant.turns import begin_turn, open_turn
from tuppence.ledger.household import Ledger
from tuppence.understudy import Reply

from .desk import desk

pytestmark = pytest.mark.anyio

ANNE, BERT, OWNER = Reader(1), Reader(2), Reader(3, owner=True)


async def test_a_chat_is_read_by_its_author_only(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chats = {
            who: await new_chat(at.ledger, f"Plan {who.user_id}", who) for who in (COMMAND_LINE, ANNE, BERT, OWNER)
        }
        turns = {who: (await begin_turn(at.ledger, chat, at.asked("Secret?")))[0] for who, chat in chats.items()}
        readers = {
            COMMAND_LINE: {COMMAND_LINE},
            ANNE: {ANNE},
            BERT: {BERT},
            OWNER: {OWNER, COMMAND_LINE},
        }
        for reader, theirs in readers.items():
            for author, chat in chats.items():
                if author in theirs:
                    assert (await open_chat(at.ledger, chat.id, reader)).id == chat.id
                    assert (await open_turn(at.ledger, turns[author].id, reader)).chat_id == chat.id
                    continue
                for ask in (open_chat(at.ledger, chat.id, reader), rename_chat(at.ledger, chat, "Mine", reader)):
                    with pytest.raises(UnknownChat):
                        await ask
                with pytest.raises(UnknownChat):
                    await at.talk(chat, reader)
                with pytest.raises(UnknownTurn):
                    await open_turn(at.ledger, turns[author].id, reader)
            expected = {chats[author].id for author in theirs}
            assert {chat.id for chat in await list_chats(at.ledger, reader=reader)} == expected
            assert {found.chat.id for found in await search_chats(at.ledger, "secret", reader=reader)} == expected
        stranger = Ledger(at.store, at.ledger.household + 1)
        assert await list_chats(stranger, reader=ANNE) == []
        with pytest.raises(UnknownTurn):
            await open_turn(stranger, turns[ANNE].id, ANNE)


async def test_a_chat_of_somebody_else_cannot_be_deleted(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven.")) as at:
        chat = await at.chat(ANNE)
        turn = await at.answered(chat)
        with pytest.raises(UnknownChat):
            await delete_chat(at.ledger, at.log, chat, BERT)
        assert await open_chat(at.ledger, chat.id, ANNE)
        assert await at.log.logged(turn.id)
        await delete_chat(at.ledger, at.log, chat, ANNE)
        assert await list_chats(at.ledger, reader=ANNE) == []


async def test_chats_are_listed_page_by_page(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        made = [(await at.chat()).id for _ in range(7)][::-1]
        seen: list[str] = []
        before = None
        while page := await list_chats(at.ledger, limit=3, before=before):
            seen += [chat.id for chat in page]
            before = (page[-1].updated_at, page[-1].id)
        assert seen == made


async def test_a_name_that_was_given_stays(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven."), Reply("Eight.")) as at:
        chat = await at.chat()
        await at.answered(chat, "What is\nleft?")
        assert (await at.now(chat)).title == "What is left?"
        await rename_chat(at.ledger, chat, "  Our   jars ")
        await at.answered(await at.now(chat), "And now?")
        assert (await at.now(chat)).title == "Our jars"


async def test_what_was_asked_and_answered_is_found(tmp_path: Path) -> None:
    answers = ["Für Äpfel und Brot: 100% of **€7**. " + "word " * 60, "Seven_eight."]
    async with desk(tmp_path, *(Reply(text) for text in answers)) as at:
        first, second = await at.chat(), await at.chat()
        await at.answered(first, "What did we spend at the market?")
        await at.answered(second, "What is left in the kitchen?")
        await rename_chat(at.ledger, second, "Über JARS")

        async def found(text: str) -> list[str]:
            return [one.chat.id for one in await search_chats(at.ledger, text)]

        assert await found("äPFEL") == [first.id]
        assert await found("what") == [second.id, first.id], "latest first"
        assert await found("market brot") == [first.id], "spread over question and answer"
        assert await found("jars seven") == [second.id], "spread over title and answer"
        assert await found("über") == [second.id]
        for nothing in ("", "  ", "market jars", "0_o", "50%"):
            assert await found(nothing) == []
        assert await found("100%") == [first.id], "signs are no patterns"
        assert await found("n_e") == [second.id]
        (one,) = await search_chats(at.ledger, "brot")
        assert one.snippet.startswith("Für Äpfel und Brot: 100%")
        assert one.snippet.endswith("word…")
        (titled,) = await search_chats(at.ledger, "jars")
        assert titled.snippet == ""
