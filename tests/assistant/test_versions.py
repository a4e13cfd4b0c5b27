"""Questions asked anew: edited ones, retries, and how to page through what was answered before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuppence.assistant.chats import said_in
from tuppence.assistant.messages import text_of
from tuppence.assistant.reader import UnknownTurn
from tuppence.assistant.versions import list_versions, show_version
from tuppence.understudy import Fault, Reply

from .desk import LOOKED, Desk, asking, desk, words_of

pytestmark = pytest.mark.anyio


async def said(at: Desk, chat_id: str) -> list[str]:
    """What is shown of a chat."""
    return [text for one in await said_in(at.ledger, chat_id) if (text := text_of(one.message))]


def sent(at: Desk) -> list[str]:
    """The texts of the last request, without the day that each question carries."""
    body = at.server.account.asked[-1].json or {}
    blocks = [block for message in body["messages"] for block in message["content"]]
    return [block["text"].split("\n\n(Today")[0] for block in blocks if block["type"] == "text"]


async def test_an_edited_question_takes_the_place_of_what_followed_it(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("A1."), Reply("A2."), Reply("B1."), Reply("B2."), Reply("A3.")) as at:
        chat = await at.chat()
        first = await at.answered(chat, "One?")
        second = await at.answered(chat, "Two?")
        begun = await at.turns.edit(at.assistant, chat, first, "Uno?")
        other = await at.over(begun.turn)
        assert sent(at) == ["Uno?"], "the model is not told of the other version"
        assert await said(at, chat.id) == ["Uno?", "B1."]
        await at.answered(chat, "Due?")
        assert await said(at, chat.id) == ["Uno?", "B1.", "Due?", "B2."]
        assert sent(at) == ["Uno?", "B1.", "Due?"]

        assert await list_versions(at.ledger, first) == (first.id, other.id)
        path = await show_version(at.ledger, first)
        assert [turn.id for turn in path] == [first.id, second.id]
        assert await said(at, chat.id) == ["One?", "A1.", "Two?", "A2."]
        third = await at.answered(chat, "Three?")
        assert third.parent_id == second.id
        assert sent(at) == ["One?", "A1.", "Two?", "A2.", "Three?"]
        (view, *_) = (await at.talk(chat)).turns
        assert view.versions == (first.id, other.id)
        assert (await show_version(at.ledger, other))[-1].parent_id == other.id


async def test_a_retry_of_an_answer_asks_the_same_once_more(tmp_path: Path) -> None:
    async with desk(tmp_path, asking("kitchen"), Reply("Seven."), Reply("Eight.")) as at:
        chat = await at.chat()
        turn = await at.answered(chat)
        again = await at.turns.retry(at.assistant, chat, turn, client_id="again")
        await at.over(again.turn)
        assert await said(at, chat.id) == ["What is left?", "Eight."]
        assert sent(at) == ["What is left?"]
        assert again.turn.parent_id == turn.parent_id is None
        repeated = await at.turns.retry(at.assistant, chat, turn, client_id="again")
        assert (repeated.is_new, repeated.turn.id) == (False, again.turn.id)
        talk = await at.talk(chat)
        assert talk.cost == sum(row.cost.amount for row in await at.rows() if row.cost)
        (view,) = talk.turns
        (mine,) = [row for row in await at.rows() if row.purpose.turn_id == again.turn.id]
        assert view.cost == (mine.cost.amount if mine.cost else None)


async def test_a_retry_of_a_failed_answer_goes_on_from_its_finished_rounds(tmp_path: Path) -> None:
    failing = (asking("kitchen"), asking("hall", "And the hall. "), Reply("Seven are", cut_after_event=4))
    async with desk(tmp_path, *failing, Reply(error=Fault(529)), Reply("Seven each.")) as at:
        chat = await at.chat()
        failed = await at.answered(chat)
        assert (failed.state, failed.code) == ("failed", "stream_interrupted")
        LOOKED.clear()
        for state in ("failed", "completed"):
            begun = await at.turns.retry(at.assistant, chat, failed)
            failed = await at.over(begun.turn)
            assert failed.state == state
        assert LOOKED == []
        assert len(at.server.account.asked) == 5
        (view,) = (await at.talk(chat)).turns
        assert words_of(view.parts) == "Looking. And the hall. Seven each."
        assert len(view.versions) == 3
        rows = await at.rows()
        assert [row.purpose.round for row in rows] == [1, 2, 3, 3, 3]
        last = [row for row in rows if row.purpose.turn_id == view.turn.id]
        assert view.usage.output_tokens == last[-1].usage.output_tokens, "what was carried over is not counted again"


async def test_an_answer_of_another_chat_is_no_version(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven.")) as at:
        turn = await at.answered(await at.chat())
        with pytest.raises(UnknownTurn):
            await at.turns.edit(at.assistant, await at.chat(), turn, "Mine?")


async def test_the_next_question_after_a_failure_follows_it(tmp_path: Path) -> None:
    async with desk(tmp_path, Reply("Seven are", cut_after_event=4), Reply("Eight.")) as at:
        chat = await at.chat()
        await at.answered(chat, "One?")
        await at.answered(chat, "Two?")
        assert await said(at, chat.id) == ["One?", "Seven", "Two?", "Eight."]
