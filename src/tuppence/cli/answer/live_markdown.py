"""The view for a terminal: finished blocks of Markdown are printed once, only the unfinished tail is drawn again."""

import asyncio
import contextlib
import time
from dataclasses import replace
from types import TracebackType
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.text import Text

from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionAnswered,
    FunctionRequested,
    OutputText,
    Reasoning,
    RoundEnded,
    SteppedIn,
    TurnCompleted,
    TurnEvent,
    TurnStopped,
    Waiting,
)
from tuppence.cli.answer.figures import TurnFigures
from tuppence.cli.answer.live_region import LiveRegion
from tuppence.cli.answer.markdown_blocks import finished_and_tail
from tuppence.cli.answer.rendered_markdown import rendered
from tuppence.cli.answer.sentences import sentence_of, sentence_of_cut
from tuppence.cli.console import harmless

_PAUSE = 1 / 8
"""Seconds between two drawings of the tail."""
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class LiveMarkdown:
    """Draws the first words at once, then what has come at most eight times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._region = LiveRegion(console)
        self._tail = ""
        self._status: str | None = None
        self._above: Literal["nothing", "words", "remarks"] = "nothing"  # what was printed last
        self._figures = TurnFigures()
        self._begun = self._drawn_at = time.monotonic()
        self._changed = False
        self._drawing: asyncio.Task[None] | None = None

    def status(self, text: str) -> None:
        """Show `text` beside something that turns, until words come."""
        self._status = text
        self._changed = True

    def take(self, event: TurnEvent) -> None:
        """Add words to the tail; print anything else as a quiet line of its own, after the words before it."""
        match event:
            case OutputText(text):
                self._add(text)
            case Reasoning():
                self.status("Thinking")
            case FunctionRequested():
                self._settle()
                self.status(sentence_of(event))
            case FunctionAnswered() | Waiting() | SteppedIn() | EarlierTalkLeftOut():
                self._settle(Text(harmless(sentence_of(event)), style="dim"))
                self.status("Reading" if isinstance(event, FunctionAnswered) else "Asking")
            case RoundEnded():
                self._figures = self._figures.with_round(event)
                if cut := sentence_of_cut(event):
                    self._settle(Text(cut, style="yellow"))
            case TurnCompleted():
                self._end()
            case TurnStopped():
                self._end(sentence_of(event))
            case _:
                self._status = None
                self._settle()

    def _add(self, text: str) -> None:
        if self._figures.seconds_to_first_words is None:
            self._figures = replace(self._figures, seconds_to_first_words=time.monotonic() - self._begun)
        self._status = None
        self._tail += harmless(text)
        self._changed = True
        if time.monotonic() - self._drawn_at >= _PAUSE:
            self.draw()

    def _end(self, *lines: str) -> None:
        self._status = None
        quiet = [Text(harmless(line), style="dim") for line in (*lines, str(self._figures)) if line]
        self._settle(*quiet)

    # ------------------------------------------------------------------------------------------------------ drawing

    def draw(self) -> None:
        """Print blocks that have been finished, for good, and draw the rest anew."""
        blocks, self._tail = finished_and_tail(self._tail)
        above = [part for block in blocks for part in self._block(block)]
        self._region.draw(self._unfinished(), *above)
        self._drawn_at, self._changed = time.monotonic(), False

    def _settle(self, *remarks: RenderableType) -> None:
        """Print what is left of the tail for good, then `remarks`."""
        blocks, tail = finished_and_tail(self._tail)
        self._tail = ""
        above = [part for block in (*blocks, tail) if block.strip() for part in self._block(block)]
        if remarks:
            above += [Text()] if self._above == "words" else []
            self._above = "remarks"
        self._region.draw(self._unfinished(), *above, *remarks)
        self._drawn_at, self._changed = time.monotonic(), False

    def _block(self, block: str) -> list[RenderableType]:
        spaced: list[RenderableType] = [] if self._above == "nothing" else [Text()]
        self._above = "words"
        return [*spaced, rendered(self._console, block)]

    def _unfinished(self) -> RenderableType | None:
        parts: list[RenderableType] = []
        if self._tail.strip():
            parts += [] if self._above == "nothing" else [Text()]
            parts.append(rendered(self._console, self._tail))
        if self._status is not None:
            parts.append(self._turning(self._status))
        return Group(*parts) if parts else None

    def _turning(self, status: str) -> Text:
        passed = time.monotonic() - self._begun
        frame = _FRAMES[int(passed / _PAUSE) % len(_FRAMES)] if self._console.encoding.startswith("utf") else "-"
        seconds = f" {passed:.0f} s" if passed >= 2 else ""
        return Text(f"{frame} {harmless(status)} …{seconds}", style="dim", no_wrap=True, overflow="ellipsis")

    async def _keep_drawing(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            if self._changed or self._status is not None:
                self.draw()

    # ----------------------------------------------------------------------------------------------- begin and end

    async def __aenter__(self) -> "LiveMarkdown":
        self._begun = time.monotonic()
        self._drawing = asyncio.create_task(self._keep_drawing())
        self.draw()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawing is not None:
            self._drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._drawing
        self._status = None
        self._settle()
