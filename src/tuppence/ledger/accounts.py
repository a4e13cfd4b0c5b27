"""Accounts, and what is known of their balances."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.edits import PERSON, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger, currency_code
from tuppence.ledger.names import name_key, shown_name, taken_names, the_one_named
from tuppence.ledger.visibility import visible_accounts
from tuppence.store.tables import accounts, balances, imports, now, transactions

AccountKind = Literal["checking", "savings", "credit_card", "brokerage", "mortgage", "loan", "cash", "other"]
LIABILITIES = frozenset({"credit_card", "mortgage", "loan"})

# Words in the names people and banks give to accounts, in the order in which they are tried.
_WORDS: tuple[tuple[AccountKind, tuple[str, ...]], ...] = (
    ("mortgage", ("mortgage", "hypothek", "hypotheek", "hipoteca", "mutuo", "home loan", "baufinanzierung")),
    (
        "credit_card",
        ("credit card", "creditcard", "kreditkarte", "carte de crédit", "visa", "mastercard"),
    ),
    ("credit_card", ("amex", "american express", "tarjeta", "carta di credito", "creditline", "creditcards")),
    (
        "brokerage",
        ("brokerage", "broker", "invest", "depot", "securities", "portfolio", "pension", "401k", "ira", "isa"),
    ),
    ("savings", ("saving", "sparkonto", "tagesgeld", "festgeld", "épargne", "livret", "ahorro", "moneymrkt", "cd")),
    ("loan", ("loan", "kredit", "darlehen", "prêt", "préstamo", "lening")),
    ("cash", ("cash", "wallet", "bargeld", "petty")),
    ("checking", ("checking", "current", "giro", "courant", "corriente", "everyday", "chequing", "betaalrekening")),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the household."""

    id: int
    name: str
    kind: AccountKind
    currency: str
    """ISO 4217: the account's own; single transactions may be in others."""
    number: str | None
    """As the bank's files name it; None when no file said so yet."""
    archived: bool

    @property
    def is_liability(self) -> bool:
        """Whether its balance is what the household owes (a negative amount) rather than what it owns."""
        return self.kind in LIABILITIES


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that does not exist yet."""

    name: str
    currency: str
    kind: AccountKind = "checking"
    number: str | None = None


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of an account. What is not set stays as it is."""

    name: str | UnsetType = UNSET
    kind: AccountKind | UnsetType = UNSET
    number: str | UnsetType | None = UNSET
    """As the bank's files name it; None for none."""
    currency: str | UnsetType = UNSET
    """ISO 4217; only while it has neither transactions nor balances."""
    archived: bool | UnsetType = UNSET


def account_kind(*hints: str | None) -> AccountKind:
    """The kind that the first telling one of `hints` (words of the bank's file, names) speaks of, else "checking"."""
    for hint in hints:
        if hint == "investment":
            return "brokerage"
        spaced = f" {name_key((hint or '').replace('_', ' '))} "
        for kind, words in _WORDS:
            # A short word counts whole only: "isa" is not in "disability".
            if any(f" {word}" in spaced if len(word) > 3 else f" {word} " in spaced for word in words):
                return kind
    return "checking"


async def list_accounts(ledger: Ledger, *, archived: bool = False) -> list[Account]:
    """The household's accounts in the order they were made; the archived ones too if asked for."""
    async with ledger.store.reading() as connection:
        return await accounts_on(connection, ledger, archived=archived)


async def accounts_on(connection: AsyncConnection, ledger: Ledger, *, archived: bool = True) -> list[Account]:
    """The same over an open connection, archived accounts included unless told otherwise."""
    table = accounts.c
    query = select(table.id, table.name, table.kind, table.currency, table.number, table.archived)
    query = query.where(visible_accounts(ledger)).order_by(table.id)
    if not archived:
        query = query.where(table.archived.is_(False))
    return [Account(*row) for row in await connection.execute(query)]


