"""The terminal's view, on a screen that is really drawn: nothing twice, nothing lost, nothing obeyed."""

from __future__ import annotations

import asyncio
import io
import re
from decimal import Decimal

import pyte
import pytest
from rich.console import Console

from tuppence.assistant.events import (
    FunctionAnswered,
    FunctionRequested,
    OutputText,
    Reasoning,
    RoundEnded,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStopped,
    Waiting,
)
from tuppence.cli.answer.live_markdown import LiveMarkdown
from tuppence.llm import TokenUsage

pytestmark = pytest.mark.anyio

ENDED = RoundEnded("a-model", TokenUsage(10, 2), Decimal("0.01"), 0.5, "end_turn")
WIDTH, HEIGHT = 90, 12


class Drawn:
    """A screen, and everything that was written to it."""

    def __init__(self) -> None:
        self.output = io.StringIO()
        self.console = Console(
            file=self.output, force_terminal=True, width=WIDTH, height=HEIGHT, markup=False, highlight=False
        )

    @property
    def lines(self) -> list[str]:
        """What can be seen and scrolled back to, without empty lines at the end."""
        screen = pyte.HistoryScreen(WIDTH, HEIGHT, history=1000)
        pyte.Stream(screen).feed(self.output.getvalue().replace("\n", "\r\n"))
        gone = ["".join(line[x].data for x in range(WIDTH)) for line in screen.history.top]
        return "\n".join(line.rstrip() for line in [*gone, *screen.display]).rstrip().split("\n")


async def shown(*events: TurnEvent) -> list[str]:
    """What is left on the screen when all is over. Each piece is drawn."""
    drawn = Drawn()
    async with LiveMarkdown(drawn.console) as view:
        view.status("Getting ready")
        for event in events:
            view.take(event)
            await asyncio.sleep(0)
    return drawn.lines


def words(text: str) -> list[TurnEvent]:
    return [OutputText(piece) for piece in re.findall(r"\s*\S+\s*", text)]


async def test_an_answer_with_what_happened_on_the_way() -> None:
    lines = await shown(
        Reasoning("hm"),
        *words("Let me look."),
        ENDED,
        FunctionRequested("1", "get_transactions", {"since": "2026-03-01"}),
        FunctionAnswered("1", "Looked at 128 transactions, March 2026", ok=True),
        Waiting(2.2, "somebody asks to slow down"),
        *words("It was **12**.\n\n- one\n- two\n\nDone"),
        ENDED,
        TurnCompleted(),
    )
    assert lines == [
        "Let me look.",
        "",
        "Looked at 128 transactions, March 2026",
        "Waiting 2 s: somebody asks to slow down",
        "",
        "It was 12.",
        "",
        " • one",
        " • two",
        "",
        "Done",
        "",
        next(line for line in lines if line.startswith("a-model")),
    ]


async def test_what_was_said_stays_when_it_is_stopped() -> None:
    assert (await shown(*words("Half of a sent"), TurnStopped()))[:3] == [
        "Half of a sent",
        "",
        "Stopped. What was said is kept.",
    ]


async def test_what_was_said_stays_when_it_fails() -> None:
    assert await shown(*words("Half of a sent"), TurnFailed("stalled", "It stalled.", retryable=True)) == [
        "Half of a sent"
    ]


async def test_a_tail_taller_than_the_screen_is_whole_in_the_end() -> None:
    items = [f"- item {number}\n" for number in range(HEIGHT * 3)]
    drawn = Drawn()
    async with LiveMarkdown(drawn.console) as view:
        for item in items:
            view.take(OutputText(item))
            view.draw()
        before_the_end = drawn.lines
        view.take(TurnCompleted())
    assert len(before_the_end) < HEIGHT
    assert before_the_end[-1] == f" • item {HEIGHT * 3 - 1}"
    assert drawn.lines == [f" • item {number}" for number in range(HEIGHT * 3)]


async def test_finished_blocks_are_written_once() -> None:
    drawn = Drawn()
    async with LiveMarkdown(drawn.console) as view:
        for number in range(20):
            view.take(OutputText(f"Paragraph {number}.\n\n"))
            view.draw()
    assert drawn.output.getvalue().count("Paragraph 0.") == 1
    assert drawn.lines[::2] == [f"Paragraph {number}." for number in range(20)]


async def test_it_draws_at_most_eight_times_a_second() -> None:
    drawn = Drawn()
    async with LiveMarkdown(drawn.console) as view:
        view.draw()
        before = drawn.output.getvalue().count("\x1b[?2026h")
        for piece in words("word " * 1000):
            view.take(piece)
        assert drawn.output.getvalue().count("\x1b[?2026h") - before <= 1


async def test_the_terminal_obeys_only_us() -> None:
    drawn = Drawn()
    async with LiveMarkdown(drawn.console) as view:
        view.take(OutputText("red \x1b[31mwords\x07\x9b2J and \u202eturned\n"))
        view.take(FunctionAnswered("1", "Looked at \x1b]0;title\x07", ok=True))
        view.take(TurnCompleted())
    assert "\x1b[31m" not in drawn.output.getvalue()
    assert "\x1b]" not in drawn.output.getvalue()
    assert not set("\x07\x9b\u202e") & set(drawn.output.getvalue())


async def test_the_cursor_is_there_again_at_the_end() -> None:
    drawn = Drawn()
    async with LiveMarkdown(drawn.console) as view:
        view.take(OutputText("words"))
    assert drawn.output.getvalue().rindex("\x1b[?25h") > drawn.output.getvalue().rindex("\x1b[?25l")
