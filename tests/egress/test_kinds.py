"""Which kinds of data a request holds: what our functions find, what background work tells, and what people write."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from assistant.functions.answers import BY_NAME
from assistant.functions.proposals import chat_began
from hypothesis import given
from hypothesis import strategies as st
from ledger.reports.conftest import household, ledger
from ledger.reports.small_household import TODAY

from tuppence.egress.kinds import Kind, kinds_in
from tuppence.enrichment.asking import answers
from tuppence.enrichment.auto_categorize import categorize_task
from tuppence.enrichment.auto_detect_merchants import merchants_task
from tuppence.enrichment.confirmations import ChatCall
from tuppence.enrichment.tasks import Question, Task
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import list_merchants
from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    ChatResponse,
    FunctionResult,
    Message,
    UserMessage,
)
from tuppence.llm.abilities import Abilities
from tuppence.llm.answerer import Answerer
from tuppence.llm.faults import Addressee
from tuppence.llm.registry import PRESETS, open_provider
from tuppence.money import Money
from tuppence.privacy import HouseholdValues
from tuppence.privacy.finder import Finder
from tuppence.usage import NotAdmitted

__all__ = ["household", "ledger"]

pytestmark = pytest.mark.anyio

ANNA = Finder(HouseholdValues(names=["Anna Kowalska", "Anna"], accounts=["Savings"], numbers=["12345678"]))
WIRES = ("anthropic", "openai", "openai-compatible")


def sent(request: ChatRequest, wire: str) -> bytes:
    """The request as it goes over a wire; the SDKs add nothing of the household's."""
    preset = PRESETS[wire]
    return json.dumps(preset.wire.request_params(request, Addressee(preset.name, preset.title, "m", "h", "K"))).encode()


def transcript(name: str, arguments: dict[str, Any], output: str) -> list[Message]:
    call = ChatFunctionRequest("1", "1", name, arguments)
    return [UserMessage("And?"), AssistantMessage((call,)), FunctionResult("1", output)]


