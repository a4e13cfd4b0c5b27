"""Tables for people, and JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.console import harmless, terminal

if TYPE_CHECKING:
    from tuppence.money import Money

_LEAST = 7
"""Characters that a column of words keeps on a terminal that is too narrow."""


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise typer.BadParameter(f"{text} is no day; write it like 2026-03-31") from None


Day = Annotated[datetime | None, typer.Option(metavar="YYYY-MM-DD", parser=_day, help="This day included.")]

JsonOption = typer.Option("--json", help="Print JSON instead of a table.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    is_number: bool = False
    """Whether it is set to the right, and neither broken nor cut."""
    may_shrink: bool = False
    """Whether it gives way first, by being cut, when the terminal is too narrow."""


def checked_period(since: datetime | None, until: datetime | None) -> None:
    """Raises BadParameter when a period ends before it begins."""
    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--until is before --since")


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Print `rows` under the titles of `columns`; without rows the sentence `empty`.

    In a pipe nothing is shortened: one row is one line, cells are separated by tabs.
    """
    listed = [[harmless(cell).replace("\n", " ") for cell in row] for row in rows]
    if not listed:
        sys.stdout.write(f"{empty}\n")
    elif sys.stdout.isatty():
        _print_fitted(columns, listed)
    else:
        for cells in ([column.title for column in columns], *listed):
            sys.stdout.write("\t".join(cell.replace("\t", " ") for cell in cells) + "\n")


def _print_fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    padding, widths = _fitted(columns, rows, terminal().width)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, padding))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(column.title),
            justify="right" if column.is_number else "left",
            no_wrap=column.may_shrink,
            overflow="ellipsis" if column.may_shrink else "fold",
            width=width,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal().print(table)


def _fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> tuple[int, list[int]]:
    """The padding on either side of a divider and the width of each column, so that the table fits `room`.

    First those that may shrink are cut, then titles and texts are broken, then the padding goes. Numbers stay whole.
    """
    from rich.cells import cell_len

    cells = [max((cell_len(row[index]) for row in rows), default=0) for index in range(len(columns))]
    titles = [cell_len(column.title) for column in columns]
    words = [max(map(cell_len, column.title.split())) for column in columns]
    widest = [max(pair) for pair in zip(cells, titles, strict=True)]
    least = [
        max(cell, word) if column.is_number else min(whole, _LEAST)
        for column, cell, word, whole in zip(columns, cells, words, widest, strict=True)
    ]
    firstly = [low if column.may_shrink else whole for column, low, whole in zip(columns, least, widest, strict=True)]
    for padding in (1, 0):
        left = room - (len(columns) - 1) * (1 + 2 * padding)
        widths = _narrowed(_narrowed(widest, firstly, left), least, left)
        if sum(widths) <= left:
            break
    return padding, widths


def _narrowed(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """`widths` in no more than `room`, the widest narrowed first, none below its `least`: that may take more room."""
    narrowed = list(widths)
    for _ in range(sum(widths) - room):
        wide = [index for index, width in enumerate(narrowed) if width > least[index]]
        if not wide:
            break
        narrowed[max(wide, key=narrowed.__getitem__)] -= 1
    return narrowed


def print_remark(text: str) -> None:
    """A quiet line under a table: on the terminal in its place, from a pipe to standard error."""
    if sys.stdout.isatty():
        terminal().print(harmless(text), style="dim")
    else:
        sys.stderr.write(harmless(text) + "\n")


def print_json(value: Any) -> None:
    """`value` as one line of JSON: dates as ISO 8601, decimals as strings."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def amount_json(money: "Money | None") -> dict[str, str] | None:
    """`money` for programs: `{"amount": "-12.50", "currency": "USD"}`; None when it is unknown."""
    return None if money is None else {"amount": str(money.amount), "currency": money.currency}


def cost_json(cost: Decimal | None) -> str | None:
    """US dollars for programs, without an exponent; None when unknown."""
    return None if cost is None else f"{cost:f}"
