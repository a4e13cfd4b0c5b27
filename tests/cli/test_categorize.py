"""`tuppence categorize` and `tuppence merchants`: quote, consent, a run over real HTTP, and undoing it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tuppence.cli.filing.quotes import may_cost
from tuppence.cli.filing.wanted import wanted_of
from tuppence.understudy import Call, Fault, Reply, Understudy

from .command import Command

SHOPS = ("EDEKA 4711 BERLIN", "NETFLIX.COM", "ONLINE TRANSFER 9981")


@pytest.fixture
def imported(command: Command, tmp_path: Path) -> Path:
    """Twelve transactions of three businesses; the clerk of the understudy knows two of them."""
    rows = [f"2026-03-{day:02},{SHOPS[day % 3]},-{day}.50" for day in range(1, 13)]
    path = tmp_path / "bank.csv"
    path.write_text("\n".join(["Date,Description,Amount", *rows]))
    command.succeeds("import", str(path), "--account", "Card", "--currency", "EUR")
    return path


def quote(command: Command, *arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(command.succeeds(*arguments, "--dry-run", "--json"))
    return told


def categories(command: Command) -> dict[str, str | None]:
    """By description, what the transactions are filed under; all alike."""
    listed = json.loads(command.succeeds("transactions", "--json"))
    return {each["description"]: each["category"] for each in listed["transactions"]}


def test_a_dry_run_is_the_quote_and_nothing_else(command: Command, server: Understudy, imported: Path) -> None:
    told = quote(command, "categorize")
    assert (told["transactions"], told["asked"], told["questions"], told["requests"]) == (12, 12, 3, 1)
    assert told["free"] == {"rule": 0, "memory": 0, "classifier": 0, "model": 0}
    assert told["provider"] == "anthropic" and told["input_tokens"] > 0 and float(told["cost"]) > 0
    head, row, total = command.succeeds("categorize", "--dry-run").splitlines()
    assert head.split("\t") == ["By", "Transactions", "How", "Cost"]
    assert "(Anthropic)\t12\t3 wordings in 1 request, about" in row
    assert total.startswith("all\t12\t")
    assert not server.account.asked


def test_a_paid_run_needs_consent_where_nobody_can_be_asked(
    command: Command, server: Understudy, imported: Path
) -> None:
    for options in ((), ("--json",)):
        ended = command("categorize", *options)
        assert ended.code == 2
        assert "--yes" in ended.sentence and "about $0.0" in ended.sentence
    assert not server.account.asked
    assert json.loads(command("categorize", "--json").output or "null") is None


def test_a_run_files_and_is_undone(command: Command, server: Understudy, imported: Path) -> None:
    ended = command("categorize", "--yes")
    assert ended.code == 0
    outcome = ended.output.splitlines()[-1]
    assert outcome.startswith("Filed 8 transactions, left 4 of which the model was not sure, $0.0")
    assert outcome.endswith("for 1 request.")
    assert {name for name, category in categories(command).items() if category} == set(SHOPS[:2])
    assert ended.sentence.startswith("Undo all of it: tuppence categorize --undo ")
    assert command.succeeds(*ended.sentence.split("tuppence ")[1].split()) == "Undone: 8 changes taken back.\n"
    assert set(categories(command).values()) == {None}
    assert "There is no single run" in command("categorize", "--undo", "zzz").sentence
    assert len(server.account.asked) == 1


def test_programs_get_what_came_of_it(command: Command, server: Understudy, imported: Path) -> None:
    told = json.loads(command.succeeds("merchants", "--yes", "--json"))
    assert (told["kind"], told["state"], told["transactions"], told["done"]) == ("merchants", "completed", 12, 12)
    assert (told["filed"], told["suggested"], told["left"], told["unanswered"]) == (8, 0, 4, 0)
    assert told["requests"] == 1 and float(told["cost"]) > 0 and told["problem"] is None
    # The eight, and the two merchants that were made for them.
    undone = json.loads(command.succeeds("merchants", "--undo", "last", "--json"))
    assert undone == {"run": told["run"], "restored": 10, "left_alone": 0}
    assert "There is no single run" in command("categorize", "--undo", "last").sentence


def test_suggestions_are_put_up_for_review(command: Command, server: Understudy, imported: Path) -> None:
    ended = command("categorize", "--suggest", "--yes")
    assert "Filed 0 transactions, suggested something for 8" in ended.output
    assert "Review what was suggested" in ended.sentence
    assert set(categories(command).values()) == {None}


def test_a_limit_takes_the_newest(command: Command, server: Understudy, imported: Path) -> None:
    assert quote(command, "categorize", "--limit", "2")["transactions"] == 2


def test_nothing_to_do_is_no_failure(command: Command, server: Understudy, imported: Path) -> None:
    command("categorize", "--yes")
    assert "Ask it once more with --again" in command.succeeds("categorize", "--yes")
    assert quote(command, "categorize", "--again")["asked"] == 4
    assert "without a model" in command.succeeds("categorize", "--free")
    told = json.loads(command.succeeds("categorize", "--yes", "--json"))
    assert told == {"run": None, "kind": "categorize", "transactions": 4}
    assert len(server.account.asked) == 1


def test_an_empty_household(command: Command, server: Understudy) -> None:
    assert command.succeeds("categorize") == "There is nothing to do: no transaction lacks a category.\n"
    assert command.succeeds("merchants") == "There is nothing to do: no transaction lacks a merchant.\n"


def test_nobody_to_ask(command: Command, imported: Path) -> None:
    told = quote(command, "categorize")
    assert told["cost"] is None and "no key" in told["obstacle"]
    ended = command("categorize", "--yes")
    assert ended.code == 1
    assert "no key" in ended.sentence and "--free" in ended.sentence


def test_a_cap_stops_it_before_it_costs_more(command: Command, server: Understudy, imported: Path) -> None:
    ended = command("categorize", "--yes", "--cap", "0.0001")
    assert ended.code == 1
    assert "0.0001" in ended.sentence
    assert not server.account.asked
    for wrong in ("0", "-1", "much", "NaN"):
        assert command("categorize", "--cap", wrong).code == 2


def test_what_ends_a_run_early_is_told(command: Command, server: Understudy, imported: Path) -> None:
    server.add(Reply(error=Fault(401)))
    ended = command("categorize", "--yes", "--json")
    assert ended.code == 1
    told = json.loads(ended.output)
    assert told["state"] == "failed"
    assert ended.sentence.startswith(told["problem"])


def test_answers_that_cannot_be_used_are_told(command: Command, server: Understudy, imported: Path) -> None:
    nonsense = Reply([Call("file_transactions", {"filings": []})])
    server.add(nonsense, nonsense)
    ended = command("categorize", "--yes")
    assert "no usable answer for 12" in ended.output
    assert len(server.account.asked) == 2


def test_the_model_can_be_named(command: Command, server: Understudy, imported: Path) -> None:
    told = quote(command, "categorize", "--provider", "anthropic", "--model", "claude-haiku-4-5")
    assert (told["provider"], told["model"]) == ("anthropic", "claude-haiku-4-5")


@pytest.mark.parametrize(
    ("model", "provider", "wanted"),
    [
        (None, None, None),
        (None, "openai", "openai"),
        ("openai/gpt-x", None, "openai/gpt-x"),
        ("openai/gpt-x", "openai", "openai/gpt-x"),
        ("gpt-x", "openai", "openai/gpt-x"),
        ("meta/llama", "openrouter", "openrouter/meta/llama"),
        ("gpt-x", None, "/gpt-x"),
        ("meta/llama", None, "/meta/llama"),
        ("anthropic", None, "anthropic"),
    ],
)
def test_models_as_people_name_them(model: str | None, provider: str | None, wanted: str | None) -> None:
    assert wanted_of(model, provider) == wanted


@pytest.mark.parametrize(
    ("provider", "cost", "may"),
    [
        ("anthropic", None, True),
        ("anthropic", Decimal("0.1"), True),
        ("anthropic", Decimal(0), False),
        ("ollama", None, False),
        ("openai-compatible", Decimal("0.1"), True),
    ],
)
def test_what_may_cost_something(provider: str, cost: Decimal | None, may: bool) -> None:
    assert may_cost(provider, cost) is may
