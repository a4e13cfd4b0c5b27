"""`tuppence accounts`: what there is, and what is known of each balance."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.tables import Column, JsonOption, amount_json, print_json, print_table

if TYPE_CHECKING:
    from tuppence.ledger.balances import AccountBalance
    from tuppence.money import Money

_COLUMNS = (
    Column("Account"),
    Column("Kind"),
    Column("Balance", is_number=True),
    Column("As of"),
    Column("Known since"),
)
_EMPTY = "There are no accounts yet. Import a bank file: tuppence import FILE --account NAME"


def accounts(
    context: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help="Show archived accounts as well.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show the accounts and their balances. A balance that nobody stated is unknown."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    found, language = run(_balances(home_folder(context.obj), archived=archived))
    if as_json:
        print_json([_as_json(balance) for balance in found])
    else:
        print_table(_COLUMNS, [_row(balance, language) for balance in found], empty=_EMPTY)


async def _balances(home: Path, *, archived: bool) -> "tuple[list[AccountBalance], str]":
    from tuppence.cli.wiring import opened_ledger
    from tuppence.ledger.balances import account_balances
    from tuppence.ledger.household import household_of

    async with opened_ledger(home) as ledger:
        return await account_balances(ledger, archived=archived), (await household_of(ledger)).language


def _money(balance: "AccountBalance") -> "Money | None":
    from tuppence.money import Money

    return None if balance.amount is None else Money(balance.amount, balance.currency)


def _row(balance: "AccountBalance", language: str) -> tuple[str, ...]:
    from tuppence.money import money_text

    money = _money(balance)
    known = f"{balance.anchored_on} ({balance.source})" if balance.anchored_on else "never stated"
    return (
        balance.account.name,
        balance.account.kind.replace("_", " "),
        money_text(money, language) if money is not None else f"unknown ({balance.currency})",
        str(balance.as_of or ""),
        known,
    )


def _as_json(balance: "AccountBalance") -> dict[str, Any]:
    account = balance.account
    return {
        "name": account.name,
        "kind": account.kind,
        "currency": balance.currency,
        "number": account.number,
        "archived": account.archived,
        "balance": amount_json(_money(balance)),
        "as_of": balance.as_of,
        "anchored_on": balance.anchored_on,
        "source": balance.source,
    }
