"""What can be told by its form: IBANs, cards, e-mail addresses, phones, and what a text calls an account's number.

Amounts, days and reference numbers have none of these forms: a card needs its check digit and the usual groups, an IBAN
its check digits and the length of its country, a phone a country code, the groups of a phone or a word before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuppence.privacy.account_numbers import digits_of, number_key
from tuppence.privacy.findings import Found
from tuppence.privacy.stand_ins import Kind

# Source: SWIFT, "IBAN Registry" (ISO 13616): characters of an IBAN by country.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL FK SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL SO OM",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_SHORTEST_IBAN = min(_IBAN_LENGTHS.values())
_GAP = r"[ \u00a0\u202f-]?"
_IBAN_START = re.compile(
    r"(?:(?<![^\W_])|(?<=iban))([A-Z]{2})[0-9]{2}(?=[ \u00a0\u202f-]?[0-9A-Z])", re.IGNORECASE | re.ASCII
)
_IBAN_REST = re.compile(rf"(?:{_GAP}[0-9A-Z]){{11,36}}", re.IGNORECASE | re.ASCII)

_CARD = re.compile(
    r"(?<![0-9])(?<![0-9][.,])(?:[2-6][0-9]{13,18}"
    r"|[2-6][0-9]{3}([ \u00a0-])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{1,3})?"
    r"|3[0-9]{3}([ \u00a0-])[0-9]{6}\2[0-9]{4,5})(?![0-9]|[.,][0-9])"
)
_FEWEST_SHOWN = 3
_MASKS = "*•·●∙xX#"
_MASKED = r"(?:[*•·●∙]{4,19}|x{4,19}|\#{4,19})"
_MASKED_CARD = re.compile(
    r"(?<![^\W_])(?:[0-9]{4}[ -]?(?:[0-9]{2}(?:[*•·●]{2}|xx)[ -]?)?|[0-9]{6})?"
    rf"{_MASKED}(?:[ -]{_MASKED}){{0,3}}[ -]?[0-9]{{3,6}}(?![^\W_]|\*)",
    re.IGNORECASE,
)

_LOCAL_PART = re.compile(r"[\w.+%&'/=?~-]{1,64}\Z")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.){{1,10}}[^\W\d_](?:[\w-]{{0,61}}[^\W_])")

_NUMBER_WORDS = r"(?:[ .:#]|no\b|nr\b|num\b|number\b|nummer\b|numéro\b|numero\b|n°|nº)*"
_ACCOUNT = re.compile(
    rf"(?<![^\W_])(?:account|acct|a/c|acc|konto|kto|kontonummer|kontonr|rekening|rek|compte|cpte|cuenta|cta|conto"
    rf"|sort code|routing|blz|iban){_NUMBER_WORDS}([0-9](?:[ /-]?[0-9]){{5,25}})(?![^\W_]|[.,][0-9])",
    re.IGNORECASE,
)
_DAY_OR_MONTH = "(?:0?[1-9]|[12][0-9]|3[01])"
_TIME = re.compile(
    rf"[0-9]{{4}}([-/.])[0-9]{{1,2}}\1[0-9]{{1,2}}|{_DAY_OR_MONTH}([-/.]){_DAY_OR_MONTH}\2(?:[0-9]{{4}}|[0-9]{{2}})"
    r"|(?:19|20)[0-9]{2}[-/ ](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-[01][0-9](?![0-9])"
)

_A_DAY = r" [0-9]{1,4}[-/.][0-9]{1,2}[-/.]"
_PHONE_WORDS = "tel|telefon|telephone|téléphone|telefono|teléfono|tél|ph|phone|mobile|mobil|handy|fax|whatsapp"
_NO_AMOUNT_BEFORE, _NO_AMOUNT_AFTER = r"(?<![^\W_])(?<![0-9][.,])", r"(?![^\W_]|[.,][0-9])"
_PHONES = tuple(
    re.compile(f"{_NO_AMOUNT_BEFORE}{pattern}{_NO_AMOUNT_AFTER}", re.IGNORECASE)
    for pattern in (
        r"(\+[1-9](?:[ \u00a0()./-]{0,3}[0-9]){7,14})",  # with a country code
        r"(00[1-9](?:[ /()-]{0,2}[0-9]){7,13})",
        r"(?<!-)((?:1[ .-])?\(?[2-9][0-9]{2}\)?[ .-]{1,2}[2-9][0-9]{2}[ .-][0-9]{4})(?!-)",  # North America
        r"(?<!-)(\(?0[1-9][0-9]{1,4}\)?(?:[ /-]| - )[0-9]{3,8}(?:[ -][0-9]{2,5}){0,2})(?![/-])",  # with an area code
        r"(?<!-)(0[1-9][0-9]{0,2}(?:([ .])[0-9]{2})(?:\2[0-9]{2}){3})",  # in pairs
        rf"(?:{_PHONE_WORDS}){_NUMBER_WORDS}([+(]?[0-9](?:(?!{_A_DAY})[ ()/.-]{{0,2}}[0-9]){{5,14}})",  # said to be one
    )
)
_AMOUNT = re.compile(r"\+[0-9]{1,3}(?:[ .][0-9]{3}){1,2}|.*\.[0-9]{1,2}")
_ONE_NUMBER = re.compile(r"0[0-9]+")
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15
_MANY_DIGITS = re.compile("[0-9](?:[^0-9]{0,4}[0-9]){5}")
_AMOUNT_OR_DAY = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]*)?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Most values in what functions find."""


