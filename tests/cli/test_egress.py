"""`tuppence egress`: what left this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tuppence.understudy import Understudy

from .command import Command

MODEL = ("--model", "claude-sonnet-5")


def asked(command: Command) -> None:
    assert command("ask", "How much did we spend on groceries?", *MODEL).code == 0


def listed(command: Command, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command.succeeds("egress", "--json", *arguments))["requests"]
    return found


def test_everything_that_arrived_is_listed(command: Command, server: Understudy) -> None:
    asked(command)
    found = listed(command)
    assert [one["size"] for one in found[::-1]] == [len(exchange.body) for exchange in server.account]
    assert {(one["operation"], one["host"]) for one in found} == {("chat", server.base_url.removeprefix("http://"))}
    assert all("questions" in one["kinds"] and one["outcome"] == "completed" for one in found)
    text = command.succeeds("egress")
    assert text.startswith("Id\tWhen\tHost\tFor\tIn it\tBytes\tOutcome\tCost\n")
    assert len(text.splitlines()) == 1 + len(found)


def test_the_exact_bytes_can_be_had(command: Command, server: Understudy) -> None:
    asked(command)
    found = listed(command)
    for one, exchange in zip(found[::-1], server.account, strict=True):
        assert command.succeeds("egress", "show", one["id"], "--raw").encode() == exchange.body
    shown = command("egress", "show", found[-1]["id"][:8])
    assert shown.code == 0
    assert found[-1]["host"] in shown.sentence
    assert json.loads(shown.output.replace("as text: ", ""))["model"] == "claude-sonnet-5"


def test_some_of_them(command: Command, server: Understudy) -> None:
    asked(command)
    everything = listed(command)
    assert listed(command, "--chat", everything[0]["chat_id"]) == everything
    assert listed(command, "--host", server.base_url.removeprefix("http://")) == everything
    assert listed(command, "--kind", "Questions") == everything
    assert listed(command, "--since", "2000-01-01") == everything
    for none in (("--chat", "none"), ("--host", "x"), ("--until", "2000-01-01"), ("--kind", "account numbers")):
        assert listed(command, *none) == []
    cut = command("egress", "--limit", "1")
    assert len(cut.output.splitlines()) == 2
    assert "More with --limit" in cut.sentence
    assert json.loads(command.succeeds("egress", "--limit", "1", "--json"))["more"] is True


def test_bodies_are_kept_as_long_as_somebody_says(command: Command, server: Understudy) -> None:
    assert command.succeeds("egress", "keep") == "Bodies are kept for 30 days.\n"
    asked(command)
    many = len(server.account)
    refused = command("egress", "forget")
    assert refused.code == 1
    assert "--yes" in refused.sentence
    assert command.succeeds("egress", "forget", "--yes").startswith(f"Forgot the bodies of {many} ")
    found = listed(command)
    assert [one["body_kept"] for one in found] == [False] * many
    gone = command("egress", "show", found[0]["id"])
    assert gone.code == 1
    assert "not kept" in gone.sentence
    assert command.succeeds("egress", "keep", "0") == "Bodies are not kept.\n"
    asked(command)
    assert not any(one["body_kept"] for one in listed(command))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "nothing"), 1, "no request"),
        (("keep", "4000"), 1, "from 0"),
        (("keep", "many"), 2, "valid integer"),
        (("--kind", "secrets"), 2, "they are: questions"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), 2, "before"),
    ],
)
def test_what_cannot_be(command: Command, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = command("egress", *arguments)
    assert ended.code == code
    assert words in ended.sentence


def test_nothing_left(command: Command, home: Path) -> None:
    assert command.succeeds("egress") == "No such request left this machine.\n"
    assert list(home.glob("*.db"))
