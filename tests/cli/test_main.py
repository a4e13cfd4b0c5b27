"""The command as such: light to start, and every failure one sentence and an exit code."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tuppence.cli.failures import told_failure
from tuppence.cli.main import main
from tuppence.store.engine import FILENAME
from tuppence.understudy import Reply, Understudy

from .command import Command

HEAVY = {"aiohttp", "anthropic", "asyncio", "markdown_it", "msgspec", "pydantic", "rich", "sqlalchemy"}


def test_help_imports_nothing_heavy() -> None:
    program = "import sys; from tuppence.cli.main import main; main(['--help']); print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "transactions" in ended.stdout
    assert not HEAVY & set(ended.stdout.splitlines()[-1].split())


def test_version(command: Command) -> None:
    assert command.succeeds("--version").startswith("tuppence 0.")


@pytest.mark.parametrize("arguments", [("impotr",), ("import",), ("ask", "--colour", "x"), ("usage", "--by", "year")])
def test_wrong_usage_says_where_to_look(command: Command, arguments: tuple[str, ...]) -> None:
    ended = command(*arguments)
    assert ended.code == 2
    assert "--help" in ended.sentence


def test_nothing_asked_for_is_answered_with_the_help(command: Command) -> None:
    ended = command()
    assert ended.code == 2
    assert "Commands:" in ended.errors


def test_no_key(command: Command) -> None:
    ended = command("ask", "Anything?")
    assert ended.code == 1
    assert "ANTHROPIC_API_KEY" in ended.sentence


def test_wrong_key(command: Command, server: Understudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a secret that is wrong")
    ended = command("ask", "Anything?")
    assert ended.code == 1
    assert "did not accept the API key" in ended.sentence
    assert "secret" not in ended.sentence


def test_unknown_model(command: Command, server: Understudy) -> None:
    ended = command("ask", "Anything?", "--model", "claude-of-tomorrow")
    assert ended.code == 1
    assert "'claude-of-tomorrow'" in ended.sentence


def test_no_network(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    ended = command("ask", "Anything?")
    assert ended.code == 1
    assert "cannot be reached" in ended.sentence


def test_an_answer_that_breaks_off(command: Command, server: Understudy) -> None:
    server.add(Reply("Some words that never end", cut_after_event=5))
    ended = command("ask", "Anything?")
    assert ended.code == 1
    assert ended.output.startswith("Some")
    assert "broke off" in ended.sentence


def test_unknown_provider(command: Command) -> None:
    ended = command("ask", "Anything?", "--provider", "nobody")
    assert ended.code == 1
    assert "'nobody'" in ended.sentence


def test_an_empty_question(command: Command, server: Understudy) -> None:
    ended = command("ask", " ")
    assert ended.code == 1
    assert "empty" in ended.sentence
    assert not server.account.asked


def test_an_unusable_setting(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUPPENCE_MAX_ROUNDS", "many")
    ended = command("ask", "Anything?")
    assert ended.code == 1
    assert ended.sentence.startswith("TUPPENCE_MAX_ROUNDS")


def test_a_database_that_is_none(command: Command, home: Path) -> None:
    (home / FILENAME).write_bytes(b"this is no database, however long one looks at it" * 100)
    ended = command("accounts")
    assert ended.code == 1
    assert FILENAME in ended.sentence


def test_a_data_folder_that_is_a_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ended = command("--home", str(tmp_path / "file"), "accounts")
    assert ended.code == 1
    assert str(tmp_path / "file") in ended.sentence


@pytest.mark.parametrize("name", ["account", "category", "merchant"])
def test_an_unknown_name(command: Command, name: str) -> None:
    ended = command("transactions", f"--{name}", "Nobody")
    assert ended.code == 1
    assert "Nobody" in ended.sentence


def test_a_mistake_of_ours_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("a balance of 1,234.56")
    except ValueError as error:
        code = told_failure(error, with_traceback=False)
    assert code == 1
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "1,234.56" not in told


def test_a_mistake_of_ours_can_be_seen_whole(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("a balance of 1,234.56")
    except ValueError as error:
        told_failure(error, with_traceback=True)
    assert "a balance of 1,234.56" in capsys.readouterr().err


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["noticed at the end", "noticed at once"])
def test_a_reader_that_has_gone_is_no_failure(environment: dict[str, str], unbuffered: str) -> None:
    program = "import sys; from tuppence.cli.main import main; sys.exit(main(['transactions', '--json']))"
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output:
        ended = subprocess.run(
            [sys.executable, "-c", program],
            stdout=output,
            stderr=subprocess.PIPE,
            env={**environment, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert ended.stderr == b""
    assert ended.returncode == 128 + signal.SIGPIPE


def test_main_takes_its_arguments_from_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tuppence", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("tuppence ")
