"""What a household's own ledger says that shall not leave under its own name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Select, func, literal, null, select, union_all

from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible
from tuppence.privacy.household_values import HouseholdValues, names_of_household, parts_of_name
from tuppence.privacy.privacy_settings import SETTING, PrivacySettings, settings_in
from tuppence.privacy.secret import SETTING as SECRET
from tuppence.privacy.secret import secret_in
from tuppence.store.tables import accounts, household_settings, households, merchants, transactions, users

MOST_PAYEES = 5_000
"""So many are hidden: the merchants, then the payees of most transactions."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a household's own database says of its privacy, at one moment."""

    settings: PrivacySettings
    secret: bytes | None
    """Of its stand-ins; None: it has none yet."""
    values: HouseholdValues
    """Without payees."""


async def facts_of(ledger: Ledger) -> Facts:
    """What is to be known at the beginning of a turn, by one statement.

    Archived accounts count, and so do those that an import is about to make. Raises StoreUnusable.
    """
    async with ledger.store.reading() as connection:
        rows = (await connection.execute(_own(ledger))).all()
    kept = {role: text for role, text, _ in rows if role in (SETTING, SECRET)}
    settings = settings_in(kept.get(SETTING))
    people = [*settings.names, *(name for role, name, _ in rows if role == "member")]
    names = [part for name in people for part in parts_of_name(name)]
    names += [part for role, name, _ in rows if role == "household" for part in names_of_household(name)]
    accounts_named = [name for role, name, _ in rows if role == "account"]
    numbers = [number for role, _, number in rows if role == "account" and number]
    values = HouseholdValues(list(dict.fromkeys(names)), accounts_named, numbers)
    return Facts(settings, secret_in(kept.get(SECRET)), values)


async def household_values(ledger: Ledger, *, payees: bool) -> HouseholdValues:
    """The values of a household: its people, its name unless that is anybody's, its accounts, and payees if wanted.

    Raises StoreUnusable.
    """
    values = (await facts_of(ledger)).values
    return replace(values, payees=await payee_names(ledger)) if payees else values


async def payee_names(ledger: Ledger) -> list[str]:
    """The merchants, and the payees of most transactions, at most MOST_PAYEES together. Raises StoreUnusable."""
    often = _payee_names(ledger).group_by(transactions.c.payee)
    often = often.order_by(func.count().desc(), transactions.c.payee)
    async with ledger.store.reading() as connection:
        found = list(await connection.scalars(_merchant_names(ledger).order_by(merchants.c.id).limit(MOST_PAYEES)))
        if room := MOST_PAYEES - len(found):
            found += await connection.scalars(often.limit(room))
    return list(dict.fromkeys(found))


async def payees_of(ledger: Ledger) -> int:
    """How many merchants and payees there are, those beyond MOST_PAYEES included. Raises StoreUnusable."""
    every = union_all(_merchant_names(ledger), _payee_names(ledger)).subquery()
    async with ledger.store.reading() as connection:
        return (await connection.execute(select(func.count(every.c.name.distinct())))).scalar_one()


def _own(ledger: Ledger) -> Select[str, str, str | None]:
    """Who and what the household is: a role, a name and an account's number; and, by their names, what it set."""
    mine = union_all(
        select(literal("household").label("role"), households.c.name, null().label("number")).where(
            households.c.id == ledger.household
        ),
        select(literal("member"), users.c.name, null()).where(users.c.household_id == ledger.household),
        select(literal("account"), accounts.c.name, accounts.c.number).where(
            accounts.c.household_id == ledger.household
        ),
        select(household_settings.c.name, household_settings.c.value, null()).where(
            household_settings.c.household_id == ledger.household, household_settings.c.name.in_((SETTING, SECRET))
        ),
    ).subquery()
    return select(mine.c.role, mine.c.name, mine.c.number)


def _merchant_names(ledger: Ledger) -> Select[str]:
    return select(merchants.c.name).where(merchants.c.household_id == ledger.household)


def _payee_names(ledger: Ledger) -> Select[str]:
    said = transactions.c.payee.is_not(None) & (transactions.c.payee != "")
    return select(transactions.c.payee.label("name")).where(visible(ledger), said)
