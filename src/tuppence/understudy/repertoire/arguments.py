"""A function's arguments, filled in by what its parameters are called and what their schema allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tuppence.understudy.repertoire.periods import Period

_PARAMETERS: Mapping[str, Sequence[str]] = {
    "since": (
        "since",
        "from",
        "start",
        "start_date",
        "date_from",
        "from_date",
        "first_day",
        "begin",
        "after",
        "period_start",
    ),
    "until": ("until", "to", "end", "end_date", "date_to", "to_date", "last_day", "through", "before", "period_end"),
    "category": ("category", "categories", "category_name", "category_names"),
    "merchant": ("merchant", "merchants", "merchant_name", "merchant_names"),
    "search": ("search", "query", "text", "search_text", "description", "contains", "q"),
    "limit": ("limit", "page_size", "per_page", "max_results", "max_rows", "count", "size"),
    "order": ("order", "order_by", "sort", "sort_by"),
    "transfers": ("transfers", "include_transfers"),
    "direction": ("direction", "kind", "flow", "type", "transaction_type", "sign"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that would help, in our words; what the function has no parameter for is left out."""

    function: str
    period: Period | None = None
    category: str | None = None
    merchant: str | None = None
    search: str | None = None
    limit: int | None = None
    order: Sequence[str] = ()
    """Words for the order wanted, best first."""
    direction: Sequence[str] = ()
    """Words for money out or money in, best first."""
    transfers: bool | None = None
    """Whether transfers between own accounts are wanted; None: as the function sees fit."""

    def meanings(self) -> dict[str, Any]:
        """What is wished for, by the names in `_PARAMETERS`."""
        return {
            "since": self.period.since if self.period else None,
            "until": self.period.until if self.period else None,
            "category": self.category,
            "merchant": self.merchant,
            "search": self.search,
            "limit": self.limit,
            "order": self.order or None,
            "direction": self.direction or None,
            "transfers": self.transfers,
        }


def arguments_for(wish: Wish, schema: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The arguments that say `wish` in the function's own parameters; required ones without a wish get the least."""
    properties: Mapping[str, Any] = schema.get("properties") or {}
    arguments: dict[str, Any] = {}
    for meaning, value in wish.meanings().items():
        name = next((name for name in _PARAMETERS[meaning] if name in properties), None)
        if name is None or value is None:
            continue
        fitted = _fitted(value, _plain(properties[name], schema))
        if fitted is not None:
            arguments[name] = fitted
    if wish.period is not None and not arguments.keys() & {*_PARAMETERS["since"], *_PARAMETERS["until"]}:
        arguments.update(_calendar_arguments(wish.period, properties))
    for name in schema.get("required") or ():
        if name not in arguments:
            arguments[name] = _least(_plain(properties.get(name) or {}, schema), schema, today)
    return arguments


def _calendar_arguments(period: Period, properties: Mapping[str, Any]) -> dict[str, Any]:
    """For functions that take a month or a year instead of two days."""
    wants_number = (properties.get("month") or {}).get("type") == "integer"
    if "month" in properties and period.month and not wants_number:
        return {"month": period.month}
    known = {"month": period.since.month if period.month else None, "year": period.since.year}
    return {name: value for name, value in known.items() if name in properties and value is not None}


def _plain(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema without references and without the alternative of null."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _plain((root.get("$defs") or root.get("definitions") or {}).get(name, {}), root)
    for joined in ("anyOf", "oneOf", "allOf"):
        if options := [option for option in schema.get(joined) or () if option.get("type") != "null"]:
            return _plain(options[0], root)
    kind = schema.get("type")
    if isinstance(kind, list):
        return {**schema, "type": next((one for one in kind if one != "null"), "string")}
    return schema


def _fitted(value: Any, schema: Mapping[str, Any]) -> Any:
    """`value` in the type the schema wants, or None when it cannot be said."""
    if schema.get("type") == "array":
        inner = _fitted(value, schema.get("items") or {})
        return None if inner is None else [inner]
    if (choices := schema.get("enum")) is not None:
        return _chosen(value, choices)
    match value:
        case date():
            return value.isoformat()
        case bool():
            return value if schema.get("type") == "boolean" else None
        case int():
            return max(schema.get("minimum", value), min(schema.get("maximum", value), value))
        case str():
            return value if schema.get("type", "string") == "string" else None
        case _:
            return None


def _chosen(value: Any, choices: Sequence[Any]) -> Any:
    """The choice that equals a word of `value`, or holds it; earlier words first."""
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, Sequence) else [str(value)]
    for word in words:
        for choice in choices:
            if isinstance(choice, str) and word.lower() == choice.lower():
                return choice
    for word in words:
        for choice in choices:
            if isinstance(choice, str) and word.lower() in choice.lower():
                return choice
    return None


def _least(schema: Mapping[str, Any], root: Mapping[str, Any], today: date) -> Any:
    """The smallest value the schema allows."""
    if "default" in schema:
        return schema["default"]
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum"):
        return choices[0]
    match schema.get("type"):
        case "object":
            inner = schema.get("properties") or {}
            return {
                name: _least(_plain(inner.get(name) or {}, root), root, today) for name in schema.get("required") or ()
            }
        case "array":
            item = _least(_plain(schema.get("items") or {}, root), root, today)
            return [item] * int(schema.get("minItems", 0))
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case _:
            return today.isoformat() if schema.get("format") == "date" else ""
