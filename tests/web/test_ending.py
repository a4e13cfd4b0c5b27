"""A serving process that is told to end, with people reading: it ends at once, and says nothing but that."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tuppence.store.engine import FILENAME
from tuppence.understudy import Reply

from .answering import Model, model
from .served import csrf_of

TUPPENCE = [sys.executable, "-c", "import sys; from tuppence.cli.main import main; sys.exit(main())", "serve", "--port"]


@contextmanager
def serving(home: Path, answering: Model, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that serves, and the link by which its owner enters."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TUPPENCE_HOME": str(home),
        "TUPPENCE_PROVIDER": "anthropic",
        "TUPPENCE_MODEL": "understudy",
        "ANTHROPIC_API_KEY": "a key",
        "ANTHROPIC_BASE_URL": answering.understudy.base_url,
    }
    with subprocess.Popen(
        [*TUPPENCE, str(port)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


@contextmanager
def entered(link: str) -> Iterator[httpx.Client]:
    """A browser in which the owner is signed in by the link."""
    with httpx.Client(base_url=link.partition("/enter/")[0], timeout=30) as client:
        form = {"name": "Ada", "password": "analytical engine", "again": "analytical engine"}
        assert client.post(link, data=form).status_code == 303
        client.headers["X-CSRF-Token"] = csrf_of(client.get("/settings/you").text)
        yield client


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_open_streams_do_not_hold_it_up(tmp_path: Path, by: signal.Signals) -> None:
    with (
        model(Reply("One two three four.", stall_after=5)) as answering,
        serving(tmp_path, answering) as (process, link),
    ):
        with entered(link) as client:
            chat = client.post("/api/chats", json={}).json()["id"]
            asked = client.post(f"/api/chats/{chat}/messages", json={"text": "What?", "client_id": "a"})
            turn = asked.json()["turn"]
            with client.stream("GET", f"/api/turns/{turn}/events") as first:
                lines = first.iter_lines()
                assert any(line == "event: output_text" for line in lines)
                process.send_signal(by)
                assert "event: turn_completed" not in list(lines), "the rest came to its end, though not to an answer's"
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert ended(tmp_path, turn) == ("failed", "interrupted")


def test_two_cannot_listen_at_one_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*TUPPENCE, str(port)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TUPPENCE_HOME": str(tmp_path)}
        second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert second.stdout == ""
    assert re.fullmatch(rf"Cannot listen at 127\.0\.0\.1, port {port}: .*Choose another with --port\.\n", second.stderr)


def ended(home: Path, turn: str) -> tuple[str, str]:
    """How a turn ended: its state and the code of its failure."""
    with closing(sqlite3.connect(home / FILENAME)) as connection:
        row = connection.execute("SELECT state, code FROM turns WHERE id = ?", (turn,)).fetchone()
    return str(row[0]), str(row[1])
