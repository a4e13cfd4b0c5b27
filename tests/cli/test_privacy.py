"""`tuppence privacy`: who is shown stand-ins, and what a text would leave as."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from .command import Command


def shown(command: Command, *arguments: str) -> dict[str, dict[str, Any]]:
    output = json.loads(command.succeeds("privacy", *arguments, "--json"))
    return {one["name"]: one for one in output["providers"]}


def test_by_itself_it_is_on_for_those_who_need_a_key(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "https://models.example.com/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    found = shown(command)
    assert found["anthropic"]["on"] and found["anthropic"]["host"] == "127.0.0.1:9"
    assert not found["llama.cpp"]["on"]
    assert found["ollama"]["on"] and found["ollama"]["hosted"] and found["ollama"]["usual"]
    ended = command("privacy")
    assert ended.code == 0 and "ollama\tmodels.example.com\ton\tshown\tit is not at home" in ended.output
    assert "Known: 0 names" in ended.errors


def test_it_is_switched_for_one_provider(command: Command) -> None:
    assert not shown(command, "openai", "--off")["openai"]["on"]
    one = shown(command, "ollama", "--on", "--payees")["ollama"]
    assert (one["on"], one["payees"], one["usual"]) == (True, True, False)
    assert not shown(command, "ollama", "--no-payees")["ollama"]["payees"]
    found = shown(command)
    assert (found["openai"]["on"], found["ollama"]["on"], found["groq"]["usual"]) == (False, True, True)


def test_a_text_is_tried(command: Command) -> None:
    assert command("privacy", "--name", "Anna Berg", "--name", "Zoë").code == 0
    ended = command("privacy", "--try", "ANNA and Zoë paid 12.50")
    assert re.fullmatch(r"Person-\w{8} and Person-\w{8} paid 12.50\n", ended.output)
    assert " stands for ANNA\n" in ended.errors
    assert command("privacy", "--forget-name", "Zoë").code == 0
    tried = json.loads(command.succeeds("privacy", "--try", "Anna and Zoë", "--json"))
    assert tried["leaves"].endswith(" and Zoë") and list(tried["stand_ins"].values()) == ["Anna"]
    assert command("privacy", "openai", "--off").code == 0
    assert command("privacy", "openai", "--try", "Anna").output == "Anna\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nobody",), 2, "there is no provider nobody"),
        (("--on",), 2, "name the provider"),
        (("--payees",), 2, "name the provider"),
        (("openai", "--on", "--try", "x"), 2, "changes nothing"),
        (("--forget-name", "Zoë"), 1, "was not added here"),
        (("--name", "Jo"), 1, "A name has from 3"),
    ],
)
def test_what_cannot_be_done_is_said(command: Command, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = command("privacy", *arguments)
    assert ended.code == code and words in ended.sentence
