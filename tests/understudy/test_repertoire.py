"""Whole conversations with the repertoire over HTTP: which functions it calls, with what, and what it makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from tuppence.understudy import Understudy

from .asking import client_of, question

pytestmark = pytest.mark.anyio


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


DAY = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
SCHEMAS: dict[str, dict[str, Any]] = {
    "get_accounts": schema(),
    "get_balance_sheet": schema(),
    "get_categories": schema(),
    "get_merchants": schema(),
    "get_income_statement": schema("start_date", "end_date", start_date=DAY, end_date=DAY),
    "get_transactions": schema(
        since=DAY,
        until=DAY,
        categories={"type": "array", "items": {"type": "string"}},
        merchant={"type": "string"},
        search={"type": "string"},
        order={"enum": ["newest", "largest"]},
        direction={"$ref": "#/$defs/Direction"},
        page_size={"type": "integer", "maximum": 20},
    )
    | {"$defs": {"Direction": {"enum": ["money_in", "money_out"]}}},
}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


RESULTS: dict[str, Any] = {
    "get_accounts": {
        "accounts": [
            {"name": "Everyday Checking", "kind": "checking", "balance": usd("1204.50")},
            {"name": "Rainy Day Savings", "kind": "savings", "balance": usd("8000.00")},
            {"name": "Brokerage", "kind": "investment", "balance": None},
        ]
    },
    "get_balance_sheet": {
        "net_worth": [usd("-1000.00"), {"amount": "250.00", "currency": "EUR"}],
        "assets": {"total": [usd("9000.00")]},
        "liabilities": {"total": [usd("10000.00")]},
        "accounts": [{"name": "Mortgage", "balance": usd("-10000.00")}],
    },
    "get_categories": {"categories": [{"name": "Food", "children": [{"name": "Groceries"}, {"name": "Restaurants"}]}]},
    "get_merchants": {"merchants": [{"name": "Blue | Door Bakery"}]},
    "get_income_statement": {
        "income": {"total": usd("3000.00"), "categories": [{"name": "Salary", "amount": usd("3000.00")}]},
        "expenses": {
            "total": usd("-1250.75"),
            "categories": [
                {"name": "Groceries", "amount": usd("-250.75")},
                {"name": "Rent", "amount": usd("-1000.00")},
            ],
        },
        "net": usd("1749.25"),
        "covers": {"rows": 31, "pending": 2, "uncategorised": 1, "transfers_left_out": 4},
    },
    "get_transactions": {
        "transactions": [
            {"date": "2026-03-02", "description": "CORNER SHOP 12", "category": "Groceries", "amount": usd("-50.25")},
            {"date": "2026-03-09", "description": "MARKET", "category": "Groceries", "amount": usd("-200.50")},
        ],
        "totals": [{"currency": "USD", "money_in": "0.00", "money_out": "-250.75", "net": "-250.75"}],
        "covers": {"rows": 2, "missing": 0},
    },
}


@dataclass
class Talk:
    """A conversation so far; `calls` are those of each round."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[list[tuple[str, dict[str, Any]]]] = field(default_factory=list)
    answer: str = ""


async def talk(text: str, results: Mapping[str, Any] = RESULTS, **fields: Any) -> Talk:
    """Ask, run the calls that come, and go on until there are none, as any client would."""
    talking = Talk([{"role": "user", "content": text}])
    tools = [{"name": name, "input_schema": SCHEMAS[name]} for name in SCHEMAS]
    async with Understudy(today=date(2026, 4, 20)) as server, client_of(server.base_url) as client:
        for _ in range(5):
            body = question(**{"tools": tools, **fields, "messages": talking.messages})
            message = (await client.post("/v1/messages", json=body)).raise_for_status().json()
            calls = [block for block in message["content"] if block["type"] == "tool_use"]
            talking.messages.append({"role": "assistant", "content": message["content"]})
            if not calls:
                talking.answer = "\n".join(block["text"] for block in message["content"] if block["type"] == "text")
                return talking
            talking.calls.append([(call["name"], call["input"]) for call in calls])
            answers = [
                {"type": "tool_result", "tool_use_id": call["id"], "content": json.dumps(results[call["name"]])}
                for call in calls
            ]
            talking.messages.append({"role": "user", "content": answers})
    raise AssertionError("five rounds were not enough")