async def find_account(ledger: Ledger, name: str) -> Account:
    """The account called `name` (case does not matter, and a part will do if it fits only one).

    Raises NameUnknown, which lists the candidates.
    """
    return the_one_named(name, await list_accounts(ledger, archived=True), "account")


async def account_on(connection: AsyncConnection, ledger: Ledger, identity: int) -> Account:
    """The account of this id, over an open connection. Raises LookupError when the household has none."""
    table = accounts.c
    query = select(table.id, table.name, table.kind, table.currency, table.number, table.archived)
    row = (await connection.execute(query.where(visible_accounts(ledger), table.id == identity))).one_or_none()
    if row is None:
        raise LookupError(f"There is no account {identity}.")
    return Account(*row)


async def create_account(ledger: Ledger, account: NewAccount, by: By = PERSON) -> Account:
    """Make an account.

    Raises NameTaken when the household has one of that name, ValueError for an empty name or an unknown currency.
    """
    new = replace(account, currency=currency_code(account.currency))
    values = {name: value for name, value in account_values(ledger, new).items() if name != "household_id"}
    with taken_names(new.name, "an account"):
        async with editing(ledger, by, f"Added the account {new.name}") as edit:
            identity = await edit.insert(accounts, values)
    return Account(identity, new.name, new.kind, new.currency, new.number, archived=False)


async def change_account(ledger: Ledger, identity: int, change: AccountChange, by: By = PERSON) -> Edited:
    """Change an account.

    Raises LookupError when the household has none of that id, NameTaken when another one has that name, and ValueError
    for an empty name, an unknown kind or currency, or a new currency of an account that has transactions or balances.
    """
    values = _changed_values(change)
    with taken_names(values.get("name", ""), "an account"):
        async with editing(ledger, by, "Changed an account") as edit:
            before = await account_on(edit.connection, ledger, identity)
            if values.get("currency", before.currency) != before.currency and await _is_in_use(edit, identity):
                raise ValueError(
                    f"{before.name} has transactions or balances in {before.currency}, so its currency cannot change. "
                    "Add another account for the other currency."
                )
            edit.summary = _summary(before, change)
            return edited(edit, await edit.update(accounts, accounts.c.id == identity, values))


def _changed_values(change: AccountChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.name is not UNSET:
        values |= {"name": shown_name(change.name, "an account"), "name_key": name_key(change.name)}
    if change.kind is not UNSET:
        if change.kind not in get_args(AccountKind):
            raise ValueError(
                f"“{change.kind}” is no kind of account. The kinds are: {', '.join(get_args(AccountKind))}."
            )
        values["kind"] = change.kind
    if change.currency is not UNSET:
        values["currency"] = currency_code(change.currency)
    if change.number is not UNSET:
        values["number"] = (change.number or "").strip() or None
    if change.archived is not UNSET:
        values["archived"] = change.archived
    return values


def _summary(before: Account, change: AccountChange) -> str:
    if change.name is not UNSET and change.name != before.name:
        return f"Renamed the account {before.name} to {change.name}"
    if change.archived is not UNSET and change.archived != before.archived:
        return f"{'Archived' if change.archived else 'Took out of the archive'} the account {before.name}"
    return f"Changed the account {before.name}"


async def _is_in_use(edit: Editing, identity: int) -> bool:
    for table in (transactions, balances, imports):
        mine = table.c.household_id == edit.ledger.household, table.c.account_id == identity
        if await edit.connection.scalar(select(table.c.id).where(*mine).limit(1)) is not None:
            return True
    return False


def account_values(ledger: Ledger, account: NewAccount) -> dict[str, Any]:
    """The row of a new account, still without an id. Raises ValueError when it has no name."""
    if not name_key(account.name):
        raise ValueError("An account needs a name.")
    return {
        "household_id": ledger.household,
        "name": account.name,
        "name_key": name_key(account.name),
        "kind": account.kind,
        "currency": account.currency,
        "number": account.number,
        "archived": False,
        "created_at": now(),
    }
