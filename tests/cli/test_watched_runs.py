"""Runs and evaluations watched in a terminal: costs are agreed to, progress is shown, Ctrl-C ends between batches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest
import yaml

from tuppence.cli.wiring import opened_ledger, opened_usage
from tuppence.enrichment.runs import list_runs
from tuppence.understudy import Fault, Reply, Understudy
from tuppence.understudy.account import Exchange

from .terminal import terminal

pytestmark = pytest.mark.anyio

_TEN_BATCHES = 250


def shops() -> Iterator[str]:
    """Names that are all different to whoever files."""
    for letters in product("bdfgklmn", "aeiou", "bdfgklmn"):
        yield f"SQ *{''.join(letters).upper()}ORI CAFE"


@pytest.fixture
async def imported(environment: Mapping[str, str], tmp_path: Path) -> None:
    rows = [f"2026-03-01,{name},-4.50" for name, _ in zip(shops(), range(_TEN_BATCHES), strict=False)]
    (tmp_path / "bank.csv").write_text("\n".join(["Date,Description,Amount", *rows]))
    arguments = ("import", str(tmp_path / "bank.csv"), "--account", "Card", "--currency", "EUR")
    async with terminal(*arguments, environment=environment) as screen:
        assert await screen.ended() == 0


async def test_ctrl_c_ends_a_run_between_batches(environment: Mapping[str, str], home: Path, imported: None) -> None:
    gate = asyncio.Event()

    async def play(exchange: Exchange) -> Reply | None:
        if exchange.number > 4:
            await gate.wait()
        return None

    async with Understudy(play) as server:
        named = {**environment, "ANTHROPIC_BASE_URL": server.base_url, "ANTHROPIC_API_KEY": "right"}
        async with terminal("categorize", environment=named) as screen:
            await screen.shows("10 requests", "Go on? [y/N]")
            screen.types("y\n")
            await screen.shows("100/250", "filed 100 · $0.0")
            await server.account.request(8)
            screen.types("\x03")
            await cancelled(home)
            gate.set()
            assert await screen.ended() == 130
            text = screen.text
    assert "Stopped after 200 of 250 transactions: filed 200 transactions, $0.0" in text
    assert "Traceback" not in text
    async with opened_usage(home) as parts:
        rows = await parts.log.rows(parts.ledger.household)
        (run,) = await list_runs(parts.ledger)
    assert [row.outcome for row in rows] == ["completed"] * 8 == ["completed"] * len(server.account.asked)
    assert (run.state, run.filed) == ("cancelled", 200)


async def cancelled(home: Path) -> None:
    """Return once the run has been cancelled."""
    async with opened_ledger(home) as ledger:
        while (await list_runs(ledger))[0].state == "running":  # noqa: ASYNC110 - another process ends it
            await asyncio.sleep(0.05)


async def test_without_a_yes_nothing_is_begun(environment: Mapping[str, str], imported: None) -> None:
    async with Understudy() as server:
        named = {**environment, "ANTHROPIC_BASE_URL": server.base_url, "ANTHROPIC_API_KEY": "right"}
        async with terminal("merchants", environment=named) as screen:
            await screen.shows("Go on? [y/N]")
            screen.types("\n")
            assert await screen.ended() == 1
            assert "nothing was paid" in screen.text
        assert not server.account.asked


async def test_waiting_for_a_provider_is_shown_and_can_be_ended(environment: Mapping[str, str], imported: None) -> None:
    busy = Reply(error=Fault(529))
    async with Understudy(lambda exchange: busy) as server:
        named = {**environment, "ANTHROPIC_BASE_URL": server.base_url, "ANTHROPIC_API_KEY": "right"}
        async with terminal("categorize", "--yes", environment={**named, "TUPPENCE_ATTEMPTS": "1"}) as screen:
            await screen.shows("0/250", "filed 0 ", "Anthropic is overloaded.", "Trying again in 15 seconds.")
            screen.types("\x03")
            assert await screen.ended() == 130
            assert "Stopped after 0 of 250 transactions" in screen.text


async def test_what_an_evaluation_measured_before_ctrl_c_is_told(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    sample = {"input": {"prompt": "Hello"}, "expected": {"functions": []}}
    (tmp_path / "chat.yml").write_text(yaml.safe_dump({"samples": [sample] * 3}))
    script = [Reply("Hello!"), Reply("Never said to its end.", first_byte_delay=60.0)]
    async with Understudy(script) as server:
        named = {**environment, "ANTHROPIC_BASE_URL": server.base_url, "ANTHROPIC_API_KEY": "right"}
        arguments = ("eval", "chat", "--data", str(tmp_path / "chat.yml"), "--yes")
        async with terminal(*arguments, environment=named) as screen:
            asked = await server.account.request(2)
            screen.types("\x03")
            await asked.socket_closed()
            assert await screen.ended() == 130
            rows = {" ".join(line.split()) for line in screen.text.splitlines()}
    assert {"Asked 1 of 3", "Right 1 of 1 (100.0%)", "Requests 2"} <= rows
