"""`tuppence transactions`: the rows themselves, filtered."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.tables import (
    Column,
    Day,
    JsonOption,
    amount_json,
    checked_period,
    print_json,
    print_remark,
    print_table,
)

if TYPE_CHECKING:
    from tuppence.ledger.household import Ledger
    from tuppence.ledger.transaction_filter import TransactionFilter
    from tuppence.ledger.transactions import Transaction, TransactionPage


class Order(StrEnum):
    """By date, or by the amount without its sign."""

    newest = "newest"
    oldest = "oldest"
    largest = "largest"
    smallest = "smallest"


class Direction(StrEnum):
    """Money in or money out."""

    money_in = "in"
    money_out = "out"


@dataclass(frozen=True, slots=True)
class _Names:
    """As a person gave them; any of each."""

    accounts: tuple[str, ...]
    categories: tuple[str, ...]
    merchants: tuple[str, ...]


_COLUMNS = (
    Column("Date", is_number=True),
    Column("Amount", is_number=True),
    Column("Description", may_shrink=True),
    Column("Category", may_shrink=True),
    Column("Account", may_shrink=True),
)


_EMPTY = "No transaction fits. `tuppence accounts` shows how far the imported ones reach."


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is not a number; write it like 12.50") from None


Names = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Of this one only; may be given several times.")]
Size = Annotated[
    Decimal | None, typer.Option(metavar="AMOUNT", parser=_decimal, help="Of the amount without its sign.")
]


def transactions(
    context: typer.Context,
    text: Annotated[list[str] | None, typer.Argument(metavar="WORDS", help="Words that must occur.")] = None,
    account: Names = None,
    category: Names = None,
    merchant: Names = None,
    since: Day = None,
    until: Day = None,
    minimum: Size = None,
    maximum: Size = None,
    direction: Annotated[Direction | None, typer.Option(help="Money in or money out only.")] = None,
    pending: Annotated[
        bool | None, typer.Option("--pending/--booked", help="Only pending, or only booked ones.")
    ] = None,
    uncategorized: Annotated[bool, typer.Option("--uncategorized", help="Only those without a category.")] = False,
    transfers: Annotated[
        bool, typer.Option("--transfers/--no-transfers", help="Whether transfers between own accounts are listed.")
    ] = True,
    order: Annotated[Order, typer.Option(help="Which come first.")] = Order.newest,
    limit: Annotated[int, typer.Option(metavar="COUNT", min=1, max=100_000, help="How many are listed.")] = 50,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """List transactions with their totals."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder
    from tuppence.ledger.transaction_filter import TransactionFilter

    checked_period(since, until)
    wanted = TransactionFilter(
        text=" ".join(text or ()),
        since=_day(since),
        until=_day(until),
        minimum=minimum,
        maximum=maximum,
        direction=direction.value if direction else None,
        pending=pending,
        uncategorized=uncategorized,
        include_transfers=transfers,
    )
    names = _Names(tuple(account or ()), tuple(category or ()), tuple(merchant or ()))
    page, language = run(_page(home_folder(context.obj), wanted, names, order.value, limit))
    if as_json:
        print_json(_as_json(page))
    else:
        _print(page, language)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


async def _page(
    home: Path, wanted: "TransactionFilter", names: _Names, order: Any, limit: int
) -> "tuple[TransactionPage, str]":
    from tuppence.cli.wiring import opened_ledger
    from tuppence.ledger.household import household_of
    from tuppence.ledger.transactions import find_transactions

    async with opened_ledger(home) as ledger:
        page = await find_transactions(ledger, await _named(ledger, wanted, names), order=order, limit=limit)
        return page, (await household_of(ledger)).language


async def _named(ledger: "Ledger", wanted: "TransactionFilter", names: _Names) -> "TransactionFilter":
    """`wanted`, of what goes by these names only. Raises NameUnknown."""
    from msgspec.structs import replace

    from tuppence.ledger.accounts import find_account
    from tuppence.ledger.categories import find_category
    from tuppence.ledger.merchants import find_merchant

    return replace(
        wanted,
        accounts=tuple([(await find_account(ledger, name)).id for name in names.accounts]),
        categories=tuple([(await find_category(ledger, name)).id for name in names.categories]),
        merchants=tuple([(await find_merchant(ledger, name)).id for name in names.merchants]),
    )


def _print(page: "TransactionPage", language: str) -> None:
    from tuppence.money import money_text

    print_table(_COLUMNS, [_row(row, language) for row in page.rows], empty=_EMPTY)
    for total in page.totals:
        print_remark(f"In {money_text(total.money_in, language)}, out {money_text(total.money_out, language)}")
    coverage = page.coverage
    parts = [f"{len(page.rows):,} of {page.total:,} listed"] if page.missing else [f"{page.total:,} in all"]
    parts += [f"{coverage.pending:,} pending"] if coverage.pending else []
    parts += [f"{coverage.uncategorized:,} uncategorized"] if coverage.uncategorized else []
    parts += [f"{coverage.transfers:,} transfers, which no total counts"] if coverage.transfers else []
    if coverage.rows:
        print_remark(", ".join(parts) + f"; {coverage.first} to {coverage.last}")


def _row(row: "Transaction", language: str) -> tuple[str, ...]:
    from tuppence.money import money_text

    filed = "transfer" if row.transfer_id is not None else row.category or ""
    told = f"{row.description} (pending)" if row.pending else row.description
    return str(row.date), money_text(row.amount, language), told, filed, row.account


def _as_json(page: "TransactionPage") -> dict[str, Any]:
    coverage = page.coverage
    return {
        "transactions": [_row_as_json(row) for row in page.rows],
        "total": page.total,
        "missing": page.missing,
        "totals": [{"in": amount_json(one.money_in), "out": amount_json(one.money_out)} for one in page.totals],
        "coverage": {
            "first": coverage.first,
            "last": coverage.last,
            "accounts": coverage.accounts,
            "rows": coverage.rows,
            "pending": coverage.pending,
            "uncategorized": coverage.uncategorized,
            "transfers": coverage.transfers,
        },
    }


def _row_as_json(row: "Transaction") -> dict[str, Any]:
    return {
        "id": row.id,
        "date": row.date,
        "amount": amount_json(row.amount),
        "description": row.description,
        "account": row.account,
        "category": row.category,
        "merchant": row.merchant,
        "pending": row.pending,
        "transfer": row.transfer_id is not None,
        "notes": row.notes,
        "tags": row.tags,
    }
