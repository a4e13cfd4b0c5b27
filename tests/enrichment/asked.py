"""Questions, categories and a model to be asked, short to write in a test."""

import datetime
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tuppence.enrichment.asking import Answers, Task, answers
from tuppence.enrichment.tasks import Question
from tuppence.ledger.categories import Category
from tuppence.ledger.merchants import Merchant
from tuppence.llm import PRESETS, Provider, Retry, open_provider
from tuppence.llm.abilities import Abilities
from tuppence.llm.answerer import Answerer
from tuppence.llm.concept import ChatRequest, ChatResponse, TextBlock, TokenUsage
from tuppence.money import Money
from tuppence.understudy import Call, Exchange, Reply, Script, Understudy

WIRES = ("anthropic", "openai", "openai-compatible")
CATEGORIES = [
    Category(1, "Income", "income", None),
    Category(2, "Salary", "income", 1),
    Category(3, "Food", "expense", None),
    Category(4, "Groceries", "expense", 3),
    Category(5, "Eating out", "expense", 3),
    Category(6, "Gifts", "expense", None),
]
MERCHANTS = [Merchant(1, "Orlik Energy", "orlik.example"), Merchant(2, "Crooked Mug", None)]


def question(identity: int, description: str = "OAKLEY FOODS 12", **fields: Any) -> Question:
    """One about a purchase in euros."""
    told: dict[str, Any] = {"payee": None, "memo": None, "amount": Money(-1250, "EUR"), "account": "Everyday"}
    return Question(identity, description, **{**told, "date": datetime.date(2026, 3, 14), **fields})


def filing(identity: int | str, category: object = "Groceries", confidence: object = 90) -> dict[str, Any]:
    """An item of an answer."""
    return {"transaction_id": identity, "category": category, "confidence": confidence}


def finding(identity: int, name: object, website: object = None, confidence: object = 95) -> dict[str, Any]:
    """An item of an answer about merchants."""
    return {"transaction_id": identity, "name": name, "website": website, "confidence": confidence}


def files(*items: object) -> Reply:
    """The model calls the function with these items."""
    return Reply([Call("file_transactions", {"filings": list(items)})])


def said(text: str) -> ChatResponse:
    """An answer in words."""
    return ChatResponse("r", "m", (TextBlock(text),), "end_turn", None, TokenUsage())


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def unkept(answerer: Answerer, request: ChatRequest) -> ChatResponse:
    """The answer to a request of which nothing is kept."""
    abilities = answerer.abilities
    response = await answerer.provider.chat_response(abilities.applied_to(request).request)
    return abilities.reader().response_of(response)


class Model:
    """A model at the understudy, asked over HTTP."""

    def __init__(self, server: Understudy, provider: Provider, abilities: Abilities) -> None:
        self.server = server
        self.answerer = Answerer(provider, PRESETS[provider.name].default_model or "understudy", abilities)

    async def asked(self, task: Task, *questions: Question) -> Answers:
        return await answers(self.answerer, task, questions, unkept)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """The requests that it saw."""
        return list(self.server.account)

    def body(self, number: int) -> dict[str, Any]:
        """The request of this number, from 0, as it was sent."""
        return dict(self.exchanges[number].json or {})


@asynccontextmanager
async def model(
    script: Script | None, wire: str = "openai-compatible", *, abilities: Abilities | None = None, **options: Any
) -> AsyncIterator[Model]:
    """A model that answers as `script` says; None: as the understudy does by itself."""
    async with Understudy(script, **options) as server:
        address = server.base_url if wire == "anthropic" else server.openai_base_url
        async with open_provider(wire, api_key="any", base_url=address, retry=Retry(attempts=1)) as provider:
            yield Model(server, provider, abilities or Abilities())