EXPECTED: dict[str, tuple[dict[str, Any], set[Kind]]] = {
    "get_accounts": ({}, {"names", "balances", "dates"}),
    "get_balance_sheet": ({}, {"names", "balances", "dates"}),
    "get_categories": ({}, {"categories"}),
    "get_merchants": ({}, {"merchants", "amounts", "dates", "names"}),
    "get_income_statement": ({}, {"categories", "amounts", "dates", "names"}),
    "get_transactions": (
        {},
        {"descriptions", "amounts", "dates", "names", "categories", "merchants"},
    ),
    "categorize_transactions": ({"filings": [{"transaction_id": 18, "category": "Rent"}]}, {"categories"}),
    "create_category": ({"name": "Boats"}, set()),
    "create_rule": ({"contains": "LIDL", "category": "Rent"}, {"descriptions", "categories"}),
    "update_transaction": ({"transaction_id": 18, "notes": "A gift"}, {"descriptions", "amounts"}),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", BY_NAME)
async def test_what_each_function_finds(ledger: Ledger, name: str, wire: str) -> None:
    await chat_began(ledger)
    arguments, expected = EXPECTED[name]
    call = ChatCall(chat_id="c" * 32, turn_id="t" * 32, round=1, call_id="1")
    answer = await BY_NAME[name].run(ledger, arguments, TODAY, call)
    assert answer.ok, answer.output
    definitions = [one.definition() for one in BY_NAME.values()]
    request = ChatRequest("m", transcript(name, arguments, answer.output), "You are.", functions=definitions)
    assert set(kinds_in(sent(request, wire), None)) == {"questions", *expected}


def question(**texts: str) -> Question:
    known: dict[str, Any] = {"description": "LIDL 0815", "payee": None, "memo": None, **texts}
    return Question(1, amount=Money(-1250, "EUR"), date=datetime.date(2026, 3, 1), account="Everyday", **known)


async def asked_of(task: Task, by_function: bool) -> ChatRequest:
    """The request by which a model is asked about one transaction."""
    requests: list[ChatRequest] = []

    async def ask(_: Answerer, request: ChatRequest) -> ChatResponse:
        requests.append(request)
        raise NotAdmitted

    answerer = Answerer(open_provider("anthropic", api_key="any"), "m", Abilities(calls_functions=by_function))
    with pytest.raises(NotAdmitted):
        await answers(answerer, task, [question()], ask)
    return requests[0]


@pytest.mark.parametrize("by_function", [True, False])
@pytest.mark.parametrize("wire", WIRES)
async def test_what_background_work_tells(ledger: Ledger, wire: str, by_function: bool) -> None:
    told: set[Kind] = {"descriptions", "amounts", "dates", "names"}
    tasks: list[tuple[Task, set[Kind]]] = [
        (categorize_task(await list_categories(ledger)), {*told, "categories"}),
        (merchants_task(await list_merchants(ledger)), {*told, "merchants"}),
        (merchants_task([]), told),
    ]
    for task, expected in tasks:
        assert set(kinds_in(sent(await asked_of(task, by_function), wire), None)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is left?", set()),
        ("Does Anna pay?", {"names"}),
        ("Does Person-DH52JXTG pay?", set()),
        ("What is in Savings?", {"names"}),
        ("What came from 12345678?", {"account numbers"}),
        ("What came from DE89 3704 0044 0532 0130 00?", {"account numbers"}),
        ("Who is anna.k@mail.example?", {"contacts"}),
        ("Who is +49 170 1234567?", {"contacts"}),
        ("Why 12.50?", {"amounts"}),
        ("Why $12?", {"amounts"}),
        ("Why 1.234,56 €?", {"amounts"}),
        ("What was bought on 3.12.2026, with version 2.10.1?", set()),
    ],
)
@pytest.mark.parametrize("wire", WIRES)
def test_what_people_write(wire: str, text: str, expected: set[Kind]) -> None:
    request = ChatRequest("m", [UserMessage(text)], "You are Tuppence. Savings are no spending.")
    assert set(kinds_in(sent(request, wire), ANNA)) == {"questions", *expected}
    assert set(kinds_in(sent(request, wire), ANNA, asked=False)) == expected


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wire", WIRES)
def test_values_are_found_in_what_functions_found(wire: str, indent: int | None) -> None:
    line = {"id": 1, "description": "From Anna, card 4111 1111 1111 1111"}
    output = json.dumps({"transactions": [line]}, indent=indent)
    request = ChatRequest("m", transcript("get_transactions", {"text": "anna"}, output))
    found = set(kinds_in(sent(request, wire), ANNA))
    assert found == {"questions", "descriptions", "names", "account numbers"}


@pytest.mark.parametrize("wire", WIRES)
def test_a_stand_in_is_nothing_of_the_household(wire: str) -> None:
    line = {"description": "Person-DH52JXTG", "account": "Account-DH52JXTG", "merchant": "Payee-DH52JXTG"}
    request = ChatRequest("m", transcript("get_transactions", {}, json.dumps({"transactions": [line]})))
    assert kinds_in(sent(request, wire), ANNA) == ("questions",)
    more = {**line, "description": "From Person-DH52JXTG", "account": "Everyday"}
    request = ChatRequest("m", transcript("get_transactions", {}, json.dumps({"transactions": [more]})))
    assert kinds_in(sent(request, wire), ANNA) == ("questions", "descriptions", "names")


def test_what_says_nothing_does_not_count() -> None:
    result: dict[str, Any] = {
        "transactions": [],
        "money_out": {},
        "net": {},
        "balance": None,
        "description": "",
        "covers": {"rows": 0},
    }
    request = ChatRequest("m", transcript("get_transactions", {}, json.dumps(result)))
    assert kinds_in(sent(request, "anthropic"), ANNA) == ("questions",)


@given(body=st.binary() | st.text().map(str.encode))
def test_any_bytes(body: bytes) -> None:
    kinds_in(body, ANNA)


_KEYS = ["messages", "input", "role", "content", "type", "tools", "amount", "enum", "properties"]


def holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_ANYTHING: st.SearchStrategy[Any] = st.recursive(_LEAVES, holding, max_leaves=20)


@given(document=_ANYTHING)
def test_any_json(document: Any) -> None:
    kinds_in(json.dumps(document).encode(), ANNA)


def test_json_of_any_depth() -> None:
    assert kinds_in(b'{"messages": ' + b"[" * 100_000, ANNA) == ()
    deep = b"[" * 900 + b"]" * 900
    assert kinds_in(b'{"messages": ' + deep + b"}", ANNA) == ()
