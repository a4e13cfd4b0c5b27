"""`tuppence accounts`, `transactions` and `usage`: the same figures for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tuppence.understudy import Reply, Understudy

from .command import Command
from .terminal import terminal

STATEMENT = """\
Date,Description,Amount,Balance
2026-03-02,Fennel Market,-41.20,958.80
2026-03-05,Payroll [bold]March[/bold],2500.00,3458.80
2026-03-05,Slow Kettle \x1b[31mCoffee,-4.50,3454.30
"""


@pytest.fixture
def imported(command: Command, tmp_path: Path) -> Command:
    """The command over a ledger with one imported statement."""
    file = tmp_path / "march.csv"
    file.write_text(STATEMENT)
    command.succeeds("import", str(file), "--account", "Everyday", "--currency", "USD")
    return command


def test_without_anything_the_next_step_is_named(command: Command) -> None:
    assert "tuppence import FILE --account NAME" in command.succeeds("accounts")
    assert json.loads(command.succeeds("accounts", "--json")) == []
    assert "tuppence accounts" in command.succeeds("transactions")
    assert command.succeeds("usage") == "Nothing was asked yet.\n"


def test_accounts(imported: Command) -> None:
    (account,) = json.loads(imported.succeeds("accounts", "--json"))
    assert account["name"] == "Everyday"
    assert account["balance"] == {"amount": "3454.30", "currency": "USD"}
    heads, row = imported.succeeds("accounts").splitlines()
    assert heads.split("\t")[0] == "Account"
    assert "$3,454.30" in row


def test_transactions(imported: Command) -> None:
    page = json.loads(imported.succeeds("transactions", "--json"))
    assert [row["amount"]["amount"] for row in page["transactions"]] == ["-4.50", "2500.00", "-41.20"]
    assert page["totals"] == [
        {"in": {"amount": "2500.00", "currency": "USD"}, "out": {"amount": "-45.70", "currency": "USD"}}
    ]
    assert page["coverage"]["first"] == "2026-03-02"


@pytest.mark.parametrize(
    ("filters", "amounts"),
    [
        (["market"], ["-41.20"]),
        (["--since", "2026-03-05"], ["-4.50", "2500.00"]),
        (["--until", "2026-03-04"], ["-41.20"]),
        (["--direction", "in"], ["2500.00"]),
        (["--minimum", "5", "--maximum", "100.00"], ["-41.20"]),
        (["--order", "largest", "--limit", "1"], ["2500.00"]),
        (["--account", "every", "--uncategorized", "--order", "oldest", "--limit", "1"], ["-41.20"]),
        (["--pending"], []),
    ],
)
def test_filters(imported: Command, filters: list[str], amounts: list[str]) -> None:
    page = json.loads(imported.succeeds("transactions", "--json", *filters))
    assert [row["amount"]["amount"] for row in page["transactions"]] == amounts


def test_a_table_obeys_nobody(imported: Command) -> None:
    ended = imported("transactions")
    assert "Payroll [bold]March[/bold]" in ended.output
    assert "\x1b" not in ended.output
    assert "3 in all" in ended.errors


@pytest.mark.parametrize(
    "wrong",
    [
        ["--since", "March"],
        ["--until", "2026-13-01"],
        ["--since", "2026-04-01", "--until", "2026-03-31"],
        ["--minimum", "much"],
        ["--limit", "0"],
    ],
)
def test_filters_that_make_no_sense(imported: Command, wrong: list[str]) -> None:
    ended = imported("transactions", *wrong)
    assert ended.code == 2
    assert "Value error" not in ended.sentence


@pytest.mark.anyio
@pytest.mark.parametrize("columns", [44, 60, 100])
async def test_a_narrow_terminal_cuts_words_and_never_figures(
    imported: Command, environment: Mapping[str, str], columns: int
) -> None:
    async with terminal("transactions", environment=environment, columns=columns) as screen:
        await screen.shows("3 in all")
    for figures in (("2026-03-02", "−$41.20"), ("2026-03-05", "$2,500.00"), ("2026-03-05", "−$4.50")):
        assert any(all(figure in line for figure in figures) for line in screen.text.splitlines()), screen.text


def test_usage_of_chats_names_them_as_their_list_does(command: Command, server: Understudy) -> None:
    server.add(Reply("One."))
    command.succeeds("ask", "One?")
    _, chat, total = command.succeeds("usage", "--by", "chat").splitlines()
    assert chat.split("\t")[0] == command.succeeds("chat", "--list").splitlines()[1].split("\t")[0]
    assert total.startswith("Total\t")


def test_usage(command: Command, server: Understudy) -> None:
    server.add(Reply("One."), Reply("Two."))
    command.succeeds("ask", "One?")
    command.succeeds("ask", "Two?")
    command("ask", "Three?", "--model", "unheard-of")
    reported = [one.usage for one in server.account.asked if one.usage is not None]
    used = json.loads(command.succeeds("usage", "--by", "model", "--json"))
    total = used["total"]
    assert (total["requests"], total["failed"]) == (3, 1)
    assert total["input_tokens"] == sum(usage.input_tokens or 0 for usage in reported)
    assert total["output_tokens"] == sum(usage.output_tokens or 0 for usage in reported)
    assert {part["key"] for part in used["model"]} == {one.model for one in server.account.asked}
    lines = command.succeeds("usage").splitlines()
    assert lines[0].startswith("Day\t")
    assert lines[-1].startswith("Total\t3\t1\t")
