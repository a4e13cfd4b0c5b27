"""What filing would do and cost, shown before it begins, and the consent to it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import typer

from tuppence.cli.answer.figures import dollars
from tuppence.cli.console import harmless, is_attended
from tuppence.cli.failures import WRONG_USAGE, CommandFailed
from tuppence.cli.tables import Column, cost_json, print_table
from tuppence.enrichment.quotes import Quote
from tuppence.enrichment.runs import RunSource
from tuppence.llm import PRESETS

_COLUMNS = (Column("By"), Column("Transactions", is_number=True), Column("How"), Column("Cost", is_number=True))
_FREE: Mapping[RunSource, str] = {
    "rule": "your rules",
    "memory": "what you did before",
    "classifier": "likeness",
    "model": "what a model said before",
}


class ConsentMissing(CommandFailed):
    """It may cost money, and nobody has agreed to that."""

    exit_code = WRONG_USAGE


def quote_as_json(quote: Quote) -> dict[str, Any]:
    """The quote for programs; a cost of null is unknown."""
    return {
        "kind": quote.order.kind,
        "transactions": quote.transactions,
        "free": dict(quote.free),
        "asked": quote.asked,
        "questions": quote.questions,
        "requests": quote.requests,
        "provider": quote.provider,
        "model": quote.model,
        "input_tokens": quote.input_tokens,
        "output_tokens": quote.output_tokens,
        "cost": cost_json(quote.cost),
        "obstacle": quote.obstacle,
    }


def print_quote(quote: Quote) -> None:
    """The quote for people, as a small table."""
    rows = [
        (name, f"{quote.free[source]:,}", "nobody is asked", dollars(Decimal(0)))
        for source, name in _FREE.items()
        if quote.free[source]
    ]
    if quote.asked:
        rows.append((_model(quote), f"{quote.asked:,}", _requests(quote), _cost(quote)))
    silent = quote.transactions - quote.asked - sum(quote.free.values())
    if silent > 0:
        rows.append(("nobody", f"{silent:,}", "they stay as they are", "–"))
    rows.append(("all", f"{quote.transactions:,}", "", _cost(quote)))
    print_table(_COLUMNS, rows, empty="")


def may_cost(provider: str | None, cost: Decimal | None) -> bool:
    """Whether asking a provider may cost money: not for certain nothing, nor a server that needs no key or price."""
    preset = None if provider is None else PRESETS.get(provider)
    return cost != 0 and (preset is None or preset.needs_key or cost is not None)


def consent(cost: Decimal | None, *, whom: str, requests: int, agreed: bool, as_json: bool) -> None:
    """Return once a person agrees to what it may cost. Raises ConsentMissing, CommandFailed.

    agreed: whether the command said so already.
    """
    if agreed:
        return
    told = f"{requests:,} {'request' if requests == 1 else 'requests'} or more to {whom}"
    price = "what they cost is unknown" if cost is None else f"about {dollars(cost)}"
    if as_json or not is_attended():
        raise ConsentMissing(
            harmless(f"Nothing was begun: it takes {told}, {price}, and nobody can be asked here. Agree with --yes.")
        )
    if not typer.confirm(harmless(f"It takes {told}, {price}. Go on?"), err=True):
        raise CommandFailed("Nothing was begun, and nothing was paid.")


def _model(quote: Quote) -> str:
    if quote.model is None:
        return "a model"
    return f"{quote.model} ({quote.provider_title})"


def _requests(quote: Quote) -> str:
    if quote.obstacle is not None:
        return "nobody can be asked"
    tokens = f"{quote.input_tokens:,} tokens in, {quote.output_tokens:,} out"
    wordings = f"{quote.questions:,} wordings in " if quote.questions < quote.asked else ""
    return f"{wordings}{quote.requests:,} {'request' if quote.requests == 1 else 'requests'}, about {tokens}"


def _cost(quote: Quote) -> str:
    return "unknown" if quote.cost is None else dollars(quote.cost)