def identifiers_in(text: str) -> Iterator[Found]:
    """Every place of an identifier, overlapping or not."""
    if "@" in text:
        yield from _addresses(text)
    digits = len(digits_of(text))
    if digits >= _FEWEST_SHOWN and any(sign in text for sign in _MASKS):
        yield from _masked_cards(text)
    if digits < _FEWEST_DIGITS or _AMOUNT_OR_DAY.fullmatch(text):
        return
    if len(text) >= _SHORTEST_IBAN:
        yield from _ibans(text)
    if _MANY_DIGITS.search(text):
        yield from _cards(text)
        yield from _labelled_accounts(text)
        yield from _phones(text)


def _addresses(text: str) -> Iterator[Found]:
    at = text.find("@")
    while at >= 0:
        before, domain = _LOCAL_PART.search(text[max(0, at - 64) : at]), _DOMAIN.match(text, at + 1)
        local = before[0].lstrip(".'/=?&-") if before else ""
        if local and domain:
            yield Found(at - len(local), domain.end(), Kind.MAIL, f"{local}@{domain[0]}".lower())
        at = text.find("@", at + 1)


def _ibans(text: str) -> Iterator[Found]:
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start[1].upper())
        rest = _IBAN_REST.match(text, start.end())
        if length is None or rest is None:
            continue
        end = _end_of_signs(text, start.start(), rest.end(), length)
        if end is None or text[end : end + 1].isdigit():
            continue
        iban = re.sub(_GAP[:-1], "", text[start.start() : end]).upper()
        if _has_check_digits(iban):
            yield Found(start.start(), end, Kind.IBAN, iban)


def _end_of_signs(text: str, start: int, end: int, count: int) -> int | None:
    """Where the first `count` letters and digits from `start` on are over; None when there are fewer before `end`."""
    for at in range(start, end):
        count -= text[at].isalnum()
        if count == 0:
            return at + 1
    return None


def _has_check_digits(iban: str) -> bool:
    """Whether the remainder by 97 is what ISO 7064 says."""
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub("[^0-9]", "", match[0])
        if 14 <= len(digits) <= 19 and _is_luhn(digits):
            yield Found(*match.span(), Kind.CARD, digits)


def _masked_cards(text: str) -> Iterator[Found]:
    for match in _MASKED_CARD.finditer(text):
        yield Found(*match.span(), Kind.CARD, number_key(match[0]))


def _is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit (ISO/IEC 7812)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _labelled_accounts(text: str) -> Iterator[Found]:
    for match in _ACCOUNT.finditer(text):
        if _TIME.match(match[1]) is None:
            yield Found(*match.span(1), Kind.ACCOUNT, number_key(match[1]))


def _phones(text: str) -> Iterator[Found]:
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            digits = re.sub("[^0-9]", "", match[1])
            if _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS and not _is_no_phone(match):
                yield Found(*match.span(1), Kind.PHONE, digits.removeprefix("00"))


def _is_no_phone(match: re.Match[str]) -> bool:
    """Whether what has the form of a phone is rather a time, an amount, or a reference that nobody calls a phone."""
    number = match[1]
    is_reference = match[0] == number and _ONE_NUMBER.fullmatch(number)
    return bool(_TIME.match(number) or is_reference or (number.startswith("+") and _AMOUNT.fullmatch(number)))
