"""What a rule asks of a transaction."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import msgspec

from tuppence.enrichment.entries import Entry
from tuppence.enrichment.patterns import Pattern
from tuppence.ledger.names import name_key

LONGEST_WORDS = 200


class Conditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A transaction fits when it fits every one that is set."""

    contains: str = ""
    """Occurs in the description, the payee or the memo; case, width and spacing do not matter."""
    matches: str = ""
    """A pattern (see patterns.py) that occurs in one of them."""
    minimum: Decimal | None = None
    """Of the amount without its sign, in whole units of the transaction's currency; this amount included."""
    maximum: Decimal | None = None
    """This amount included."""
    direction: Literal["in", "out"] | None = None
    accounts: tuple[int, ...] = ()
    """Ids; any of them."""


def check(conditions: Conditions) -> None:
    """Raise ValueError when the conditions say nothing, or something that cannot be; the message says what."""
    if conditions == Conditions():
        raise ValueError("A rule needs a condition, or it would fit everything.")
    if conditions.contains and not name_key(conditions.contains):
        raise ValueError("There are no words in what a transaction has to contain.")
    if len(conditions.contains) > LONGEST_WORDS:
        raise ValueError(f"What a transaction has to contain has {LONGEST_WORDS} characters at most.")
    if conditions.matches:
        _pattern(conditions.matches)
    amounts = [amount for amount in (conditions.minimum, conditions.maximum) if amount is not None]
    if any(not amount.is_finite() or amount < 0 for amount in amounts):
        raise ValueError(
            "The amounts of a rule are without a sign; say with the direction whether money goes in or out."
        )
    if len(amounts) == 2 and amounts[0] > amounts[1]:
        raise ValueError(f"No amount is from {amounts[0]} to {amounts[1]}. Put the smaller one first.")


def fits(conditions: Conditions, entry: Entry) -> bool:
    """Whether the transaction fits. Raises PatternUnclear for a pattern that never was checked."""
    if conditions.accounts and entry.account_id not in conditions.accounts:
        return False
    if conditions.direction and entry.sign != (1 if conditions.direction == "in" else -1):
        return False
    if conditions.minimum is not None or conditions.maximum is not None:
        size = abs(entry.amount.amount)
        if conditions.minimum is not None and size < conditions.minimum:
            return False
        if conditions.maximum is not None and size > conditions.maximum:
            return False
    if conditions.contains:
        wanted = _folded(conditions.contains)
        if not any(wanted in text for text in entry.folded):
            return False
    if conditions.matches:
        pattern = _pattern(conditions.matches)
        return any(pattern.is_in_folded(text) for text in entry.folded)
    return True


def told(conditions: Conditions, account_names: Mapping[int, str]) -> str:
    """The conditions in words: "contains “rewe”, money out, from 10 to 20"."""
    low, high = conditions.minimum, conditions.maximum
    parts = [
        f"contains “{conditions.contains}”" if conditions.contains else "",
        f"matches “{conditions.matches}”" if conditions.matches else "",
        {"in": "money in", "out": "money out", None: ""}[conditions.direction],
        f"from {low} to {high}" if low is not None and high is not None and low != high else "",
        f"exactly {low}" if low is not None and low == high else "",
        f"{low} or more" if low is not None and high is None else "",
        f"{high} or less" if high is not None and low is None else "",
        "on " + " or ".join(account_names.get(each, "an account that is gone") for each in conditions.accounts)
        if conditions.accounts
        else "",
    ]
    return ", ".join(part for part in parts if part)


_folded = lru_cache(maxsize=1024)(name_key)


@lru_cache(maxsize=256)
def _pattern(text: str) -> Pattern:
    return Pattern(text)
