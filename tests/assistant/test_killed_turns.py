"""Processes that are killed in the middle of an answer, at many points: what remains is true, and can be continued."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from anyio import to_thread

from tuppence.assistant.chats import list_chats, said_in
from tuppence.assistant.conversation import TurnView
from tuppence.assistant.events import OutputText
from tuppence.llm import AssistantMessage, FunctionResult, UserMessage
from tuppence.store.engine import FILENAME
from tuppence.store.schema import prepare_database
from tuppence.understudy import Exchange, Reply, Text, Thinking, Understudy

from .desk import LOOKED, Desk, asking, desk, words_of
from .victims import SHOWN, Fate

pytestmark = pytest.mark.anyio

ROUNDS = (
    asking("kitchen", "Ich schaue: 世界. "),
    asking("hall", "And the hall 👋🏽. "),
    Reply([Thinking("Seven."), Text("Seven are left over in each.")]),
)
WHOLE = "Ich schaue: 世界. And the hall 👋🏽. Seven are left over in each."
POINTS = [{"told": n} for n in (1, 2, 3, 5, 6, 7, 8, 9, 11, 13, 14, 16, 17, 18, 20, 22)] + [
    {"shown": n} for n in (1, 2, 3, 5, 7)
]


def round_of(exchange: Exchange) -> Reply:
    """The reply that a request asks for: as many functions as it brings results of have been called before."""
    sent = (exchange.json or {})["messages"]
    blocks = [block for message in sent for block in message["content"] if isinstance(block, dict)]
    return ROUNDS[sum(block["type"] == "tool_result" for block in blocks)]


class Slayer:
    """Has processes ask and die."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def has_died(self, fate: Fate) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(fate).decode() + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def slayer() -> Iterator[Slayer]:
    command = [sys.executable, "-m", f"{__package__}.victims"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdin=pipe, stdout=pipe, text=True) as process:
        yield Slayer(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / FILENAME
    prepare_database(path)
    return path


@pytest.fixture
async def server() -> AsyncIterator[Understudy]:
    async with Understudy(round_of) as understudy:
        yield understudy


@pytest.mark.parametrize("point", POINTS, ids=str)
async def test_what_a_killed_process_leaves(
    tmp_path: Path, empty_database: Path, slayer: Slayer, server: Understudy, point: dict[str, int]
) -> None:
    shutil.copy(empty_database, tmp_path)
    fate = Fate(str(tmp_path), server.base_url, **point)
    assert await to_thread.run_sync(slayer.has_died, fate) == -signal.SIGKILL
    async with desk(tmp_path, server=server) as at:
        (chat,) = await list_chats(at.ledger)
        (view,) = (await at.talk(chat)).turns
        await is_true(at, view, (tmp_path / SHOWN).read_text("utf-8") if (tmp_path / SHOWN).exists() else "")
        await can_be_gone_on_with(at, view)


async def is_true(at: Desk, view: TurnView, shown: str) -> None:
    """The turn has ended and says so, nothing that was shown is gone, nothing is there twice, no row is open."""
    assert (view.turn.state, view.turn.code, view.turn.retryable) == ("failed", "interrupted", True)
    assert view.question == "What is left?"
    assert view.after is None
    events = [event async for batch in at.log.events(view.turn.id) for event in batch]
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert [event.is_last for event in events] == [False] * (len(events) - 1) + [True]
    assert "".join(f"{one.n} {one.name} {one.data.decode()}\n" for one in events).startswith(shown)
    assert words_of(view.parts) == "".join(one.event.text for one in events if isinstance(one.event, OutputText))
    assert WHOLE.startswith(words_of(view.parts))
    assert {row.outcome for row in await at.rows()} <= {"completed", "interrupted"}
    assert len(await at.rows()) == len(at.server.account.asked)


async def can_be_gone_on_with(at: Desk, view: TurnView) -> None:
    """A retry gives the whole answer, and asks and looks up only what had not been finished."""
    (chat,) = await list_chats(at.ledger)
    said = [one.message for one in await said_in(at.ledger, chat.id) if one.finished]
    rounds = sum(isinstance(message, AssistantMessage) for message in said)
    results = [message.call_id for message in said if isinstance(message, FunctionResult)]
    asked = len(at.server.account.asked)
    LOOKED.clear()
    begun = await at.turns.retry(at.assistant, chat, view.turn)
    assert (await at.over(begun.turn)).state == "completed"
    assert len(at.server.account.asked) - asked == len(ROUNDS) - rounds
    assert [jar for jar in ("kitchen", "hall") if f"call_{jar}" not in results] == LOOKED
    talk = await at.talk(await at.now(chat))
    (shown,) = talk.turns
    assert words_of(shown.parts) == WHOLE
    assert shown.versions == (view.turn.id, begun.turn.id)
    said = [one.message for one in await said_in(at.ledger, chat.id)]
    assert [type(message) for message in said] == [
        UserMessage,
        *[AssistantMessage, FunctionResult] * 2,
        AssistantMessage,
    ]
    assert len(await at.rows()) == len(at.server.account.asked), "what was carried over is not paid for again"
