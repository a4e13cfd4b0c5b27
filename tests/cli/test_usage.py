"""`tuppence usage`: own prices, exports, and what a provider says against what was asked here."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tuppence.understudy import Understudy

from .command import Command

MODEL = ("--model", "claude-sonnet-5")
NAMES = "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m"
NAMES += ",usage_input_tokens_cache_read,usage_output_tokens"


def total(command: Command) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command.succeeds("usage", "--json"))["total"]
    return found


def asked(command: Command) -> None:
    assert command("ask", "How much did we spend on groceries?", *MODEL).code == 0


def theirs(server: Understudy, path: Path, more: int = 0) -> Path:
    """The account of the server, as Anthropic's console would export it. more: tokens of output that we never saw."""
    day, usage = datetime.now(UTC).date(), server.account.usage
    counts = (usage.fresh_input_tokens, usage.cache_write_tokens, usage.cache_read_tokens)
    line = ",".join(str(count or 0) for count in counts)
    path.write_text(f"{NAMES}\n{day},claude-sonnet-5,{line},{(usage.output_tokens or 0) + more}\n")
    return path


# ------------------------------------------------------------------------------------------------------------- prices


def test_a_price_holds_from_now_on(command: Command, server: Understudy) -> None:
    asked(command)
    before = total(command)["cost"]
    output = command.succeeds(
        "usage", "price", "anthropic/claude-sonnet-5",
        "--input", "0", "--output", "0", "--cache-read", "0", "--cache-write", "0",
    )  # fmt: skip
    assert "anthropic/claude-sonnet-5" in output
    asked(command)
    assert total(command)["cost"] == before
    assert total(command)["unknown_costs"] == 0
    (one,) = json.loads(command.succeeds("usage", "price", "--json"))["prices"]
    assert (one["provider"], one["model"], one["output"]) == ("anthropic", "claude-sonnet-5", "0")


def test_a_part_of_a_price_can_be_changed_and_all_of_it_removed(command: Command) -> None:
    name = "openrouter/maker/model"
    set_ = command("usage", "price", name, "--input", "3", "--output", "15.5")
    assert set_.code == 0
    assert "unknown until that has a price" in set_.sentence
    command("usage", "price", name, "--cache-read", "0.3")
    (one,) = json.loads(command.succeeds("usage", "price", name, "--json"))["prices"]
    assert (one["model"], one["input"], one["output"], one["cache_read"], one["cache_write"]) == (
        "maker/model",
        "3",
        "15.5",
        "0.3",
        None,
    )
    assert "holds again" in command.succeeds("usage", "price", name, "--remove")
    assert "the published prices hold" in command.succeeds("usage", "price")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nobody/x", "--input", "1", "--output", "1"), 2, "no provider of that name"),
        (("openai", "--input", "1", "--output", "1"), 2, "PROVIDER/MODEL"),
        (("openai/x", "--input", "-1", "--output", "1"), 2, "US dollars per million tokens"),
        (("openai/x", "--input", "a lot", "--output", "1"), 2, "US dollars per million tokens"),
        (("--input", "1"), 2, "name the model"),
        (("openai/x", "--remove", "--input", "1"), 2, "--remove goes without prices"),
        (("openai/x", "--output", "1"), 1, "both --input and --output"),
        (("openai/x",), 1, "has no price of its own"),
        (("openai/x", "--remove"), 1, "has no price of its own"),
    ],
)
def test_what_is_no_price_is_told(command: Command, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = command("usage", "price", *arguments)
    assert ended.code == code
    assert words in ended.sentence


# ------------------------------------------------------------------------------------------------------------ exports


def test_exports(command: Command, server: Understudy, tmp_path: Path) -> None:
    asked(command)
    table, values = tmp_path / "usage.csv", tmp_path / "usage.json"
    assert command.succeeds("usage", "--export", str(table)) == f"Written to {table}.\n"
    command.succeeds("usage", "--export", str(values))
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [row["id"] for row in json.loads(values.read_text())]
    assert len(rows) == len(server.account.asked)
    assert "groceries" not in table.read_text() + values.read_text()
    assert command.succeeds("usage", "--export", "-").splitlines() == table.read_text().splitlines()
    assert json.loads(command.succeeds("usage", "--export", "-", "--json")) == json.loads(values.read_text())
    assert {path.name for path in tmp_path.iterdir()} == {"home", "usage.csv", "usage.json"}


def test_an_export_replaces_nothing_unasked(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text("precious")
    ended = command("usage", "--export", str(file))
    assert (ended.code, file.read_text()) == (1, "precious")
    assert "--force" in ended.sentence
    command.succeeds("usage", "--export", str(file), "--force")
    assert file.read_text().startswith("id,")


def test_an_export_needs_a_name_that_tells_the_format(command: Command, tmp_path: Path) -> None:
    assert ".csv or .json" in command("usage", "--export", str(tmp_path / "usage.xlsx")).sentence
    assert command("usage", "--export", str(tmp_path / "nowhere" / "usage.csv")).code == 1


# ------------------------------------------------------------------------------------------------------ reconciliation


def test_equal_accounts_end_with_0(command: Command, server: Understudy, tmp_path: Path) -> None:
    asked(command)
    ended = command("usage", "reconcile", str(theirs(server, tmp_path / "theirs.csv")))
    assert ended.code == 0
    assert ended.sentence.startswith("Equal, by day and model: Anthropic's usage CSV")
    assert [line.split("\t")[-1] for line in ended.output.splitlines()] == ["Difference", "0", "0", "0", "0"]


def test_differences_end_with_1_and_are_explained(command: Command, server: Understudy, tmp_path: Path) -> None:
    asked(command)
    path = theirs(server, tmp_path / "theirs.csv", more=7)
    ended = command("usage", "reconcile", str(path))
    assert ended.code == 1
    (line,) = [line.split("\t") for line in ended.output.splitlines() if line.startswith("2")]
    assert (line[1], line[2], line[-1]) == ("claude-sonnet-5", "output", "+7")
    assert "same key" in ended.errors
    told = json.loads(command("usage", "reconcile", str(path), "--json").output)
    assert not told["equal"]
    assert [one["difference"] for one in told["differences"]] == [told["totals"]["output"]["difference"]] == [7]
    assert told["totals"]["input"]["difference"] == 0


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("Date,Amount,Text\n2026-05-01,-12.00,Bakery\n", (), "What can be read is Anthropic's"),
        (None, (), "There is no file"),
        (f"{NAMES}\n2026-05-01,m,1,1,1,1\n", ("--provider", "nobody"), "no provider nobody"),
        (f"{NAMES}\n2026-05-01,m,1,1,1,1\n", ("--since", "2026-05-02"), "none of these days was asked for"),
    ],
)
def test_what_cannot_be_compared_is_told(
    command: Command, tmp_path: Path, content: str | None, options: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "theirs.csv"
    if content is not None:
        path.write_text(content)
    ended = command("usage", "reconcile", str(path), *options)
    assert ended.code == 1
    assert words in ended.sentence


# ------------------------------------------------------------------------------------------------------------ members


def test_figures_by_member(command: Command, server: Understudy) -> None:
    asked(command)
    _, nobody, _ = command.succeeds("usage", "--by", "member").splitlines()
    assert nobody.split("\t")[0] == "–"
    (one,) = json.loads(command.succeeds("usage", "--by", "member", "--json"))["member"]
    assert one["key"] is None
