"""Accounts, and what is known of their balances."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken, name_key, the_one_named
from tuppence.ledger.visibility import visible_accounts
from tuppence.store.tables import accounts, now

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


async def create_account(ledger: Ledger, account: NewAccount) -> Account:
    """Make an account. Raises NameTaken when the household has one of that name, ValueError for an empty name."""
    try:
        async with ledger.store.writing() as connection:
            row = insert(accounts).values(account_values(ledger, account)).returning(accounts.c.id)
            identity = (await connection.execute(row)).scalar_one()
    except IntegrityError as error:
        raise NameTaken(f"There is an account called “{account.name}” already.") from error
    return Account(identity, account.name, account.kind, account.currency, account.number, archived=False)


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
