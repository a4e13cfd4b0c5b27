"""`tuppence usage limits`: shown, set, taken away, and what of them is gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tuppence.understudy import Understudy

from .command import Command

MODEL = ("--model", "claude-sonnet-5")


def told(command: Command, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command.succeeds("usage", "limits", *arguments, "--json"))
    return found


def test_limits_are_set_shown_and_taken_away(command: Command) -> None:
    assert "No limit is set" in command.succeeds("usage", "limits")
    none = {"month_cost": None, "month_tokens": None, "chat_cost": None, "chat_tokens": None}
    assert told(command) == {"limits": none, "uses": []}
    set_ = told(command, "--month", "5.00", "--chat-tokens", "20000")
    assert set_["limits"] == {**none, "month_cost": "5.00", "chat_tokens": 20_000}
    assert set_["uses"] == [
        {"name": "month_cost", "limit": "5", "used": "0", "reserved": "0", "left": "5", "percent": 0}
    ]
    lines = command.succeeds("usage", "limits", "--month-tokens", "300000", "--chat-tokens", "none").splitlines()
    assert [line.split("\t") for line in lines[1:]] == [
        ["Each month, US dollars", "$5.00", "$0.00", "$0.00", "$5.00"],
        ["Each month, tokens", "300,000", "0", "0", "300,000"],
    ]
    assert told(command, "--month", "NONE", "--month-tokens", "none")["limits"] == none


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--month", "0"), "above 0"),
        (("--month", "-5"), "above 0"),
        (("--chat", "much"), "Write none to take it away"),
        (("--chat-tokens", "1.5"), "whole number"),
        (("--month-tokens", "0"), "above 0"),
    ],
)
def test_what_can_be_no_limit_is_said(command: Command, arguments: tuple[str, ...], words: str) -> None:
    told(command, "--month", "7")
    ended = command("usage", "limits", *arguments)
    assert ended.code == 2
    assert words in ended.sentence
    assert told(command)["limits"]["month_cost"] == "7"


def test_what_is_gone_is_said_and_then_nothing_more_is_asked(command: Command, server: Understudy) -> None:
    assert command("ask", "How much did we spend on groceries?", *MODEL).code == 0
    spent = int(json.loads(command.succeeds("usage", "--json"))["total"]["input_tokens"])
    asked = len(server.account.asked)
    told(command, "--month-tokens", str(spent))
    (use,) = told(command)["uses"]
    assert use["percent"] >= 100
    assert use["left"] == 0
    ended = command("usage")
    assert "It is nearly reached" in ended.errors
    assert json.loads(command.succeeds("usage", "--json"))["limits"] == [use]
    refused = command("ask", "And on rent?", *MODEL)
    assert refused.code != 0
    assert "`tuppence usage limits`" in refused.errors
    assert len(server.account.asked) == asked


def test_the_doctor_and_runs_keep_to_limits(command: Command, server: Understudy, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text("Date,Description,Amount\n2026-03-01,EDEKA 4711 BERLIN,-12.50\n")
    command.succeeds("import", str(tmp_path / "bank.csv"), "--account", "Card", "--currency", "EUR")
    told(command, "--month-tokens", "100")
    for arguments in (("doctor", *MODEL), ("categorize", *MODEL, "--yes")):
        ended = command(*arguments)
        assert ended.code == 1
        assert "the limit of 100 tokens for this month" in ended.errors
    assert not server.account.asked
