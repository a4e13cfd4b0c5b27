"""What follows `tuppence import`: what the household wants to begin by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tuppence.cli.wiring import opened_ledger
from tuppence.enrichment.conditions import Conditions
from tuppence.enrichment.preferences import Preferences, set_preferences
from tuppence.enrichment.rules import Outcome, create_rule
from tuppence.ledger.categories import find_category
from tuppence.understudy import Understudy

from .command import Command


@pytest.fixture
def bank_file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.csv"
    path.write_text("Date,Description,Amount\n2026-03-01,EDEKA 4711 BERLIN,-12.50\n2026-03-02,KIOSK AM ECK,-3.00\n")
    return path


def prefer(home: Path, wanted: Preferences) -> None:
    async def preferred() -> None:
        async with opened_ledger(home) as ledger:
            groceries = await find_category(ledger, "Groceries")
            await create_rule(ledger, Conditions(contains="edeka"), Outcome(category=groceries.id))
            await set_preferences(ledger, wanted)

    asyncio.run(preferred())


def imported(command: Command, bank_file: Path, *options: str) -> str:
    return command.succeeds("import", str(bank_file), "--account", "Card", "--currency", "EUR", *options)


def filed(command: Command) -> dict[str, str | None]:
    listed = json.loads(command.succeeds("transactions", "--json"))
    return {each["description"]: each["category"] for each in listed["transactions"]}


def test_what_costs_nothing_is_done_before_the_command_ends(command: Command, home: Path, bank_file: Path) -> None:
    prefer(home, Preferences())
    assert imported(command, bank_file).endswith("After the import: filed 1 transaction.\n")
    assert filed(command) == {"EDEKA 4711 BERLIN": "Groceries", "KIOSK AM ECK": None}


def test_nothing_is_done_where_nothing_is_wanted(command: Command, home: Path, bank_file: Path) -> None:
    prefer(home, Preferences(after_import="nothing"))
    assert "After the import" not in imported(command, bank_file)
    assert set(filed(command).values()) == {None}


def test_it_is_no_part_of_the_figures_for_programs(command: Command, home: Path, bank_file: Path) -> None:
    prefer(home, Preferences())
    assert "After the import" not in imported(command, bank_file, "--json")
    assert filed(command)["EDEKA 4711 BERLIN"] == "Groceries"


def test_a_model_is_left_to_whoever_works(command: Command, home: Path, bank_file: Path, server: Understudy) -> None:
    prefer(home, Preferences(after_import="model"))
    told = imported(command, bank_file)
    assert "is asked about the rest as soon as `tuppence serve` or `tuppence worker` runs." in told
    assert not server.account.asked


def test_without_a_model_what_costs_nothing_is_done_all_the_same(command: Command, home: Path, bank_file: Path) -> None:
    prefer(home, Preferences(after_import="model"))
    assert imported(command, bank_file).endswith("After the import: filed 1 transaction.\n")
