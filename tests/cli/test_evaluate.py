"""`tuppence eval`: models measured with labelled samples, over real HTTP, and households by their own filing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tuppence.cli.event_loop import EventLoop
from tuppence.cli.wiring import opened_ledger
from tuppence.ledger.categories import find_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import list_transactions
from tuppence.understudy import Call, Fault, Reply, Understudy

from .command import Command

CATEGORIES = [
    {"id": "food", "name": "Food", "classification": "expense"},
    {"id": "groceries", "name": "Groceries", "classification": "expense", "parent_id": "food"},
    {"id": "cafes", "name": "Coffee Shops", "classification": "expense", "parent_id": "food"},
    {"id": "streaming", "name": "Streaming", "classification": "expense"},
]


def labelled(folder: Path, *samples: dict[str, Any], **others: Any) -> str:
    path = folder / "labelled.yml"
    path.write_text(yaml.safe_dump({"samples": list(samples), **others}))
    return str(path)


def purchase(description: str, difficulty: str, **expected: Any) -> dict[str, Any]:
    given = {"description": description, "amount": 12.5, "classification": "expense"}
    return {"id": description, "difficulty": difficulty, "input": given, "expected": expected}


@pytest.fixture
def purchases(tmp_path: Path) -> str:
    """Right, accepted, left empty rightly, left empty wrongly, wrong: as the understudy's clerk answers."""
    return labelled(
        tmp_path,
        purchase("EDEKA 4711 BERLIN", "easy", category_name="Groceries"),
        purchase("SQ *BLUE CUP CAFE", "easy", category_name="Food", acceptable_alternatives=["Coffee Shops"]),
        purchase("ONLINE TRANSFER 9981", "hard", category_name=None),
        purchase("ONLINE TRANSFER 9982", "hard", category_name="Food"),
        purchase("NETFLIX.COM", "hard", category_name="Groceries"),
        eval_type="categorization",
        context={"categories": CATEGORIES, "currency": "EUR"},
    )