async def test_spending_on_a_category_looks_it_up_then_asks_for_figures_side_by_side() -> None:
    said = await talk("What did I spend on groceries in March?")
    assert [[name for name, _ in calls] for calls in said.calls] == [
        ["get_categories", "get_merchants"],
        ["get_income_statement", "get_transactions"],
    ]
    statement, found = said.calls[1]
    assert statement[1] == {"start_date": "2026-03-01", "end_date": "2026-03-31"}
    assert found[1] == {
        "since": "2026-03-01",
        "until": "2026-03-31",
        "categories": ["Groceries"],
        "order": "largest",
        "page_size": 10,
    }
    assert "You spent **$250.75** on Groceries in March 2026. Based on 2 transactions." in said.answer
    assert "| 2026-03-09 | MARKET | Groceries | -$200.50 |" in said.answer


async def test_a_merchant_is_recognised_and_harmless_in_a_table() -> None:
    said = await talk("What did I spend at Blue Door Bakery last month?")
    assert said.calls[1][0][1]["merchant"] == "Blue | Door Bakery"
    assert "on Blue \\| Door Bakery in March 2026" in said.answer


async def test_what_is_neither_category_nor_merchant_is_searched() -> None:
    said = await talk(
        "How much did sailing lessons cost in March?", RESULTS | {"get_transactions": {"transactions": []}}
    )
    assert said.calls[1][0][1]["search"] == "sailing lessons"
    assert said.answer == "I found no spending on sailing lessons in March 2026."


async def test_results_by_currency_are_never_mixed_and_refunds_count() -> None:
    shaped = {
        "get_income_statement": {
            "statements": [
                {
                    "currency": "USD",
                    "income": "900.00",
                    "spending": "120.00",
                    "savings": "780.00",
                    "spending_by_category": [
                        {
                            "category": "Food",
                            "amount": "120.00",
                            "subcategories": [{"category": "Snacks", "amount": "9.00"}],
                        }
                    ],
                },
                {
                    "currency": "EUR",
                    "income": "0.00",
                    "spending": "30.00",
                    "savings": "-30.00",
                    "spending_by_category": [{"category": "Trips", "amount": "30.00"}],
                },
            ],
            "covers": {"transactions_counted": 5},
        },
        "get_transactions": {
            "found": 12,
            "money_out": {"USD": "80.00", "EUR": "7.00"},
            "money_in": {"USD": "30.00"},
            "net": {"USD": "-50.00", "EUR": "-7.00"},
            "transactions": [{"date": "2026-03-01", "amount": "-80.00", "currency": "USD", "description": "MARKET"}],
            "not_listed": 11,
        },
    }
    everything = await talk("What did I spend in March?", RESULTS | shaped)
    groceries = await talk("What did I spend on groceries in March?", RESULTS | shaped)
    assert "You spent **$120.00 and €30.00** in March 2026. Based on 5 transactions." in everything.answer
    assert "| Food | $120.00 |\n| Trips | €30.00 |" in everything.answer
    assert "Snacks" not in everything.answer  # it is part of Food
    assert "You spent **$50.00 and €7.00** on Groceries" in groceries.answer  # 80 - 30, and 7
    assert "Based on 12 transactions, 11 more not shown." in groceries.answer


async def test_net_worth_names_every_currency_and_invents_no_sum() -> None:
    said = await talk("What's my net worth?")
    assert said.calls == [[("get_balance_sheet", {})]]
    assert "Your net worth is **-$1,000.00 and €250.00**." in said.answer
    assert "| Liabilities | $10,000.00 |" in said.answer
    assert "| Mortgage | -$10,000.00 |" in said.answer


