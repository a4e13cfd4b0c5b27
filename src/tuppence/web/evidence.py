"""What an answer rests on: one lookup with its arguments and its result, for people instead of for a model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from babel.numbers import format_decimal
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuppence.assistant.conversation import UnknownLookup, lookup_of
from tuppence.money import MINUS
from tuppence.web.api.chats import turn_of
from tuppence.web.formats import Formats
from tuppence.web.pages import page
from tuppence.web.problems import missing
from tuppence.web.visitor import Visiting

router = APIRouter(include_in_schema=False)

_AMOUNT = re.compile(r"-?\d{1,15}\.\d{1,8}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"\d{4}-\d{2}")
_LONGEST = 18  # digits
_FEW = 4  # values of an object that are said in one line


@dataclass(frozen=True, slots=True)
class Cell:
    """One value."""

    text: str
    is_figure: bool = False
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Values with their names."""

    title: str
    all: tuple[tuple[str, Cell], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in one column of a table."""

    name: str
    is_figure: bool
    """Whether all of its values are figures."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    depth: int
    """0; more for what is a part of a row above it."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table."""

    title: str
    columns: tuple[Column, ...]
    all: tuple[Row, ...]
    kind: Literal["rows"] = "rows"


Block: TypeAlias = Facts | Rows


@router.get("/chat/evidence/{turn_id}/{call_id:path}")
async def show(
    request: Request, turn_id: str, call_id: str, visitor: Visiting, nth: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """A lookup of a turn. nth: from 1, of those in the turn whose call has this id, as some models use ids again."""
    turn = await turn_of(visitor, turn_id)
    try:
        lookup = await lookup_of(visitor.ledger, turn.id, call_id, visitor.reader, nth)
    except UnknownLookup as error:
        raise missing("lookup") from error
    result = None if lookup.result is None else _decoded(lookup.result)
    return page(
        request,
        "chat/evidence.html",
        name=lookup.name,
        given=list(blocks(lookup.arguments, visitor.formats)),
        found=[] if result is None else list(blocks(result, visitor.formats)),
        json=None if result is None else json.dumps(result, ensure_ascii=False, indent=2),
        awaited=lookup.result is None and turn.state == "running",
        address=f"{request.scope['path']}?nth={nth}",
    )


def blocks(value: Any, formats: Formats, title: str = "") -> Iterator[Block]:
    """A value out of JSON as named values and tables, in order; small values of one object are together."""
    if _is_list_of_objects(value):
        if (names := _columns(value)) is not None:
            yield _rows(value, names, formats, title)
            return
        for one in value:
            yield from blocks(one, formats, title)
        return
    if not isinstance(value, dict):
        yield Facts(title, (("", _cell(value, formats)),))
        return
    small = {name: one for name, one in value.items() if _is_small(one)}
    if small:
        yield Facts(title, tuple((_words(name), _cell(one, formats)) for name, one in small.items()))
    for name, one in value.items():
        if name not in small:
            yield from blocks(one, formats, _words(name))


def _decoded(result: str) -> Any:
    try:
        return msgspec.json.decode(result)
    except msgspec.DecodeError:
        return result


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _is_small(value: Any) -> bool:
    """Whether it can be said in a line."""
    if isinstance(value, dict):
        return len(value) <= _FEW and not any(isinstance(one, dict | list) for one in value.values())
    return not _is_list_of_objects(value)


# -------------------------------------------------------------------------------------------------------- the tables


def _columns(objects: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """The names of what the objects hold; None where one holds others that a table of these names has no place for."""
    names = [name for one in objects for name, value in one.items() if not _is_list_of_objects(value)]
    within = [part for one in objects for value in one.values() if _is_list_of_objects(value) for part in value]
    inner = _columns(within) if within else []
    return list(dict.fromkeys(names)) if inner is not None and set(inner) <= set(names) else None


def _rows(objects: Sequence[Mapping[str, Any]], names: Sequence[str], formats: Formats, title: str) -> Rows:
    flat = list(_flat(objects))
    cells = [tuple(_cell(one.get(name), formats) for name in names) for _, one in flat]
    columns = tuple(
        Column(_words(name), all(row[place].is_figure for row in cells if row[place].text))
        for place, name in enumerate(names)
    )
    return Rows(title, columns, tuple(Row(depth, row) for (depth, _), row in zip(flat, cells, strict=True)))


def _flat(objects: Sequence[Mapping[str, Any]], depth: int = 0) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects with their depth, each followed by those within it."""
    for one in objects:
        yield depth, one
        for value in one.values():
            if _is_list_of_objects(value):
                yield from _flat(value, depth + 1)


# --------------------------------------------------------------------------------------------------------- the values


def _cell(value: Any, formats: Formats) -> Cell:
    match value:
        case None:
            return Cell("")
        case bool():
            return Cell("yes" if value else "no")
        case int() | float():
            return Cell(_figure(Decimal(str(value)), formats), is_figure=True)
        case str() if _AMOUNT.fullmatch(value):
            return Cell(_figure(Decimal(value), formats), is_figure=True)
        case str() if _DAY.fullmatch(value) or _MONTH.fullmatch(value):
            return Cell(_day(value, formats), is_day=True)
        case str():
            return Cell(value)
        case list():
            return Cell(", ".join(_cell(one, formats).text for one in value) or "none")
        case dict():
            return Cell(", ".join(f"{_small_words(name)} {_cell(one, formats).text}" for name, one in value.items()))
        case _:
            return Cell(_line(value))


def _figure(number: Decimal, formats: Formats) -> str:
    """With as many decimals as it has; in figures alone where it has too many digits for any notation."""
    if abs(number.adjusted()) > _LONGEST:
        return str(number)
    exponent = number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(number, pattern, locale=formats.locale)).replace("-", MINUS)


def _day(text: str, formats: Formats) -> str:
    """In the household's notation, unless there is no such day or month."""
    try:
        return (
            formats.day(date.fromisoformat(text))
            if len(text) == 10
            else formats.month(date.fromisoformat(f"{text}-01"))
        )
    except ValueError:
        return text


def _words(name: str) -> str:
    """The name of a JSON member, for people; names in capitals are codes."""
    return name if name.isupper() else name.replace("_", " ").capitalize()


def _small_words(name: str) -> str:
    return name if name.isupper() else name.replace("_", " ")


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
