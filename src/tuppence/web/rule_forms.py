"""The form of a rule: what was typed into it, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from starlette.datastructures import FormData, QueryParams

from tuppence.enrichment.conditions import Conditions, check
from tuppence.enrichment.descriptors import descriptor
from tuppence.enrichment.rules import Outcome, Rule
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.names import name_key
from tuppence.ledger.transactions import Transaction
from tuppence.money import Money, decimal_amount
from tuppence.web.account_forms import Typed
from tuppence.web.formats import Formats, Unreadable
from tuppence.web.names import LONGEST_NAME, checked_name, id_typed
from tuppence.web.transaction_filing import NEW, NONE
from tuppence.web.transaction_search import MOST
from tuppence.web.visitor import Visitor

A_NEW_ONE = 0
"""Stands for a merchant that is made when the rule is saved; no merchant has this id."""
DIRECTIONS: dict[str, str] = {"": "In or out", "out": "Money out", "in": "Money in"}
_SAYS_NOTHING = "Say what holds of such transactions: a category, a merchant, a tag, or that they are transfers."


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule as it was typed."""

    typed: Typed
    """With what is wrong by field; "conditions" and "outcome" are of no single field."""
    accounts: tuple[int, ...]
    """Those that are ticked."""
    conditions: Conditions
    """Good only where there are no errors."""
    outcome: Outcome
    """The same. The merchant is `A_NEW_ONE` where one has to be made first."""
    new_merchant: str | None

    async def made_outcome(self, visitor: Visitor) -> Outcome:
        """The outcome, for which the merchant is made if need be. Raises ValueError."""
        if self.new_merchant is None:
            return self.outcome
        merchant = await merchant_named(visitor.ledger, self.new_merchant, by=visitor.by)
        said = self.outcome
        return Outcome(category=said.category, merchant=merchant.id, tags=said.tags, transfer=said.transfer)


def rule_form(given: FormData | QueryParams, formats: Formats) -> RuleForm:
    """What was sent of a rule."""
    typed = Typed({name: value for name, value in given.multi_items() if isinstance(value, str)})
    ticked = [str(value) for value in given.getlist("account")]
    accounts = tuple(int(one) for one in ticked if one.isascii() and one.isdecimal() and len(one) <= 18)
    conditions = _conditions(typed, accounts, formats)
    outcome, new_merchant = _outcome(typed)
    return RuleForm(typed, accounts, conditions, outcome, new_merchant)


def values_of(rule: Rule, merchant: str | None, formats: Formats) -> dict[str, str]:
    """What stands in the form of a rule before anything is typed. merchant: its name."""
    asked, said = rule.conditions, rule.outcome
    return {
        "contains": asked.contains,
        "pattern": asked.matches,
        "minimum": _amount_text(asked.minimum, formats),
        "maximum": _amount_text(asked.maximum, formats),
        "direction": asked.direction or "",
        "category": str(said.category or ""),
        "merchant": str(said.merchant or ""),
        "merchant_name": merchant or "",
        "tags": ", ".join(said.tags),
        "transfer": "yes" if said.transfer else "",
    }


def values_from(row: Transaction, category: int | None, merchant: int | None) -> dict[str, str]:
    """What a rule could be that fits a transaction and the like of it."""
    is_moved = row.transfer_id is not None
    return {
        "contains": words_of(row.description),
        "direction": "in" if row.amount.minor > 0 else "out",
        "category": str(category or "") if not is_moved else "",
        "merchant": str(merchant or ""),
        "merchant_name": (row.merchant or "") if merchant else "",
        "tags": ", ".join(row.tags),
        "transfer": "yes" if is_moved else "",
    }


def words_of(description: str) -> str:
    """What of a description names somebody and stands in it as it is; all of it when nothing does."""
    folded, words = name_key(description), descriptor(description).split()
    runs = [
        " ".join(words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, len(words) + 1)
        if " ".join(words[begin:end]) in folded
    ]
    return max(runs, key=len, default=folded)


def _conditions(typed: Typed, accounts: tuple[int, ...], formats: Formats) -> Conditions:
    minimum, maximum = (typed.read(name, _amount_reader(formats), None) for name in ("minimum", "maximum"))
    contains, matches = " ".join(typed.text("contains").split()), typed.text("pattern")
    parts: Mapping[str, Conditions] = {
        "contains": Conditions(contains=contains),
        "pattern": Conditions(matches=matches),
        "maximum": Conditions(minimum=minimum, maximum=maximum),
    }
    for name, part in parts.items():
        if part != Conditions():
            _check(typed, name, part)
    conditions = Conditions(
        contains=contains,
        matches=matches,
        minimum=minimum,
        maximum=maximum,
        direction=typed.read("direction", _direction, None),
        accounts=accounts,
    )
    if not typed.errors:
        _check(typed, "conditions", conditions)
    return conditions


def _check(typed: Typed, name: str, conditions: Conditions) -> None:
    try:
        check(conditions)
    except ValueError as error:
        typed.errors.setdefault(name, str(error))


def _outcome(typed: Typed) -> tuple[Outcome, str | None]:
    """With the name of a merchant that has to be made."""
    new = None
    if typed.text("merchant").startswith(NEW):
        new = typed.read("merchant", lambda text: checked_name(text.removeprefix(NEW)), None)
        merchant = None if new is None else A_NEW_ONE
    else:
        merchant = typed.read("merchant", lambda text: None if text == NONE else id_typed(text), None)
    outcome = Outcome(
        category=typed.read("category", id_typed, None),
        merchant=merchant,
        tags=typed.read("tags", _tags, ()),
        transfer=bool(typed.text("transfer")),
    )
    if outcome == Outcome() and not {"category", "merchant", "tags"} & {*typed.errors}:
        typed.errors["outcome"] = _SAYS_NOTHING
    return outcome, new


def _tags(text: str) -> tuple[str, ...]:
    named = {name_key(name): " ".join(name.split()) for name in text.split(",") if name.strip()}
    if any(len(name) > LONGEST_NAME for name in named.values()):
        raise ValueError(f"A tag has at most {LONGEST_NAME} characters. Put commas between tags.")
    return tuple(named.values())


def _direction(text: str) -> Literal["in", "out"] | None:
    if text not in DIRECTIONS:
        raise ValueError("Choose one of the list.")
    return "in" if text == "in" else "out" if text == "out" else None


def _amount_reader(formats: Formats) -> Callable[[str], Decimal | None]:
    """Reads an amount of which only the size counts."""
    currency = formats.currency or "EUR"

    def read(text: str) -> Decimal | None:
        if not text:
            return None
        try:
            amount = abs(decimal_amount(formats.typed_amount(text, currency), currency))
        except Unreadable as error:
            example = formats.money(Money(1250, currency))
            raise ValueError(f"“{text[:60]}” is no amount. Type it as {example}.") from error
        if amount > MOST:
            raise ValueError("That is more than any amount here. Type a smaller one.")
        return amount

    return read


def _amount_text(amount: Decimal | None, formats: Formats) -> str:
    """As it can be typed again."""
    return "" if amount is None else formats.number(amount)
