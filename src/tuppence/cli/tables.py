"""Tables for people, and JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from tuppence.cli.console import harmless, terminal

if TYPE_CHECKING:
    from tuppence.money import Money

JsonOption = typer.Option("--json", help="Print JSON instead of a table.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    is_number: bool = False
    """Whether it is set to the right and never broken."""
    may_shrink: bool = False
    """Whether it gives way first when the terminal is too narrow."""


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

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.is_number else "left",
            no_wrap=column.is_number or column.may_shrink,
            overflow="ellipsis" if column.may_shrink else "fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal().print(table)


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
