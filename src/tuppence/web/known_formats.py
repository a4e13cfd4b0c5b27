"""The languages and currencies that formats can be in, to choose from."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

_SPOKEN = 2  # letters in the codes of the languages that are offered; others can be set by the API


@cache
def languages() -> list[tuple[str, str]]:
    """Tags, such as "de-AT", with their English names, by name."""
    english = Locale("en")
    found = []
    for identifier in locale_identifiers():
        language, *more = identifier.split("_")
        if len(language) != _SPOKEN or not all(part in english.scripts or part in english.territories for part in more):
            continue
        where = [str(english.territories.get(part) or english.scripts[part]) for part in more]
        name = str(english.languages.get(language, language))
        found.append((identifier.replace("_", "-"), f"{name} ({', '.join(where)})" if where else name))
    return sorted(found, key=lambda one: one[1])


@cache
def currencies() -> list[tuple[str, str]]:
    """Codes of the currencies that are legal tender somewhere today, with their English names, by code."""
    names = Locale("en").currencies
    tender = {
        code
        for periods in get_global("territory_currencies").values()
        for code, _, until, is_tender in periods
        if until is None and is_tender
    }
    return sorted((code, str(names.get(code, code))) for code in tender)