async def test_an_unknown_balance_is_unknown_and_not_zero() -> None:
    said = await talk("What are my account balances?")
    assert "You have 3 accounts. The balance of 1 of them is unknown" in said.answer
    assert "| Brokerage | unknown |" in said.answer
    assert (await talk("How much do I have in savings?")).answer == "The balance of Rainy Day Savings is **$8,000.00**."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What did I spend last month?", ["**$1,250.75**", "| Rent | $1,000.00 |", "31 transactions, 2 pending"]),
        ("What was my income in March?", ["**$3,000.00**", "| Salary | $3,000.00 |"]),
        ("How was my cash flow this year?", ["more came in than went out: **$1,749.25**", "| Spending | $1,250.75 |"]),
        ("What were my largest purchases in March?", ["**MARKET** for **$200.50** on 2026-03-09"]),
        ("Show me my recent transactions", ["These are your latest transactions.", "CORNER SHOP 12"]),
        ("Which subscriptions do I have?", ["I found 2 subscriptions", "| MARKET | 2026-03-09 | $200.50 |"]),
        (
            "Compare February and March",
            ["**the same** in March 2026 as in February 2026", "| March 2026 | $3,000.00 |"],
        ),
        ("Compare groceries in February and March", ["| February 2026 | $250.75 |"]),
        ("Which categories are there?", ["There are 3 categories.", "- Restaurants"]),
        ("List my merchants", ["There is 1 merchant."]),
    ],
)
async def test_every_topic_puts_results_into_words(text: str, words: list[str]) -> None:
    said = await talk(text)
    assert said.calls
    for expected in words:
        assert expected in said.answer


async def test_what_a_function_refuses_is_said() -> None:
    refused = {"error": "The period is too long.", "hint": "ask for a year at most"}
    said = await talk("What's my cash flow this year?", {"get_income_statement": refused})
    assert said.answer == (
        "I could not look that up: `get_income_statement` answered “The period is too long.” Ask for a year at most."
    )


async def test_it_says_what_it_is_and_never_poses_as_a_model() -> None:
    for text in ("Are you a language model?", "Please write a poem about the sea."):
        said = await talk(text)
        assert said.calls == []
        assert said.answer.startswith("I am the understudy, a scripted stand-in")
        assert "What did I spend on groceries in March?" in said.answer


async def test_without_functions_or_without_leave_it_says_what_it_would_need() -> None:
    without = await talk("What's my net worth?", tools=[])
    forbidden = await talk("What's my net worth?", tool_choice={"type": "none"})
    for said in (without, forbidden):
        assert said.calls == []
        assert "I would have to call `get_balance_sheet`" in said.answer


async def test_a_last_round_without_calls_answers_with_what_it_has() -> None:
    said = await talk("What's my net worth?")
    tools = [{"name": name, "input_schema": SCHEMAS[name]} for name in SCHEMAS]
    body = question(messages=said.messages[:-1], tools=tools, tool_choice={"type": "none"})
    async with Understudy() as server, client_of(server.base_url) as client:
        message = (await client.post("/v1/messages", json=body)).json()
    assert "Your net worth is" in message["content"][0]["text"]


async def test_calls_come_one_by_one_when_they_must() -> None:
    said = await talk(
        "What did I spend on groceries in March?", tool_choice={"type": "auto", "disable_parallel_tool_use": True}
    )
    assert [len(calls) for calls in said.calls] == [1, 1, 1, 1]
    assert "**$250.75**" in said.answer


async def test_a_required_call_is_made_with_the_least_its_schema_allows() -> None:
    parameters = schema(
        "items",
        "mood",
        "note",
        items={"type": "array", "minItems": 1, "items": schema("id", id={"type": "integer", "minimum": 3})},
        mood={"enum": ["calm", "wild"]},
        note={"anyOf": [{"type": "string"}, {"type": "null"}]},
    )
    body = question(
        "File these.",
        tools=[{"name": "file", "input_schema": parameters}],
        tool_choice={"type": "tool", "name": "file"},
    )
    async with Understudy() as server, client_of(server.base_url) as client:
        message = (await client.post("/v1/messages", json=body)).json()
    assert [block["type"] for block in message["content"]] == ["tool_use"]
    assert message["content"][0]["input"] == {"items": [{"id": 3}], "mood": "calm", "note": ""}


async def test_a_later_question_is_answered_afresh() -> None:
    first = await talk("What did I spend on groceries in March?")
    tools = [{"name": name, "input_schema": SCHEMAS[name]} for name in SCHEMAS]
    follow_up = [*first.messages, {"role": "user", "content": "And in February?"}]
    async with Understudy(today=date(2026, 4, 20)) as server, client_of(server.base_url) as client:
        message = (await client.post("/v1/messages", json=question(messages=follow_up, tools=tools))).json()
    assert [block["name"] for block in message["content"] if block["type"] == "tool_use"] == [
        "get_categories",
        "get_merchants",
    ]
