"""What a household saved in the web app holds at the command line, too; what the command names goes before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tuppence.access.secrets import KeyFile
from tuppence.assistant.provider_settings import save_provider
from tuppence.assistant.providers import Providers
from tuppence.cli.event_loop import EventLoop
from tuppence.cli.wiring import opened_ledger
from tuppence.settings import read_settings
from tuppence.understudy import Reply, Understudy

from .command import Command


def saved(home: Path, name: str, usual: str | None = None, **entered: Any) -> None:
    """Have a household enter this about a provider, and choose whom to ask usually."""

    async def save() -> None:
        async with opened_ledger(home) as ledger, Providers(read_settings(home)) as providers:
            what: dict[str, Any] = {"key": None, "base_url": None, "model": None, "enabled": True, **entered}
            await save_provider(ledger, KeyFile.open(home), name, private_allowed=True, **what)
            if usual is not None:
                await providers.choose(ledger, usual)

    with EventLoop() as loop:
        loop.run(save())


def test_a_saved_key_is_all_it_takes(
    command: Command, server: Understudy, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    server.add(Reply("By the saved key."))
    saved(home, "anthropic", key="right")
    assert command.succeeds("ask", "Anything?") == "By the saved key.\n"


def test_the_command_goes_before_what_was_saved(command: Command, server: Understudy, home: Path) -> None:
    saved(home, "openai-compatible", "openai-compatible/gpt-4o", key="right", base_url=f"{server.base_url}/v1")
    server.add(*(Reply("Here.") for _ in range(3)))
    for options in ((), ("--provider", "anthropic"), ("--model", "claude-sonnet-5-5")):
        command.succeeds("ask", "Anything?", *options)
    assert [one.model for one in server.account.asked] == ["gpt-4o", "claude-sonnet-5-5", "claude-sonnet-5-5"]


def test_who_is_switched_off_is_not_asked(command: Command, server: Understudy, home: Path) -> None:
    saved(home, "anthropic", enabled=False)
    for options in ((), ("--provider", "anthropic")):
        ended = command("ask", "Anything?", *options)
        assert ended.code == 1
        assert ended.sentence.startswith("Anthropic is switched off")
    assert not server.account.sockets
