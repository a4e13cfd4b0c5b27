"""`tuppence ask` in pipes: the answer's own text, or one event a line."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tuppence.assistant.events import FunctionAnswered, FunctionRequested, OutputText, TurnCompleted, TurnEvent
from tuppence.understudy import Call, Reply, Text, Understudy

from .command import Command

ANSWER = "You spent **$12.50**.\n\n- once\n- on \x1b[31mred\x1b[0m things"


def test_a_pipe_gets_the_text_exactly(command: Command, server: Understudy) -> None:
    server.add(Reply(ANSWER))
    assert command.succeeds("ask", "How", "much?") == ANSWER + "\n"
    question = asked(server)["messages"][-1]["content"]
    assert "How much?" in json.dumps(question)


def test_rounds_are_paragraphs_of_their_own(command: Command, server: Understudy) -> None:
    server.add(Reply([Text("Let me look."), Call("get_accounts")]), Reply("There are none."))
    assert command.succeeds("ask", "Accounts?") == "Let me look.\n\nThere are none.\n"


def test_programs_get_every_event_as_a_line(command: Command, server: Understudy) -> None:
    server.add(Reply([Call("get_accounts")]), Reply("There are none."))
    lines = command.succeeds("ask", "Accounts?", "--json").splitlines()
    events = [msgspec.json.decode(line, type=TurnEvent) for line in lines]
    assert sum(isinstance(event, FunctionRequested) for event in events) == 1
    assert "".join(event.text for event in events if isinstance(event, OutputText)) == "There are none."
    assert sum(isinstance(event, FunctionAnswered) for event in events) == 1
    assert [json.loads(line)["event"] for line in lines].count("response") == 2
    assert isinstance(events[-1], TurnCompleted)


def test_programs_get_the_failure_as_the_last_event(command: Command, server: Understudy) -> None:
    ended = command("ask", "Anything?", "--json", "--model", "unheard-of")
    assert ended.code == 1
    last = json.loads(ended.output.splitlines()[-1])
    assert (last["event"], last["code"], last["retryable"]) == ("turn_failed", "request_rejected", False)
    assert last["message"] == ended.sentence


def test_a_question_can_go_on_in_a_chat(command: Command, server: Understudy) -> None:
    server.add(Reply("First."), Reply("Second."), Reply("Third."))
    command.succeeds("ask", "One?")
    command.succeeds("ask", "Two?", "--chat", "last")
    assert len(asked(server)["messages"]) == 3
    (chat,) = json.loads(command.succeeds("chat", "--list", "--json"))
    assert chat["title"] == "One?"
    command.succeeds("ask", "Three?", "--chat", chat["id"][:6])
    assert len(asked(server)["messages"]) == 5


def test_a_chat_that_is_none(command: Command, server: Understudy) -> None:
    ended = command("ask", "One?", "--chat", "zzz")
    assert ended.code == 1
    assert "zzz" in ended.sentence


def test_a_piped_chat_answers_every_line_and_remembers(
    command: Command, server: Understudy, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    server.add(Reply("First."), Reply("Second."), Reply("Of another chat."))
    (tmp_path / "typed").write_text("One?\n\nTwo?\n/new\nThree?\n/quit\nnever asked\n")
    with (tmp_path / "typed").open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        ended = command("chat")
    assert ended.code == 0
    assert ended.output == "First.\nSecond.\nOf another chat.\n"
    assert [len(one.json["messages"]) for one in server.account.asked if one.json] == [1, 3, 1]
    assert len(command.succeeds("chat", "--list").splitlines()) == 3  # the titles of the columns, two chats


def test_a_piped_chat_goes_on_after_a_failure_and_ends_with_it(
    command: Command, server: Understudy, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    server.add(Reply("Cut off here", cut_after_event=4), Reply("Whole."))
    (tmp_path / "typed").write_text("One?\nTwo?\n")
    with (tmp_path / "typed").open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        ended = command("chat")
    assert ended.code == 1
    assert ended.output.endswith("Whole.\n")
    assert "broke off" in ended.sentence


def asked(server: Understudy) -> Any:
    """The body of the latest request."""
    return server.account.asked[-1].json
