"""What the household is called and how it reads its figures."""

import pytest

from tuppence.ledger.household import Household, Ledger, household_of, set_currency, set_language, set_name

pytestmark = pytest.mark.anyio


async def test_name_currency_and_language(ledger: Ledger) -> None:
    from ledger.test_importing import new_ledger

    other = await new_ledger(ledger.store)
    await set_name(ledger, "  The  Millers ")
    await set_currency(ledger, " chf ")
    await set_language(ledger, "de_at")
    assert await household_of(ledger) == Household(ledger.household, "The Millers", "CHF", "de-AT")
    assert await household_of(other) == Household(other.household, "Another", None, "en")


@pytest.mark.parametrize("language", ["de", "pt-BR", "zh-Hant-TW"])
async def test_languages(ledger: Ledger, language: str) -> None:
    await set_language(ledger, language)
    assert (await household_of(ledger)).language == language


async def test_what_is_refused(ledger: Ledger) -> None:
    before = await household_of(ledger)
    for language in ("", "xx", "klingon", "en-XX-YY", "../en", "en\0"):
        with pytest.raises(ValueError, match="no language"):
            await set_language(ledger, language)
    for currency in ("", "EURO", "€", "XYZ"):
        with pytest.raises(ValueError, match="no currency"):
            await set_currency(ledger, currency)
    with pytest.raises(ValueError, match="needs a name"):
        await set_name(ledger, " ")
    assert await household_of(ledger) == before
