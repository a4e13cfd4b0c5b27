"""get_transactions: single transactions, found by what is known of them, with totals over all that were found."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from tuppence.assistant.functions.function import Findings, FunctionInputError, function
from tuppence.assistant.functions.names import ids_named
from tuppence.assistant.functions.parameters import Day, Names, Size
from tuppence.assistant.functions.rendering import amounts, counted, coverage_of, said, where_to_look
from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import list_merchants
from tuppence.ledger.names import name_key
from tuppence.ledger.reports import Period, list_tags
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Transaction, TransactionPage, find_transactions

LONGEST_TEXT = 160
UNCATEGORIZED = "uncategorized"


@function
async def get_transactions(
    ledger: Ledger,
    text: Annotated[
        str,
        Field(
            description="Words that all occur in the bank's description, the payee, a note, or the merchant's name.",
            max_length=200,
        ),
    ] = "",
    accounts: Annotated[Names, Field(description="Names of accounts; any of them.")] = (),
    categories: Annotated[
        Names, Field(description="Names of categories; any of them, their sub-categories included.")
    ] = (),
    merchants: Annotated[Names, Field(description="Names of merchants; any of them.")] = (),
    tags: Annotated[Names, Field(description="Names of tags; any of them.")] = (),
    since: Annotated[Day | None, Field(description="First day, included.")] = None,
    until: Annotated[Day | None, Field(description="Last day, included.")] = None,
    minimum: Annotated[Size | None, Field(description="Smallest amount, without regard to its sign.")] = None,
    maximum: Annotated[Size | None, Field(description="Largest amount, without regard to its sign.")] = None,
    direction: Annotated[
        Literal["in", "out"] | None, Field(description='"out": only money spent or paid; "in": only money received.')
    ] = None,
    pending: Annotated[
        bool | None, Field(description="true: only those not booked yet; false: only booked ones.")
    ] = None,
    uncategorized: Annotated[bool, Field(description="true: only those without a category.")] = False,
    transfers: Annotated[
        bool | None,
        Field(description="Whether transfers between own accounts are listed. Default: unless `direction` is given."),
    ] = None,
    order: Annotated[
        Literal["newest", "oldest", "largest", "smallest"], Field(description="By day, or by amount without its sign.")
    ] = "newest",
    limit: Annotated[int, Field(ge=1, le=200, description="How many to list; totals count all of them.")] = 30,
    offset: Annotated[int, Field(ge=0, le=10_000_000, description="How many to pass over, to read on.")] = 0,
) -> Findings:
    """Find transactions and their totals. All conditions given must hold; without any, the latest are listed.

    Use it to list or search transactions, for the largest ones, and for what was spent at a merchant. For totals by
    category or month use get_income_statement. The amount of a transaction is negative for money out. The totals
    (money_out and money_in positive, net = in - out) count all that was found, not only what is listed, but never
    transfers between own accounts. Refunds are money in: what something cost is money_out less them.
    """
    wanted_uncategorized = uncategorized or any(name_key(name) == UNCATEGORIZED for name in categories)
    wanted = TransactionFilter(
        text=text,
        accounts=await _accounts(ledger, accounts),
        categories=await _categories(ledger, [name for name in categories if name_key(name) != UNCATEGORIZED]),
        merchants=await _merchants(ledger, merchants),
        tags=await _tags(ledger, tags),
        since=since,
        until=until,
        minimum=minimum,
        maximum=maximum,
        direction=direction,
        pending=pending,
        uncategorized=wanted_uncategorized,
        include_transfers=direction is None if transfers is None else transfers,
    )
    _check(wanted)
    page = await find_transactions(ledger, wanted, order=order, limit=limit, offset=offset)
    period = said(period=said(since=since, until=until))
    data = {**period, **_page(page, offset), **await where_to_look(ledger, page.coverage)}
    return Findings(data, _summary(page, since, until))


def _check(wanted: TransactionFilter) -> None:
    if wanted.uncategorized and wanted.categories:
        raise FunctionInputError(
            "uncategorized and categories exclude each other.", "Ask for one of them, then for the other."
        )
    if wanted.since and wanted.until and wanted.until < wanted.since:
        raise FunctionInputError(
            f"until ({wanted.until}) comes before since ({wanted.since}).",
            "`since` is the first day and `until` the last one, both included.",
        )
    if wanted.minimum is not None and wanted.maximum is not None and wanted.maximum < wanted.minimum:
        raise FunctionInputError(
            f"maximum ({wanted.maximum}) is less than minimum ({wanted.minimum}).",
            "Both are amounts without a sign; use `direction` to tell money in from money out.",
        )


async def _accounts(ledger: Ledger, names: Sequence[str]) -> tuple[int, ...]:
    if not names:
        return ()
    hint = "Call again with the exact names; get_accounts lists all accounts."
    return ids_named(names, await list_accounts(ledger, archived=True), "account", hint)


async def _categories(ledger: Ledger, names: Sequence[str]) -> tuple[int, ...]:
    if not names:
        return ()
    hint = "Call again with exact names; get_categories lists all categories. Or look for words with `text`."
    return ids_named(names, await list_categories(ledger), "category", hint)


async def _merchants(ledger: Ledger, names: Sequence[str]) -> tuple[int, ...]:
    if not names:
        return ()
    hint = "Call again with exact names; or look for the word with `text`, which finds unrecognised merchants as well."
    return ids_named(names, await list_merchants(ledger), "merchant", hint)


async def _tags(ledger: Ledger, names: Sequence[str]) -> tuple[int, ...]:
    if not names:
        return ()
    return ids_named(names, await list_tags(ledger), "tag", "Call again with exact names, or without tags.")


def _page(page: TransactionPage, offset: int) -> dict[str, Any]:
    currencies = {row.amount.currency for row in page.rows}
    common = currencies.pop() if len(currencies) == 1 else None
    end = offset + len(page.rows)
    return {
        "found": page.total,
        "money_out": amounts(-one.money_out for one in page.totals),
        "money_in": amounts(one.money_in for one in page.totals),
        "net": amounts(one.net for one in page.totals),
        "covers": coverage_of(page.coverage),
        **said(currency=common),
        "transactions": [_row(row, common) for row in page.rows],
        "not_listed": page.total - len(page.rows),
        **said(next_offset=end if page.missing else None),
    }


def _row(row: Transaction, common: str | None) -> dict[str, Any]:
    """One transaction as a model reads it; what is not there or says nothing new is left out."""
    names = [row.description, row.merchant or ""]
    payee = row.payee if row.payee and all(row.payee not in name for name in names) else None
    return {
        "id": row.id,
        "date": row.date,
        "amount": row.amount.amount,
        **said(currency=None if common else row.amount.currency),
        "description": _short(row.description),
        "account": row.account,
        **said(
            merchant=row.merchant,
            category=row.category,
            payee=payee and _short(payee),
            memo=row.memo and row.memo != row.description and _short(row.memo),
            notes=row.notes and _short(row.notes),
            tags=row.tags,
            pending=row.pending,
            transfer=row.transfer_id is not None,
            paid_as=row.original and str(row.original),
        ),
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _summary(page: TransactionPage, since: date | None, until: date | None) -> str:
    first, last = since or page.coverage.first, until or page.coverage.last
    period = f", {Period(first, last).label}" if first and last and first <= last else ""
    return f"Looked at {counted(page.total, 'transaction')}{period}"
