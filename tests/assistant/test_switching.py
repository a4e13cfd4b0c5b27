"""A chat goes on with another provider, in every direction, with function calls and reasoning in its history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import permutations
from pathlib import Path

import pytest

from tuppence.assistant.assistant import Assistant
from tuppence.assistant.chats import new_chat
from tuppence.assistant.events import OutputText, TurnEvent
from tuppence.assistant.turn_log import TurnLog
from tuppence.ledger.household import open_ledger
from tuppence.llm import Provider, Retry, open_provider
from tuppence.llm.answerer import Answerer
from tuppence.store import Presence, Store
from tuppence.understudy import Call, Reply, Text, Thinking, Understudy
from tuppence.usage import UsageLog

pytestmark = pytest.mark.anyio

MODELS = {"anthropic": "claude-sonnet-5", "openai": "gpt-5.4", "ollama": "understudy"}
LOOKING = Reply([Thinking("Accounts first."), Text("Looking. "), Call("get_accounts", {}), Call("get_categories", {})])


@asynccontextmanager
async def opened(name: str, server: Understudy) -> AsyncIterator[Provider]:
    base_url = server.base_url if name == "anthropic" else server.base_url + "/v1"
    async with open_provider(name, api_key="k", base_url=base_url, retry=Retry(attempts=1)) as provider:
        yield provider


@pytest.mark.parametrize("order", list(permutations(MODELS)), ids=" then ".join)
async def test_whoever_comes_next_understands_what_was_said(tmp_path: Path, order: tuple[str, ...]) -> None:
    """The understudy refuses what the real APIs refuse: signatures of others, results without calls, unknown ids."""
    asked = [*order, order[0]]
    async with (
        Understudy([reply for _ in asked for reply in (LOOKING, Reply([Thinking("Two."), Text("Here.")]))]) as server,
        await Store.open(tmp_path) as store,
        Presence(store) as me,
        UsageLog(store, me.id) as log,
        await TurnLog.open(store) as turn_log,
    ):
        ledger = await open_ledger(store)
        chat = await new_chat(ledger)
        for name in asked:
            events: list[TurnEvent] = []
            async with opened(name, server) as provider:
                who = Answerer(provider, MODELS[name])
                assistant = Assistant(ledger=ledger, answerers=[who], usage=log, log=turn_log, process_id=me.id)
                turn = await assistant.ask(chat, "What do I have?", events.append)
            assert (turn.state, turn.reason) == ("completed", None), name
            assert "".join(event.text for event in events if isinstance(event, OutputText)) == "Looking. Here."
        last = server.account.asked[-1].json or {}
        assert len(last.get("messages", last.get("input", []))) > 4 * 3, "nothing of the history was lost"
