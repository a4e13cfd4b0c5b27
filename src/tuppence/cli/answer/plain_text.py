"""The view for pipes and files: the text of the answer, exactly and as it comes."""

import sys
import time
from dataclasses import replace
from types import TracebackType
from typing import TextIO

from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionAnswered,
    OutputText,
    RoundEnded,
    SteppedIn,
    TurnCompleted,
    TurnEvent,
    TurnStopped,
    Waiting,
)
from tuppence.cli.answer.figures import TurnFigures
from tuppence.cli.answer.sentences import sentence_of, sentence_of_cut
from tuppence.cli.console import harmless


class PlainText:
    """Writes the words to `output`, and what happens besides to `remarks`, where somebody reads them."""

    def __init__(self, output: TextIO, remarks: TextIO | None) -> None:
        self._output, self._remarks = output, remarks
        self._is_watched = output.isatty()  # by a terminal that does not move its cursor, but may obey much else
        self._written = ""  # the end of what was written last
        self._begun = time.monotonic()
        self._figures = TurnFigures()
        self._new_paragraph = False

    def status(self, text: str) -> None:
        """Nothing: it would be a line of its own each time."""

    def take(self, event: TurnEvent) -> None:
        """Write the words of an answer, or remark on what happened."""
        match event:
            case OutputText(text):
                self._write(text)
            case RoundEnded():
                self._figures = self._figures.with_round(event)
                self._new_paragraph = bool(self._written)
                self._remark(sentence_of_cut(event) or "")
            case (
                SteppedIn() | EarlierTalkLeftOut()
            ):  # they say what the answer is worth, so they are said to a file as well
                sys.stderr.write(harmless(sentence_of(event)) + "\n")
            case FunctionAnswered() | Waiting() | TurnStopped():
                self._remark(sentence_of(event))
            case _:
                pass
        if isinstance(event, TurnCompleted | TurnStopped):
            self._end_line()
            self._remark(str(self._figures))

    def _write(self, text: str) -> None:
        if self._figures.seconds_to_first_words is None:
            self._figures = replace(self._figures, seconds_to_first_words=time.monotonic() - self._begun)
        if self._new_paragraph:
            self._new_paragraph = False
            self._output.write("\n" * (2 - len(self._written) + len(self._written.rstrip("\n"))))
        self._output.write(harmless(text) if self._is_watched else text)
        self._output.flush()
        self._written = (self._written + text)[-2:]

    def _end_line(self) -> None:
        if self._written and not self._written.endswith("\n"):
            self._output.write("\n")
            self._output.flush()
            self._written = "\n"

    def _remark(self, text: str) -> None:
        if self._remarks is not None and text:
            self._remarks.write(harmless(text) + "\n")
            self._remarks.flush()

    async def __aenter__(self) -> "PlainText":
        self._begun = time.monotonic()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_line()
