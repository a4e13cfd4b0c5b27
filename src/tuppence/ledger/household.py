"""The household: the border of every query."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from tuppence.ledger.default_categories import add_default_categories
from tuppence.ledger.names import shown_name
from tuppence.store import Store
from tuppence.store.tables import households, now


@dataclass(frozen=True, slots=True)
class Ledger:
    """The money of one household in one store. Whoever holds it sees this household's rows and no others."""

    store: Store
    household: int
    """The household's id."""


@dataclass(frozen=True, slots=True)
class Household:
    """What a household is called and how it likes to read its figures."""

    id: int
    name: str
    currency: str | None
    """ISO 4217, or None while nobody has said."""
    language: str
    """Of formats, as in "en" or "de-AT"."""


HOUSEHOLD_COLUMNS = (households.c.id, households.c.name, households.c.currency, households.c.language)
"""What a `Household` is made of, in its order."""


async def open_ledger(store: Store, *, currency: str | None = None, language: str = "en") -> Ledger:
    """The ledger of the store's first household, which is made, with the default categories, when there is none.

    `currency` and `language` are those of a household that is made now; they change nothing about one that exists.
    """
    first = select(households.c.id).order_by(households.c.id).limit(1)
    async with store.reading() as connection:
        household = await connection.scalar(first)
    if household is None:
        async with store.writing() as connection:
            household = await connection.scalar(first)
            if household is None:
                values = {"name": "Household", "currency": currency, "language": language, "created_at": now()}
                made = await connection.execute(insert(households).values(values).returning(households.c.id))
                household = made.scalar_one()
                await add_default_categories(connection, household)
    return Ledger(store, household)


async def household_of(ledger: Ledger) -> Household:
    """The household whose ledger it is."""
    query = select(*HOUSEHOLD_COLUMNS).where(households.c.id == ledger.household)
    async with ledger.store.reading() as connection:
        return Household(*(await connection.execute(query)).one())


async def set_name(ledger: Ledger, name: str) -> None:
    """Call the household `name` from now on. Raises ValueError for an empty one."""
    await _set(ledger, "name", shown_name(name, "a household"))


async def set_currency(ledger: Ledger, currency: str) -> None:
    """From now on the household's figures are read in `currency` (ISO 4217). Raises ValueError for one unknown."""
    await _set(ledger, "currency", currency_code(currency))


async def set_language(ledger: Ledger, language: str) -> None:
    """From now on figures and dates are written as in `language` ("en", "de-AT"). Raises ValueError for one unknown."""
    await _set(ledger, "language", language_tag(language))


async def _set(ledger: Ledger, column: str, value: str) -> None:
    row = update(households).where(households.c.id == ledger.household)
    async with ledger.store.writing() as connection:
        await connection.execute(row.values({column: value}))


def currency_code(text: str) -> str:
    """The ISO 4217 code as it is written: "eur" is "EUR". Raises ValueError for one that is not known."""
    from babel.numbers import list_currencies

    code = text.strip().upper()
    if code not in list_currencies():
        raise ValueError(f"“{text}” is no currency. Give its code of three letters, such as EUR or USD.")
    return code


def language_tag(text: str) -> str:
    """The language, and country if given, as they are written: "de_at" is "de-AT". Raises ValueError for others."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(text.strip().replace("-", "_"))).replace("_", "-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"“{text}” is no language that is known. Give one such as en, de or pt-BR.") from error
