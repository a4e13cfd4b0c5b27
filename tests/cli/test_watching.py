"""Answers watched in a terminal: they grow while the provider still sends, and Ctrl-C stops them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tuppence.assistant.chats import list_chats, said_in
from tuppence.cli.wiring import opened_usage
from tuppence.llm import AssistantMessage
from tuppence.understudy import Reply, Understudy

from .terminal import Terminal, terminal

pytestmark = pytest.mark.anyio

CTRL_C = "\x03"
GROCERIES = """\
You spent **$412.50** on groceries.

| Month | Spent |
| --- | ---: |
| March | $412.50 |

That is all there is."""


async def test_words_appear_while_they_are_sent_until_ctrl_c(environment: Mapping[str, str], home: Path) -> None:
    gates = {number: asyncio.Event() for number in (5, 8, 11)}
    script = [Reply("These words are kept, and all of those are never sent to anybody.", gates=gates)]
    async with Understudy(script) as server, asking(environment, server) as screen:
        await screen.shows("These")
        (asked,) = server.account.asked
        for gate in (5, 8):
            assert asked.events_sent == gate < asked.events_total
            before = len(screen.text)
            gates[gate].set()
            await screen.until(lambda text, before=before: len(text) > before, "nothing came")  # type: ignore[misc]
            await asked.sent(gate + 3)
        screen.types(CTRL_C)
        await asked.socket_closed()
        assert await screen.ended() == 130
        said, *_ = screen.text.split("\n")
        assert screen.text.count("These words") == 1  # the ^C that the terminal echoes leaves no line behind
        assert "Stopped." in screen.text
        assert "Traceback" not in screen.text
    assert asked.events_sent == 11
    assert await kept(home) == [("stopped", said)]


async def test_ctrl_c_before_anything_was_asked(environment: Mapping[str, str]) -> None:
    async with Understudy([]) as server:
        async with asking(environment, server) as screen:
            await screen.shows("Getting ready")
            screen.types(CTRL_C)
            assert await screen.ended() == 130
            assert screen.text == ""
        assert not server.account.asked


async def test_a_chat_outlives_the_answers_that_are_stopped(environment: Mapping[str, str], home: Path) -> None:
    script = [
        Reply("First words of many.", gates={4: asyncio.Event()}),
        Reply("Second words of many.", gates={4: asyncio.Event()}),
        Reply(GROCERIES),
    ]
    async with Understudy(script) as server, talking(environment, server) as screen:
        await screen.shows("A new chat.", "›")
        for number, impatience in enumerate((CTRL_C, CTRL_C + CTRL_C)):
            screen.types(f"Question {number}?\n")
            await screen.shows(("First", "Second")[number])
            screen.types(impatience)
            await server.account.asked[number].socket_closed()
            await times(screen, "What was said is kept.", number + 1)
            await screen.until(lambda text: text.endswith("›"), "no prompt")
        screen.types("And now?\n")
        text = await screen.shows("That is all there is.", " out · ", "claude")
        screen.types("/quit\n")
        assert await screen.ended() == 0
        assert "Traceback" not in screen.text
    assert text.count("$412.50") == 2
    assert "**" not in text
    assert "|" not in text
    last = server.account.asked[-1].json
    assert last is not None
    assert len(last["messages"]) == 5  # three questions, two answers that were cut short
    assert [outcome for outcome, _ in await kept(home)] == ["stopped", "stopped", "completed"]


def asking(environment: Mapping[str, str], server: Understudy) -> AbstractAsyncContextManager[Terminal]:
    return terminal("ask", "Groceries?", environment=with_server(environment, server))


def talking(environment: Mapping[str, str], server: Understudy) -> AbstractAsyncContextManager[Terminal]:
    return terminal("chat", environment=with_server(environment, server))


def with_server(environment: Mapping[str, str], server: Understudy) -> dict[str, str]:
    return {**environment, "ANTHROPIC_BASE_URL": server.base_url, "ANTHROPIC_API_KEY": "a key"}


async def times(screen: Terminal, words: str, count: int) -> None:
    await screen.until(lambda text: text.count(words) == count, f"{words!r} did not come {count} times")


async def kept(home: Path) -> list[tuple[str, str]]:
    """The outcome of each request and what was kept of its answer, in the order in which they were asked."""
    async with opened_usage(home) as parts:
        rows = await parts.log.rows(parts.ledger.household)
        (chat,) = await list_chats(parts.ledger)
        said = [one for one in await said_in(parts.ledger, chat.id) if isinstance(one.message, AssistantMessage)]
    assert all(row.ended_at is not None for row in rows)
    assert [one.finished for one in said] == [row.outcome == "completed" for row in reversed(rows)]
    texts = [message_text(one.message) for one in said]
    return list(zip([row.outcome for row in reversed(rows)], texts, strict=True))


def message_text(message: object) -> str:
    assert isinstance(message, AssistantMessage)
    return "".join(getattr(block, "text", "") for block in message.content).strip()
