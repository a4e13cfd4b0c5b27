"""The understudy as a process: it says where it listens, answers, and does not outlive its parent."""

from __future__ import annotations

import os
import select
import subprocess
import sys

import httpx
import pytest

from tuppence.understudy import start_understudy

from .asking import HEADERS, OPENAI_HEADERS, chat_question, question


def test_it_answers_and_ends_with_the_block() -> None:
    with start_understudy(pace=0) as started:
        response = httpx.post(started.base_url + "/v1/messages", json=question(), headers=HEADERS, trust_env=False)
        assert os.getsid(started.pid) != os.getsid(0)  # Ctrl-C on our terminal does not reach it
        assert "I am the understudy" in response.json()["content"][0]["text"]
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, 0)


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with start_understudy() as started:
        port = int(started.base_url.rpartition(":")[2])
        with pytest.raises(RuntimeError, match=rf"cannot listen on port {port}: "), start_understudy(port=port):
            raise AssertionError("a second one must not start there")


def test_it_plays_a_dialect_with_a_defect() -> None:
    options = ["--dialect", "ollama", "--defect", "no_usage", "--model", "tiny", "--context-window", "4096"]
    with start_understudy(pace=0, options=options) as started:
        body = chat_question("Reply with the word ready", model="tiny")
        with httpx.Client(headers=OPENAI_HEADERS, trust_env=False) as client:
            completion = client.post(started.openai_base_url + "/chat/completions", json=body).json()
            shown = client.post(started.base_url + "/api/show", json={"model": "tiny"}).json()
    assert completion["choices"][0]["message"]["content"] == "ready"
    assert "usage" not in completion
    assert shown["model_info"]["understudy.context_length"] == 4096


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = (
        "import os, signal\n"
        "from tuppence.understudy import start_understudy\n"
        "with start_understudy() as started:\n"
        "    print(started.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", parent], stdout=subprocess.PIPE, check=False)
    try:
        watched = os.pidfd_open(int(killed.stdout))
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    ended = poll.poll(10_000)
    os.close(watched)
    assert ended


def test_importing_it_loads_nothing_else_of_tuppence() -> None:
    listing = "import sys, tuppence.understudy; print(*sorted(n for n in sys.modules if n.startswith('tuppence.')))"
    loaded = subprocess.run([sys.executable, "-c", listing], capture_output=True, check=True, text=True).stdout.split()
    assert loaded
    assert [name for name in loaded if not name.startswith("tuppence.understudy")] == []
