"""What people type about accounts: read, with what is wrong about it said beside the field."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, get_args

from starlette.datastructures import FormData

from tuppence.ledger.accounts import LIABILITIES, Account, AccountChange, AccountKind, NewAccount
from tuppence.ledger.household import currency_code
from tuppence.ledger.names import shown_name
from tuppence.money import checked_minor
from tuppence.web.formats import Formats

T = TypeVar("T")
LONGEST_NAME = 120
LONGEST_NUMBER = 64


@dataclass(slots=True)
class Typed:
    """A form as it was typed, and why some of it cannot be used."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    """By name of the field."""

    @classmethod
    def of(cls, form: FormData) -> Typed:
        """What was sent."""
        return cls({name: value for name, value in form.items() if isinstance(value, str)})

    def text(self, name: str) -> str:
        """What was typed into a field, without the space around it."""
        return self.values.get(name, "").strip()

    def read(self, name: str, reader: Callable[[str], T], otherwise: T) -> T:
        """What `reader` makes of a field; `otherwise` when it raises ValueError, whose message becomes the error."""
        try:
            return reader(self.text(name))
        except ValueError as error:
            self.errors[name] = str(error)
            return otherwise


@dataclass(frozen=True, slots=True)
class Stated:
    """A balance that a person states."""

    day: datetime.date
    amount: int
    """Minor units; negative when owed."""


def new_account(typed: Typed) -> NewAccount:
    """The account that was described; good only when there are no errors."""
    return NewAccount(
        name=typed.read("name", _name, ""),
        currency=typed.read("currency", currency_code, ""),
        kind=typed.read("kind", _kind, "checking"),
        number=typed.read("number", _number, None),
    )


def account_change(typed: Typed) -> AccountChange:
    """What was typed of an account anew; good only when there are no errors."""
    change: dict[str, Any] = {
        "name": typed.read("name", _name, ""),
        "kind": typed.read("kind", _kind, "checking"),
        "number": typed.read("number", _number, None),
    }
    if "currency" in typed.values:
        change["currency"] = typed.read("currency", currency_code, "")
    return AccountChange(**change)


def stated_balance(
    typed: Typed, kind: AccountKind, currency: str, formats: Formats, today: datetime.date
) -> Stated | None:
    """The balance that was stated; None when nothing was, and when there are errors.

    What is typed for a card or a loan is what is owed.
    """
    if not typed.text("amount"):
        return None
    amount = typed.read("amount", lambda text: checked_minor(formats.typed_amount(text, currency)), 0)
    day = typed.read("day", lambda text: _past_day(text, formats, today), today)
    return None if typed.errors else Stated(day, -amount if kind in LIABILITIES else amount)


def values_of(account: Account) -> dict[str, str]:
    """What stands in the form for an account before anything is typed."""
    return {"name": account.name, "kind": account.kind, "number": account.number or "", "currency": account.currency}


def _past_day(text: str, formats: Formats, today: datetime.date) -> datetime.date:
    day = formats.typed_day(text or "today", today)
    if day > today:
        raise ValueError(f"{formats.day(day)} is still to come. Give today or an earlier day.")
    return day


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME:
        raise ValueError(f"A name has at most {LONGEST_NAME} characters. Shorten it.")
    return shown_name(text, "an account")


def _kind(text: str) -> AccountKind:
    if text not in get_args(AccountKind):
        raise ValueError("Choose what kind of account it is.")
    return cast(AccountKind, text)


def _number(text: str) -> str | None:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"A number has at most {LONGEST_NUMBER} characters. Shorten it.")
    return text or None
