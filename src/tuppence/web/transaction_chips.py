"""What a search asks, said in small labels, each of which leads to the list without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tuppence.ledger.accounts import Account, list_accounts
from tuppence.ledger.categories import Category, list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.import_history import imports_of
from tuppence.ledger.merchant_search import merchants_by_id
from tuppence.ledger.reports.tags import Tag, list_tags
from tuppence.web.formats import Formats
from tuppence.web.transaction_search import PERIODS, Search

_WORDS = {
    ("direction", "in"): "Money in",
    ("direction", "out"): "Money out",
    ("state", "pending"): "Pending",
    ("state", "booked"): "Booked",
    ("uncategorized", "yes"): "Without a category",
    ("transfers", "no"): "Without transfers",
}
_UNKNOWN = "one that is gone"


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that is asked."""

    text: str
    without: str
    """The address of the list that does not ask it."""
    kept: tuple[tuple[str, str], ...] = ()
    """Fields that the form has to send along, as it shows them nowhere else."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the household has to choose from."""

    accounts: tuple[Account, ...]
    categories: tuple[Category, ...]
    """In the order of the tree."""
    depths: Mapping[int, int]
    """Of each category: 0 at the top of the tree."""
    tags: tuple[Tag, ...]


async def choices(ledger: Ledger) -> Choices:
    """Everything to choose from but merchants, of whom there are too many."""
    categories = await list_categories(ledger)
    depths: dict[int, int] = {}
    for one in categories:
        depths[one.id] = 0 if one.parent_id is None else depths[one.parent_id] + 1
    accounts = await list_accounts(ledger, archived=True)
    return Choices(tuple(accounts), tuple(categories), depths, tuple(await list_tags(ledger)))


async def chips(ledger: Ledger, search: Search, known: Choices, formats: Formats) -> list[Chip]:
    """The labels of a search, in the order of its address."""
    merchants = await merchants_by_id(ledger, search.wanted.merchants) if search.wanted.merchants else {}
    names: dict[str, dict[int, str]] = {
        "account": {one.id: one.name for one in known.accounts},
        "category": {one.id: one.name for one in known.categories},
        "merchant": {identity: one.name for identity, one in merchants.items()},
        "tag": {one.id: one.name for one in known.tags},
    }
    token = search.wanted.imported
    files = {one.token: one.filename for one in await imports_of(ledger, [token])} if token else {}
    return list(_chips(search, names, files, formats))


def _chips(
    search: Search, names: dict[str, dict[int, str]], files: Mapping[str, str], formats: Formats
) -> Iterator[Chip]:
    for name, value in search.fields:
        if name in search.errors or name in ("until", "maximum", "order"):
            continue
        if name in names:
            text = f"{name.capitalize()}: {names[name].get(int(value), _UNKNOWN)}"
            yield Chip(text, search.without(name, value=value), ((name, value),))
        elif name == "imported":
            yield Chip(f"Import: {files.get(value, _UNKNOWN)}", search.without(name), ((name, value),))
        elif name == "q":
            yield Chip(f"“{value}”", search.without("q"))
        elif name == "period":
            yield Chip(PERIODS[value], search.without("period"))
        elif name == "currency":
            yield Chip(value.upper(), search.without("currency"))
        elif (name, value) in _WORDS:
            yield Chip(_WORDS[name, value], search.without(name))
    if (days := _days(search, formats)) is not None:
        yield Chip(days, search.without("since", "until"))
    if (amounts := _amounts(search, formats)) is not None:
        yield Chip(amounts, search.without("minimum", "maximum"))


def _days(search: Search, formats: Formats) -> str | None:
    since, until = search.wanted.since, search.wanted.until
    if search.value("period") or (since is None and until is None):
        return None
    if until is None:
        return f"From {formats.day(since)}"
    if since is None:
        return f"Until {formats.day(until)}"
    return formats.day(since) if since == until else f"{formats.day(since)} to {formats.day(until)}"


def _amounts(search: Search, formats: Formats) -> str | None:
    least, most = search.wanted.minimum, search.wanted.maximum
    if least is None and most is None:
        return None
    if most is None:
        return f"{formats.number(least or 0)} or more"
    if least is None:
        return f"At most {formats.number(most)}"
    return f"Exactly {formats.number(least)}" if least == most else f"{formats.number(least)} to {formats.number(most)}"
