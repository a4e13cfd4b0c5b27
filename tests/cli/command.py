"""Runs a command in this process, where everything is imported already, and keeps what it printed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tuppence.cli.main import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def sentence(self) -> str:
        """The one line on standard error."""
        lines = self.errors.splitlines()
        assert len(lines) == 1, self.errors
        assert "Traceback" not in self.errors
        return lines[0]


@dataclass(frozen=True, slots=True)
class Command:
    """`tuppence`, with a data folder and an environment of its own."""

    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ended:
        self.captured.readouterr()
        code = main(list(arguments))
        output, errors = self.captured.readouterr()
        return Ended(code, output, errors)

    def succeeds(self, *arguments: str) -> str:
        """What it printed, once it has ended with 0 and complained of nothing."""
        ended = self(*arguments)
        assert (ended.code, ended.errors) == (0, "")
        return ended.output