@pytest.fixture
def both(server: Understudy, monkeypatch: pytest.MonkeyPatch) -> Understudy:
    """The same understudy as two providers."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "right")
    return server


def table(output: str) -> dict[str, list[str]]:
    """The cells of each row by the first one."""
    return {line.split("\t")[0]: line.split("\t")[1:] for line in output.splitlines()}


def test_models_stand_side_by_side(command: Command, both: Understudy, purchases: str) -> None:
    models = ("--model", "anthropic", "--model", "openai/gpt-6-luna")
    rows = table(command.succeeds("eval", "categorize", "--data", purchases, *models, "--yes"))
    assert [name.partition("/")[0] for name in rows["Figure"]] == ["anthropic", "openai"]
    assert rows["Asked"] == ["5 of 5"] * 2
    assert rows["Right"] == ["3 of 5 (60.0%)"] * 2
    assert rows["  easy"] == ["2 of 2 (100.0%)"] * 2
    assert rows["  hard"] == ["1 of 3 (33.3%)"] * 2
    assert rows["Says nothing, rightly"] == ["1 of 1 (100.0%)"] * 2
    assert rows["Says nothing, wrongly"] == rows["Wrong"] == ["1", "1"]
    assert rows["Says something, rightly"] == ["2 of 3 (66.7%)"] * 2
    assert rows["Requests"] == ["1", "1"]
    assert all(cost.startswith("$0.0") for cost in rows["Cost"])
    assert len(both.account.asked) == 2


def test_programs_get_a_line_for_each_model_and_every_answer(
    command: Command, both: Understudy, purchases: str
) -> None:
    models = ("--model", "anthropic", "--model", "openai")
    lines = command.succeeds("eval", "categorize", "--data", purchases, *models, "--yes", "--json").splitlines()
    told = [json.loads(line) for line in lines]
    assert [each["model"].partition("/")[0] for each in told] == ["anthropic", "openai"]
    first = told[0]
    assert (first["samples"], first["asked"], first["right"], first["accuracy"]) == (5, 5, 3, 0.6)
    assert first["by_difficulty"]["hard"] == {"count": 1, "of": 3, "ratio": 1 / 3}
    assert float(first["cost"]) > 0 and not first["cost_unknown"] and first["problem"] is None
    said = {each["id"]: (each["said"], each["outcome"]) for each in first["results"]}
    assert said["SQ *BLUE CUP CAFE"] == ("Coffee Shops", "right")
    assert said["ONLINE TRANSFER 9981"] == (None, "right")
    assert said["NETFLIX.COM"] == ("Streaming", "wrong")


def test_the_household_and_its_records_are_left_alone(command: Command, server: Understudy, purchases: str) -> None:
    command.succeeds("eval", "categorize", "--data", purchases, "--yes")
    assert len(server.account.asked) == 1
    assert "Nothing was asked yet" in command.succeeds("usage")


def test_what_costs_is_not_begun_without_consent(command: Command, server: Understudy, purchases: str) -> None:
    ended = command("eval", "categorize", "--data", purchases)
    assert (ended.code, ended.output) == (2, "")
    assert "1 request or more to anthropic/" in ended.sentence and "--yes" in ended.sentence
    assert not server.account.asked


def test_a_server_without_a_key_costs_nothing_and_its_price_is_unknown(
    command: Command, server: Understudy, purchases: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "right")
    model = "openai-compatible/gpt-4o"
    (line,) = command.succeeds("eval", "categorize", "--data", purchases, "--model", model, "--json").splitlines()
    told = json.loads(line)
    assert (told["model"], told["cost"], told["cost_unknown"]) == (model, None, True)
    assert table(command.succeeds("eval", "categorize", "--data", purchases, "--model", model))["Cost"] == ["unknown"]


def test_a_limit_takes_samples_from_everywhere(command: Command, server: Understudy, purchases: str) -> None:
    line = command.succeeds("eval", "categorize", "--data", purchases, "--limit", "2", "--yes", "--json")
    asked = [each["id"] for each in json.loads(line)["results"]]
    assert asked == ["EDEKA 4711 BERLIN", "ONLINE TRANSFER 9981"]


def test_merchants_are_compared_by_spelling_and_website(command: Command, server: Understudy, tmp_path: Path) -> None:
    data = labelled(
        tmp_path,
        purchase("EDEKA 4711 BERLIN", "easy", business_name="Edeka GmbH", business_url="www.edeka.de"),
        purchase("NETFLIX.COM", "easy", merchant_name="Netflix", website="netflix.example"),
        purchase("ONLINE TRANSFER 9981", "hard", merchant_name=None),
        eval_type="merchant_detection",
    )
    rows = table(command.succeeds("eval", "merchants", "--data", data, "--yes"))
    assert rows["Right"] == ["3 of 3 (100.0%)"]
    assert rows["  website"] == ["1 of 2 (50.0%)"]


def test_questions_are_asked_over_the_household_in_the_file(
    command: Command, server: Understudy, tmp_path: Path
) -> None:
    row = {
        "account": "Card",
        "date": "2026-03-01",
        "amount": -4.5,
        "description": "ORLIK MARKT",
        "category": "Groceries",
    }
    data = labelled(
        tmp_path,
        question("What accounts are there?", calls=["get_accounts"], words=["card"]),
        question("And now?", calls=["get_transactions"]),
        question("Hello"),
        context={
            "today": "2026-03-31",
            "currency": "EUR",
            "accounts": [{"name": "Card", "balance": -4.5}],
            "transactions": [row],
        },
    )
    server.add(Reply([Call("get_accounts")]), seen_by(server, "There is one: Card.", "Card", "-4.50"))
    server.add(Reply("I do not know."), Reply("Hello!"))
    (line,) = command.succeeds("eval", "chat", "--data", data, "--yes", "--json").splitlines()
    told = json.loads(line)
    assert [each["outcome"] for each in told["results"]] == ["right", "abstained", "right"]
    assert [each["said"] for each in told["results"]] == ["get_accounts", None, None]
    assert told["functions"] == {"count": 2, "of": 3, "ratio": 2 / 3}
    assert told["words"] == {"count": 1, "of": 1, "ratio": 1.0}
    assert told["requests"] == 4
    assert "2026-03-31" in json.dumps(server.account.asked[0].json)


def test_without_a_household_an_invented_one_is_asked_about(
    command: Command, server: Understudy, tmp_path: Path
) -> None:
    data = labelled(tmp_path, question("What accounts do I have?", calls=["get_accounts"]), eval_type="chat")
    rows = table(command.succeeds("eval", "chat", "--data", data, "--yes"))
    assert rows["Right"] == ["1 of 1 (100.0%)"]
    assert "checking" in json.dumps(server.account.asked[-1].json).lower()


def question(prompt: str, calls: list[str] | None = None, words: list[str] | None = None) -> dict[str, Any]:
    expected = {"functions": [{"name": name} for name in calls or ()], "response_contains": words or []}
    return {"id": prompt, "input": {"prompt": prompt}, "expected": expected}


def seen_by(server: Understudy, words: str, *shown: str) -> Any:
    """A reply, once everything of `shown` has reached the model."""

    def play(exchange: Any) -> Reply:
        missing = [each for each in shown if each not in json.dumps(exchange.json)]
        return Reply(words if not missing else f"I was not shown {missing}.")

    return play


def test_a_failure_in_the_middle_keeps_what_was_measured(command: Command, server: Understudy, tmp_path: Path) -> None:
    data = labelled(tmp_path, *(question(f"Hello {number}") for number in range(5)))
    server.add(Reply("Hello!"), Reply(error=Fault(500)), Reply("Hello!"))
    server.add(Reply(error=Fault(500)), Reply(error=Fault(500)))
    ended = command("eval", "chat", "--data", data, "--yes")
    assert ended.code == 1
    rows = table(ended.output)
    assert rows["Asked"] == ["2 of 5"]
    assert rows["Right"] == ["2 of 2 (100.0%)"]
    assert ended.sentence.startswith("anthropic/")
    assert ended.sentence.endswith("Not in the figures: 3 of 5 samples.")
    assert len(server.account.asked) == 5


def test_memory_and_classifier_are_asked_without_a_model(command: Command, tmp_path: Path) -> None:
    seen = [purchase("ORLIK MARKT 12", "easy", category_name="Groceries") for _ in range(8)]
    data = labelled(tmp_path, *seen, context={"categories": CATEGORIES})
    rows = table(command.succeeds("eval", "categorize", "--data", data, "--model", "none"))
    assert rows["Asked about"] == ["20"]  # five times the half of eight
    assert rows["Memory filed"] == ["20 of 20 (100.0%)"]
    line = json.loads(command.succeeds("eval", "categorize", "--data", data, "--model", "none", "--json"))
    assert (line["model"], line["protocol"], line["memory"]["right"]["ratio"]) == (None, "halves", 1.0)
    named = [{**each, "expected": {"merchant_name": "Orlik"}} for each in seen]
    rows = table(command.succeeds("eval", "merchants", "--data", labelled(tmp_path, *named), "--model", "none"))
    assert rows["Together filed"] == ["20 of 20 (100.0%)"]


def test_a_household_is_asked_what_it_filed(command: Command, home: Path, tmp_path: Path) -> None:
    assert "nobody has filed" in command.succeeds("eval", "backtest")
    rows = [f"2026-{month:02}-{day:02},ORLIK MARKT,-{day}.00" for month in range(1, 7) for day in (3, 9)]
    (tmp_path / "bank.csv").write_text("\n".join(["Date,Description,Amount", *rows]))
    command.succeeds("import", str(tmp_path / "bank.csv"), "--account", "Card", "--currency", "EUR")

    async def file_all() -> None:
        async with opened_ledger(home) as ledger:
            listed = (await list_transactions(ledger, TransactionFilter())).rows
            change = TransactionChange(category=(await find_category(ledger, "Groceries")).id)
            await file_transactions(ledger, [each.id for each in listed], change)

    with EventLoop() as loop:
        loop.run(file_all())
    told = table(command.succeeds("eval", "backtest"))
    assert told["Without a model"] == ["category, halves", "category, month by month"]
    assert told["Memory filed"] == ["30 of 30 (100.0%)", "6 of 6 (100.0%)"]
    lines = [json.loads(line) for line in command.succeeds("eval", "backtest", "--json").splitlines()]
    assert {(each["of"], each["protocol"]): each["asked"] for each in lines} == {
        ("category", "halves"): 30,
        ("category", "month by month"): 6,
        ("merchant", "halves"): 0,
        ("merchant", "month by month"): 0,
    }


@pytest.mark.parametrize("subject", ["categorize", "merchants", "chat"])
def test_a_file_that_is_none_is_told_in_a_sentence(command: Command, tmp_path: Path, subject: str) -> None:
    (tmp_path / "other.yml").write_text("a: [")
    ended = command("eval", subject, "--data", str(tmp_path / "other.yml"), "--yes")
    assert ended.code == 1
    assert ended.sentence == "other.yml: This is no YAML that can be read (line 1)."
    assert "There is no file" in command("eval", subject, "--data", str(tmp_path / "missing.yml")).sentence


def test_nobody_to_ask(command: Command, purchases: str) -> None:
    ended = command("eval", "categorize", "--data", purchases, "--yes")
    assert ended.code == 1
    assert "no key" in ended.sentence
