"""Finding figures and rows in a function's result, whatever its exact shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CAD": "CA$", "AUD": "A$"}
_AMOUNT = re.compile(r"(?P<amount>-?\d+(?:\.\d+)?)(?: (?P<currency>[A-Z]{3}))?")
_NAMES = ("name", "description", "merchant", "payee", "category", "label", "account", "title", "month")
_NAME_LISTS = ("categories", "subcategories", "merchants", "names", "children")
_AMOUNTS = ("amount", "balance", "total", "net", "value", "spent", "sum", "money_out", "out", "spending", "expenses")


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount; `currency` empty when the result does not say."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        sign = "-" if self.amount < 0 else ""
        figure = f"{abs(self.amount):,}"
        symbol = _SYMBOLS.get(self.currency)
        if symbol is not None:
            return f"{sign}{symbol}{figure}"
        return f"{sign}{figure} {self.currency}".rstrip()

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list. What the result does not say is None."""

    name: str
    money: Money | None
    day: str | None
    category: str | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Found:
    path: tuple[str, ...]
    value: Any
    currency: str


def money(value: object, currency: str = "") -> Money | None:
    """The amount that `value` stands for, or None."""
    if isinstance(value, dict):
        own = value.get("currency")
        if "amount" not in value or isinstance(value["amount"], dict):
            return None
        return money(value["amount"], own if isinstance(own, str) else currency)
    if isinstance(value, bool) or value is None:
        return None
    match = _AMOUNT.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if match is None:
        return None
    try:
        return Money(Decimal(match["amount"]), match["currency"] or currency)
    except InvalidOperation:
        return None


def figures(result: object, names: Iterable[str]) -> tuple[Money, ...]:
    """The amounts under the first of `names` that the result has, one per currency; empty when it has none."""
    everything = list(_walk(result))
    for name in names:
        hits = [found for found in everything if _is_under(found.path, name)]
        amounts = [(len(found.path), amount) for found in hits for amount in _amounts(found)]
        depth = min((depth for depth, _ in amounts), default=0)
        if amounts:
            return tuple({amount.currency: amount for at, amount in reversed(amounts) if at == depth}.values())[::-1]
    return ()


def whole_number(result: object, names: Iterable[str]) -> int | None:
    """The first whole number under one of `names`, the shallowest first, or None."""
    wanted = set(names)
    hits = sorted((f for f in _walk(result) if f.path and f.path[-1] in wanted), key=lambda found: len(found.path))
    return next((f.value for f in hits if isinstance(f.value, int) and not isinstance(f.value, bool)), None)


def rows(result: object, *names: str) -> tuple[Row, ...]:
    """The things listed under the first of `names` that has any, one list per currency joined; empty when none has."""
    lists = [found for found in _walk(result) if _is_list_of_things(found.value)]
    for name in names:
        named = [found for found in lists if name in found.path]
        if named:
            path = min((found.path for found in named), key=len)
            return tuple(_row(item, one.currency) for one in named if one.path == path for item in one.value)
    return ()


def row_named(result: object, name: str) -> tuple[Row, ...]:
    """The rows of that name anywhere in the result, one per currency."""
    lists = [found for found in _walk(result) if _is_list_of_things(found.value)]
    return tuple(_row(item, one.currency) for one in lists for item in one.value if _name(item) == name)


def names_in(result: object) -> tuple[str, ...]:
    """Every name in the result's list, those of nested lists included."""
    found = []
    for hit in _walk(result):
        if isinstance(hit.value, dict) and isinstance(hit.value.get("name"), str):
            found.append(hit.value["name"])
        elif isinstance(hit.value, str) and hit.path and hit.path[-1] in _NAME_LISTS:
            found.append(hit.value)
    return tuple(dict.fromkeys(found))


def total_of(lines: Sequence[Row]) -> tuple[Money, ...]:
    """The sum of the lines' amounts, one per currency."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.money is not None:
            sums[line.money.currency] = sums.get(line.money.currency, Decimal(0)) + line.money.amount
    return tuple(Money(amount, currency) for currency, amount in sums.items())


def _walk(value: object, path: tuple[str, ...] = (), currency: str = "") -> Iterator[_Found]:
    """Every value in the result with the names that lead to it and the currency said nearest to it."""
    if isinstance(value, dict):
        own = value.get("currency")
        currency = own if isinstance(own, str) else currency
        yield _Found(path, value, currency)
        for name, inner in value.items():
            yield from _walk(inner, (*path, name), currency)
    elif isinstance(value, list):
        yield _Found(path, value, currency)
        for inner in value:
            yield from _walk(inner, path, currency)
    else:
        yield _Found(path, value, currency)


def _is_under(path: tuple[str, ...], name: str) -> bool:
    return bool(path) and (path[-1] == name or path[-2:] in ((name, "total"), (name, "totals"), (name, "sum")))


def _amounts(found: _Found) -> Iterator[Money]:
    """A figure by itself, or `{"USD": "1.00"}`."""
    single = money(found.value, found.currency)
    if single is not None and not isinstance(found.value, int):
        yield single
    elif isinstance(found.value, dict) and found.value and all(re.fullmatch("[A-Z]{3}", key) for key in found.value):
        for currency, amount in found.value.items():
            inner = money(amount, currency)
            if inner is not None:
                yield inner


def _is_list_of_things(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and _name(item) is not None for item in value)
    )


def _row(item: Mapping[str, Any], currency: str) -> Row:
    own = item.get("currency")
    here = own if isinstance(own, str) else currency
    amount = next((m for name in _AMOUNTS if (m := money(item.get(name), here)) is not None), None)
    if amount is None:
        amount = next((m for value in item.values() if isinstance(value, dict) and (m := money(value, here))), None)
    day = next(
        (item[name] for name in ("date", "day", "on", "booked_on", "as_of") if isinstance(item.get(name), str)), None
    )
    return Row(_name(item) or "", amount, day, _text(item.get("category")), item)


def _name(item: Mapping[str, Any]) -> str | None:
    return next((text for name in _NAMES if (text := _text(item.get(name)))), None)


def _text(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else None
