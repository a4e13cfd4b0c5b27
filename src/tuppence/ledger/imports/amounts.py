"""Amounts as banks write them, and the evidence in a whole file for what the separators mean."""

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from tuppence.ledger.imports.currencies import currency_of

DecimalMark = Literal[".", ","]

_SPACES = "\u0020\u00a0\u202f\u2009\u2007"
_LONGEST = 60
_PLAIN_DOT = re.compile(r"-?\d+(?:\.\d+)?")
_PLAIN_COMMA = re.compile(r"-?\d+(?:,\d+)?")
_AMOUNT = re.compile(
    r"""\s*(?P<paren>\()?\s*
    (?P<sign1>[-+]\s*)?
    (?P<before>[^\d\s.,()+-][^\d(+-]{0,8}?)?\s*
    (?P<sign2>[-+]\s*)?
    (?P<digits>\d[\d.,'`\s]*|[.,]\d+)
    (?P<sign3>\s*[-+])?\s*
    (?P<after>[^\d\s()+-][^\d()+-]{0,12}?)?\s*
    (?P<sign4>[-+])?\s*
    (?P<close>\))?\s*
    (?:\((?P<note>[A-Z]{2,3})\))?\s*""",
    re.VERBOSE,
)
_MARKS = {
    "cr": 1,
    "c": 1,
    "h": 1,
    "credit": 1,
    "haben": 1,
    "dr": -1,
    "d": -1,
    "s": -1,
    "debit": -1,
    "soll": -1,
    "db": -1,
}
_NORMAL = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "\uff0d": "-", "\uff0b": "+", "’": "'", "\uff0c": ",", "\uff0e": ".",
        "\t": " ", '"': None,
        **dict.fromkeys(_SPACES, " "),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    }
)  # fmt: skip
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3}")


class Money(NamedTuple):
    """An amount as written."""

    value: Decimal
    """With the sign that is written (minus on either side, parentheses); marks like CR are not applied."""
    currency: str | None
    mark: int
    """+1 for a written CR (or a plus sign), -1 for a written DR, 0 without one."""


def amount_of(text: str, decimal: DecimalMark) -> Money | None:
    """The amount in a cell, or None when the text is no amount or its separators do not fit `decimal`."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if decimal == ".":
        if _PLAIN_DOT.fullmatch(text):
            return Money(Decimal(text), None, 0)
    elif _PLAIN_COMMA.fullmatch(text):
        return Money(Decimal(text.replace(",", ".")), None, 0)
    return _written_amount(text, decimal)


def _written_amount(text: str, decimal: DecimalMark) -> Money | None:
    match = _AMOUNT.fullmatch(text.translate(_NORMAL))
    if match is None or bool(match["paren"]) != bool(match["close"]):
        return None
    signs = [sign.strip() for sign in match.group("sign1", "sign2", "sign3", "sign4") if sign]
    if len(signs) > 1:
        return None
    currency, mark = None, 0
    for word in (match["before"], match["after"]):
        if word is None:
            continue
        known = _word_meaning(word)
        if known is None:
            return None
        currency, mark = known[0] or currency, known[1] or mark
    value = _digits_value(match["digits"].strip(), decimal)
    if value is None:
        return None
    if match["paren"] or signs == ["-"]:
        value = -value
    return Money(value, currency, mark or (1 if signs == ["+"] else 0))


def _word_meaning(word: str) -> tuple[str | None, int] | None:
    """The currency and the direction that letters beside the digits mean; None when they mean neither."""
    currency, mark = None, 0
    for part in word.replace(".", " ").split() or [word]:
        if part.casefold() in _MARKS:
            mark = _MARKS[part.casefold()]
        elif known := currency_of(part):
            currency = known.code
        else:
            whole = currency_of(word.strip())
            return (whole.code, 0) if whole else None
    return currency, mark


def _digits_value(digits: str, decimal: DecimalMark) -> Decimal | None:
    """The value of digits with separators, or None when groups or decimals do not fit."""
    if decimal == ",":
        digits = digits.translate(_SWAPPED)
    whole, dot, decimals = digits.rpartition(".") if "." in digits else (digits, "", "")
    if "." in whole or not (decimals.isdigit() or not decimals):
        return None
    for separator in "'` ":
        if separator in whole:
            if "," in whole:
                return None
            whole = whole.replace(separator, ",")
    if "," in whole:
        if not _GROUPED.fullmatch(whole):
            return None
        whole = whole.replace(",", "")
    if not (whole.isdigit() or (not whole and decimals)):
        return None
    return Decimal(f"{whole or '0'}{dot if decimals else ''}{decimals}")


_SWAPPED = str.maketrans(".,", ",.")
_SHAPE = str.maketrans("123456789", "999999999")


@dataclass(slots=True)
class DecimalEvidence:
    """Collects the shapes of amounts (digits as 9) and says which mark separates the decimals."""

    shapes: Counter[str] = field(default_factory=Counter)

    def add(self, text: str) -> None:
        """Note the shape of a cell; texts too long for an amount are passed over."""
        if len(text) > _LONGEST:
            return
        self.shapes[text.translate(_SHAPE)] += 1

    def marks(self) -> tuple[DecimalMark, ...]:
        """The marks that the shapes prove; both when they contradict each other, none when nothing tells."""
        proven = {mark for shape in self.shapes if (mark := _proven_mark(shape)) is not None}
        return tuple(sorted(proven))

    def majority(self) -> DecimalMark | None:
        """The mark that at least 95 of 100 telling shapes prove, or None."""
        votes: Counter[DecimalMark] = Counter()
        for shape, count in self.shapes.items():
            if (mark := _proven_mark(shape)) is not None:
                votes[mark] += count
        if not votes:
            return None
        mark, count = votes.most_common(1)[0]
        return mark if count * 100 >= votes.total() * 95 else None

    def undecided(self) -> str | None:
        """The mark in a shape like 9.999 that can be read both ways, where no whole number beside it tells; else None.

        A currency with three decimals prints them always, so whole numbers beside 9.999 show that the mark groups
        thousands.
        """
        open_shapes = [core for shape in self.shapes if (core := _core(shape)) and _is_open(core)]
        whole = any((core := _core(shape)) and core.isdigit() and core.strip("0") for shape in self.shapes)
        if not open_shapes or whole:
            return None
        return "." if "." in open_shapes[0] else ","

    def grouping_mark(self) -> str | None:
        """The mark that stands in shapes like 9.999 (when they are read as thousands), or None."""
        for shape in self.shapes:
            core = _core(shape)
            if core and _is_open(core):
                return "." if "." in core else ","
        return None


def _core(shape: str) -> str:
    """The digits, dots and commas of a shape; empty when there are none."""
    match = _AMOUNT.fullmatch(shape.translate(_NORMAL))
    return re.sub(r"['`\s]", "", match["digits"]) if match else ""


def _is_open(core: str) -> bool:
    return re.fullmatch(r"9[09]{0,2}[.,][09]{3}", core) is not None


def _proven_mark(shape: str) -> DecimalMark | None:
    core = _core(shape)
    dots, commas = core.count("."), core.count(",")
    if not dots and not commas:
        return None
    if dots and commas:
        return "." if core.rfind(".") > core.rfind(",") else ","
    mark: DecimalMark = "." if dots else ","
    other: DecimalMark = "," if dots else "."
    if dots + commas > 1:
        return other
    return None if _is_open(core) else mark
