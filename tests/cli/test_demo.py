"""`tuppence demo` without a terminal: sample questions, answered, over the invented household or one's own files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuppence.understudy import Understudy

from .command import Command


@pytest.fixture(autouse=True)
def nobody_types(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield


def test_three_questions_are_answered_by_the_understudy(command: Command, home: Path) -> None:
    told = command.succeeds("demo")
    assert told.splitlines()[0].startswith("Talking to the understudy")
    answers = told.split("\n> ")[1:]
    assert len(answers) == 3
    assert all("$" in answer for answer in answers)
    assert "moved in" not in command.succeeds("accounts")  # nothing is kept


def test_own_files_instead_with_a_provider(command: Command, server: Understudy, tmp_path: Path) -> None:
    file = tmp_path / "Everyday March.csv"
    file.write_text("Date,Description,Amount,Currency\n2026-03-02,Fennel Market,-41.20,USD\n")
    told = command.succeeds("demo", str(file))
    assert told.splitlines()[0] == "Talking to Anthropic (claude-sonnet-5-5), with your key."
    assert "into Everyday March: add 1 transaction." in told
    assert len(server.account.asked) >= 3


def test_a_file_that_cannot_be_read_ends_it(command: Command, tmp_path: Path) -> None:
    ended = command("demo", str(tmp_path / "missing.csv"))
    assert ended.code == 1
    assert "no file" in ended.sentence


def test_a_file_that_leaves_something_open_is_for_the_import(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "march.csv"
    file.write_text("Date,Description,Amount\n2026-03-02,Fennel Market,-41.20\n")
    ended = command("demo", str(file))
    assert ended.code == 3
    assert "tuppence import" in ended.sentence
