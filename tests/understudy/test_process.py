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
from .filing import IDS, by_call, filing_schema, items_in


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


def test_its_account_can_be_read_from_outside() -> None:
    options = ["--slip", "half_a_batch", "--slips-once", "--busy-every", "3", "--retry-after", "0.25"]
    with start_understudy(pace=0, options=options) as started, httpx.Client(trust_env=False) as client:
        path, body = started.openai_base_url + "/chat/completions", by_call("chat", filing_schema())
        answers = [client.post(path, json=body, headers=OPENAI_HEADERS) for _ in range(3)]
        account = client.get(started.base_url + "/understudy/account").json()
        later = client.get(started.base_url + "/understudy/account", params={"after": 2}).json()
    assert [len(items_in("chat", answer)) for answer in answers[:2]] == [2, 4]
    assert answers[2].headers["retry-after"] == "0.25"
    assert (account["asked"], account["open"], account["most_at_once"]) == (3, 0, 1)
    lines = [(one["number"], one["operation"], one["ids"], one["status"]) for one in account["requests"]]
    assert lines == [(n, "file_transactions", list(IDS), status) for n, status in ((1, 200), (2, 200), (3, 429))]
    tokens = [one["usage"] and one["usage"]["output_tokens"] for one in account["requests"]]
    assert tokens[2] is None
    assert account["usage"]["output_tokens"] == tokens[0] + tokens[1]
    assert [one["number"] for one in later["requests"]] == [3]


def test_it_serves_without_a_parent_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "tuppence.understudy", "--latency", "0.01", "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().decode().strip()
        account = httpx.get(base_url + "/understudy/account", trust_env=False).json()
        process.terminate()
        assert process.wait(10) == 0
    assert account["requests"] == []
