"""Charts, which are tables of money first: static/js/charts.js draws what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tuppence.money import Money, exponent

Shape = Literal["line", "dashed", "steps", "bar"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of amounts."""

    name: str
    colour: str | None = None
    """Of its drawing: the name of a CSS token. None: it stands in the table only."""
    shape: Shape = "line"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one day, month or year."""

    at: str
    """"2026-03-31", "2026-03" or "2026"."""
    label: str
    """The same for people, in the household's language."""
    amounts: tuple[Money | None, ...]
    """One for each column; None when it is not known."""
    note: str = ""
    """What the amounts leave out; empty when nothing."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of amounts in one currency."""

    description: str
    """What it shows, in a sentence, for those who cannot see it."""
    currency: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    first_column: str = "Month"
    """What the rows are."""

    @property
    def decimals(self) -> int:
        """Of the currency: data-value is in its minor units."""
        return exponent(self.currency)

    @property
    def has_notes(self) -> bool:
        """Whether any row has one."""
        return any(row.note for row in self.rows)
