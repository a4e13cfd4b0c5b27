"""Random households and texts about them, as mean as they come."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import strategies as st

from tuppence.privacy import HouseholdValues

# Overlapping, within each other, in other scripts, with marks; and names that look like the form of stand-ins.
_NAMES = (
    *(
        "Anna",
        "Ann",
        "Anna Maria",
        "Maria Anna",
        "ANNA",
        "Annabel",
        "O'Brien",
        "Brien",
        "Weiß",
        "Weiss",
        "José",
        "Jose\u0301",
    ),
    *(
        "李小龙",
        "小龙女",
        "김철수",
        "שרה",
        "عائشة",
        "🏠🏠🏠",
        "!!!",
        "a.b",
        "(Joint)",
        "A-B-C",
        'say "hi"',
        "back\\slash",
        "Eve\nAdam",
    ),
    *(
        "Person",
        "Card",
        "IBAN",
        "mail",
        "Person-",
        "Person-DH52JXTG",
        "DH52JXTG",
        "x-Person",
        "Account Card",
        "ard-",
        "Per",
        "Cärd",
        "Mäil",
    ),
)
_IDENTIFIERS = (
    *(
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "4111 1111 1111 1111",
        "anna@example.org",
        "+49 151 23456789",
    ),
    *("12-34-56 12345678", "XXXX4321", "**** **** **** 4321", "800-555-1234", "0077", "5512345"),
)
_FILLERS = (
    *(
        "",
        " ",
        "  ",
        "\n",
        "-",
        "_",
        "**",
        "'s",
        "s",
        "’",
        '"',
        "{",
        "[",
        ":",
        "@",
        "7",
        "X",
        "é",
        "\u0301",
        "\ufe0f",
        "\u200d",
        "户名",
    ),
    *(
        "P",
        "Per",
        "person-",
        "Card-",
        "iban",
        "Account-B",
        "Person-DH52JXTG",
        "PERSON\u2011DH52JXTG",
        "ard-DH52JXTG",
        "Personx-",
    ),
    *("The balance of ", " paid 12.50 on 2026-03-14", "savings "),
)

_roles = st.sampled_from(["names", "names", "accounts", "payees", "numbers"])
_values = st.sampled_from(_NAMES) | st.sampled_from((*_NAMES, *_IDENTIFIERS)) | st.text(min_size=3, max_size=8)


@st.composite
def households(draw: st.DrawFn) -> HouseholdValues:
    """The values of a household."""
    values: dict[str, list[str]] = {}
    for role, value in draw(st.lists(st.tuples(_roles, _values), max_size=8)):
        values.setdefault(role, []).append(value)
    return HouseholdValues(**values)


def texts(household: HouseholdValues, stand_ins: list[str]) -> st.SearchStrategy[str]:
    """Texts with the household's values in them, and with what looks like stand-ins, or is one."""
    values = [*household.names, *household.accounts, *household.numbers, *household.payees, *stand_ins]
    cut = [one[:length] for one in stand_ins for length in (3, len(one) - 4, len(one) - 1)]
    own = st.sampled_from([*values, *cut]) if values else st.just("")
    return st.lists(own | own | st.sampled_from((*_FILLERS, *_IDENTIFIERS)) | st.text(max_size=6), max_size=14).map(
        "".join
    )


def pieces(text: str, lengths: list[int]) -> list[str]:
    """A text cut into pieces of these lengths, over and over; lengths of zero make empty pieces."""
    cut, at, turn = [], 0, 0
    while at < len(text):
        length = lengths[turn % len(lengths)] if any(lengths) else 1
        cut.append(text[at : at + length])
        at, turn = at + length, turn + 1
    return cut


def originals_in(text: str, household: HouseholdValues) -> list[str]:
    """The names and account names that are in a text as whole words; written apart from the code that is tested."""
    left = []
    for name in (*household.names, *household.accounts, *household.payees):
        name = name.strip()
        if len(unicodedata.normalize("NFC", name)) < 3:
            continue
        for match in re.finditer(f"(?={re.escape(name)})", text):
            end = match.start() + len(name)
            joined = (text[max(0, match.start() - 1) : match.start()] + name[0], name[-1] + text[end : end + 1])
            if not any(len(two) == 2 and all(map(is_of_word, two)) for two in joined):
                left.append(name)
    return left


def is_of_word(sign: str) -> bool:
    """Whether a sign belongs to the word that it is beside, in most scripts."""
    return sign.isalnum() or sign == "_" or unicodedata.category(sign).startswith("M")
