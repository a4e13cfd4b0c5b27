"""`tuppence doctor`: a table or JSON, the findings kept, every request on record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tuppence.cli.event_loop import EventLoop
from tuppence.understudy import Understudy

from .command import Command

Served = Callable[..., Understudy]


@pytest.fixture
def served(command: Command, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Opens an understudy as a server at home that needs no key."""
    with EventLoop() as loop:
        opened: list[Understudy] = []

        def serve(**options: object) -> Understudy:
            server = Understudy(**options)  # type: ignore[arg-type]
            loop.run(server.__aenter__())
            opened.append(server)
            monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", server.openai_base_url)
            return server

        yield serve
        for server in opened:
            loop.run(server.close())


AT_HOME = ("doctor", "--provider", "openai-compatible", "--model", "gpt-4o")


def test_a_healthy_server_is_a_table_of_ok(command: Command, served: Served) -> None:
    served()
    ended = command(*AT_HOME, "--context", "0")
    assert ended.code == 0
    rows = [line.split("\t") for line in ended.output.splitlines()]
    assert rows[0] == ["Check", "Status", "Found", "What to do"]
    assert {row[1] for row in rows[1:]} == {"ok", "skipped"}
    assert ended.sentence.startswith("Kept: gpt-4o at 127.0.0.1")


def test_what_was_found_is_told_as_json_and_every_request_is_on_record(command: Command, served: Served) -> None:
    server = served(defects=["no_usage", "one_call_at_a_time"])
    told = json.loads(command.succeeds(*AT_HOME, "--json", "--context", "2048"))
    assert (told["provider"], told["model"], told["usable"], told["complete"]) == (
        "openai-compatible",
        "gpt-4o",
        True,
        True,
    )
    found = {finding["check"]: finding["status"] for finding in told["findings"]}
    assert [check for check, status in found.items() if status != "ok"] == ["usage", "parallel calls"]
    assert told["abilities"]["parallel_calls"] is told["abilities"]["reports_usage"] is False
    assert told["abilities"]["context_window"] is None
    usage = json.loads(command.succeeds("usage", "--by", "operation", "--json"))
    assert [(one["key"], one["requests"]) for one in usage["operation"]] == [("doctor", len(server.account.asked))]


def test_a_model_that_cannot_be_used_ends_with_a_sentence(command: Command, served: Served) -> None:
    served(defects=["never_calls"])
    ended = command(*AT_HOME, "--context", "0")
    assert ended.code == 1
    assert "function calls\tfailed" in ended.output
    assert ended.errors.splitlines()[-1].endswith("cannot be used as it is (function calls). See above.")


def test_what_could_not_be_asked_is_not_kept(command: Command, served: Served) -> None:
    served(defects=["refuses_key"])
    ended = command(*AT_HOME)
    assert ended.code == 1
    assert ended.output.splitlines()[1].startswith("key\tfailed\t")
    assert "(key)" in ended.sentence


@pytest.mark.parametrize(
    ("defect", "before"), [("refuses_stream", 1), ("plain_json", 1), ("breaks_on_no_parameters", 1), ("think_tags", 0)]
)
def test_a_model_is_asked_by_what_was_found(command: Command, served: Served, defect: str, before: int) -> None:
    served(defects=[defect])
    question = ("ask", *AT_HOME[1:], "Which accounts do I have?")
    assert command(*question).code == before
    assert command(*AT_HOME, "--context", "0").code == 0
    answer = command.succeeds(*question)
    assert answer.strip()
    assert "<think>" not in answer
