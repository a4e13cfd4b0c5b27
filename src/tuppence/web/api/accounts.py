"""Accounts, and what is stated of their balances."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from msgspec import UNSET
from pydantic import BaseModel, Field, StringConstraints

from tuppence.ledger.accounts import (
    Account,
    AccountChange,
    AccountKind,
    NewAccount,
    change_account,
    create_account,
    list_accounts,
)
from tuppence.ledger.balances import AnchorSource, state_balance
from tuppence.ledger.names import NameTaken
from tuppence.ledger.reports import balance_sheet
from tuppence.ledger.stated_balances import StatedBalance, stated_balances
from tuppence.web.account_lines import Line, account_lines
from tuppence.web.accounts import AccountId, account_of, removed_balance
from tuppence.web.api.amounts import Amount, DecimalText, minor_of
from tuppence.web.api.days import IsoDay
from tuppence.web.problems import Problem
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(prefix="/api/accounts", tags=["accounts"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=3)]


class Balance(BaseModel):
    """What is known of an account's balance in one currency."""

    currency: str
    balance: Amount | None
    """At the end of today, negative when owed; null when it is not known."""
    known_until: datetime.date | None
    """The last day with a transaction or a stated balance, today at most; null when there is none."""
    stated_on: datetime.date | None
    """The day whose balance was stated and from which this one was reckoned; null without one."""
    stated_by: AnchorSource | None


class ListedAccount(BaseModel):
    """An account."""

    id: int
    name: str
    kind: AccountKind
    currency: str
    """ISO 4217: the account's own; single transactions may be in others."""
    number: str | None
    """As the bank's files name it; null when none does."""
    archived: bool
    balances: list[Balance]
    """In its own currency, then in any other that it has transactions in; empty for an archived one without any."""


class Accounts(BaseModel):
    """Some accounts."""

    accounts: list[ListedAccount]


class AddedAccount(BaseModel):
    """An account to be added."""

    name: Name
    currency: Code
    kind: AccountKind = "checking"
    number: Number | None = None


class ChangedAccount(BaseModel):
    """What to change of an account; what is left out stays as it is."""

    name: Name | None = None
    kind: AccountKind | None = None
    number: Number | None = None
    """Null: none."""
    currency: Code | None = None
    """Only while it has neither transactions nor balances."""
    archived: bool | None = None


class Changed(BaseModel):
    """What came of a change."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when everything was so already."""
    account: ListedAccount


class Stated(BaseModel):
    """A balance that was stated."""

    id: int
    date: datetime.date
    """It is that of the end of this day."""
    balance: Amount
    stated_by: AnchorSource
    unexplained: Amount | None
    """How much more it is than the balance stated before it and the transactions since lead to; null for the first."""


class StatedBalances(BaseModel):
    """What was stated of an account's balances, the latest day first."""

    balances: list[Stated]


class NewBalance(BaseModel):
    """A balance to be stated."""

    date: IsoDay
    """The end of this day."""
    amount: DecimalText = Field(examples=["1234.50"])
    """In whole units of the account's currency, negative when owed."""


class Edit(BaseModel):
    """What was done."""

    edit: str | None
    """By which it can be undone; null when nothing had to be changed."""


@router.get("")
async def get_accounts(visitor: Visiting, archived: bool = False) -> Accounts:
    """The accounts with their balances; the archived ones too if asked for."""
    accounts = await list_accounts(visitor.ledger, archived=archived)
    return Accounts(accounts=await _listed(visitor, accounts))


@router.post("", status_code=201)
async def add_account(visitor: Visiting, new: AddedAccount) -> ListedAccount:
    """Add an account."""
    try:
        wanted = NewAccount(new.name, new.currency, new.kind, new.number or None)
        account = await create_account(visitor.ledger, wanted, visitor.by)
    except NameTaken:
        raise
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    return (await _listed(visitor, [account]))[0]


@router.get("/{account_id}")
async def get_account(visitor: Visiting, account_id: AccountId) -> ListedAccount:
    """One account."""
    return (await _listed(visitor, [await account_of(visitor, account_id)]))[0]


@router.patch("/{account_id}")
async def patch_account(visitor: Visiting, account_id: AccountId, change: ChangedAccount) -> Changed:
    """Change an account."""
    await account_of(visitor, account_id)
    sent = change.model_dump(exclude_unset=True)
    wanted: dict[str, Any] = {
        name: UNSET if value is None and name != "number" else value for name, value in sent.items()
    }
    try:
        done = await change_account(visitor.ledger, account_id, AccountChange(**wanted), visitor.by)
    except NameTaken:
        raise
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    [listed] = await _listed(visitor, [await account_of(visitor, account_id)])
    return Changed(edit=done.edit_id, account=listed)


@router.get("/{account_id}/balances")
async def get_balances(visitor: Visiting, account_id: AccountId) -> StatedBalances:
    """What was stated of its balances."""
    stated = await stated_balances(visitor.ledger, await account_of(visitor, account_id))
    return StatedBalances(balances=[_stated(one) for one in stated])


@router.post("/{account_id}/balances", status_code=201)
async def add_balance(visitor: Visiting, account_id: AccountId, new: NewBalance) -> Edit:
    """State a balance; it takes the place of what a person stated for that day before."""
    account = await account_of(visitor, account_id)
    done = await state_balance(visitor.ledger, account, new.date, minor_of(new.amount, account.currency), visitor.by)
    return Edit(edit=done.edit_id)


@router.delete("/{account_id}/balances/{balance_id}")
async def delete_balance(visitor: Visiting, account_id: AccountId, balance_id: AccountId) -> Edit:
    """Take back a balance that a person stated."""
    done = await removed_balance(visitor, await account_of(visitor, account_id), balance_id)
    return Edit(edit=done.edit_id)


async def _listed(visitor: Visitor, accounts: list[Account]) -> list[ListedAccount]:
    lines = account_lines(await balance_sheet(visitor.ledger, datetime.date.today()))
    return [
        ListedAccount(
            id=account.id,
            name=account.name,
            kind=account.kind,
            currency=account.currency,
            number=account.number,
            archived=account.archived,
            balances=[_balance(line) for line in lines if line.account.id == account.id],
        )
        for account in accounts
    ]


def _balance(line: Line) -> Balance:
    known = line.amount is not None
    return Balance(
        currency=line.currency,
        balance=None if line.amount is None else Amount.of(line.amount),
        known_until=line.as_of,
        stated_on=line.stated_on if known else None,
        stated_by=line.stated_by if known else None,
    )


def _stated(one: StatedBalance) -> Stated:
    return Stated(
        id=one.anchor.id,
        date=one.anchor.date,
        balance=Amount.of(one.anchor.amount),
        stated_by=one.anchor.source,
        unexplained=None if one.unexplained is None else Amount.of(one.unexplained),
    )
