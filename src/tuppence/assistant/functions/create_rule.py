"""create_rule: a new rule for filing, once a person has confirmed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tuppence.assistant.functions.function import Findings, FunctionInputError, function
from tuppence.assistant.functions.names import ids_named
from tuppence.assistant.functions.parameters import Names, Size
from tuppence.assistant.functions.proposing import before_the_person, told
from tuppence.enrichment import conditions as rule_conditions
from tuppence.enrichment.conditions import LONGEST_WORDS, Conditions, check
from tuppence.enrichment.confirmations import ChatCall, CreateRule
from tuppence.enrichment.rules import Outcome
from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import list_merchants
from tuppence.ledger.names import name_key, shown_name


@function
async def create_rule(
    ledger: Ledger,
    call: ChatCall,
    contains: Annotated[
        str,
        Field(description="Words in the description, payee or memo; case does not matter.", max_length=LONGEST_WORDS),
    ] = "",
    minimum: Annotated[Size | None, Field(description="Smallest amount, without regard to its sign.")] = None,
    maximum: Annotated[Size | None, Field(description="Largest amount, without regard to its sign.")] = None,
    direction: Annotated[Literal["in", "out"] | None, Field(description="Money received, or money spent.")] = None,
    accounts: Annotated[Names, Field(description="Names of accounts; any of them.")] = (),
    category: Annotated[str, Field(description="Name of the category to file under.", max_length=200)] = "",
    merchant: Annotated[str, Field(description="Name of the merchant to put on it.", max_length=200)] = "",
    tags: Annotated[Names, Field(description="Names of tags to add.")] = (),
    transfer: Annotated[bool, Field(description="true: it is a move between own accounts.")] = False,
) -> Findings:
    """Propose a rule: transactions that fit all its conditions are filed as it says, also future ones.

    Use it only when the person asks for a rule. Nothing is changed: it is made only if the person confirms it. Give at
    least one condition, and at least one of category, merchant, tags and transfer.
    """
    names = await _names(ledger)
    asked_for = Conditions(
        contains=contains,
        minimum=minimum,
        maximum=maximum,
        direction=direction,
        accounts=names.ids(accounts, "account"),
    )
    outcome = Outcome(
        category=next(iter(names.ids((category,) if category else (), "category")), None),
        merchant=next(iter(names.ids((merchant,) if merchant else (), "merchant")), None),
        tags=tuple({name_key(name): shown_name(name, "a tag") for name in tags if name_key(name)}.values()),
        transfer=transfer,
    )
    _check(asked_for, outcome)
    summary = f"Create a rule: what {rule_conditions.told(asked_for, names.accounts)} → {names.said(outcome)}"
    asked = await before_the_person(ledger, call, CreateRule(conditions=asked_for, outcome=outcome), summary)
    return Findings(told(asked), "Asked to create a rule")


@dataclass(frozen=True, slots=True)
class _Name:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class _Names:
    """By id."""

    accounts: Mapping[int, str]
    categories: Mapping[int, str]
    merchants: Mapping[int, str]

    def ids(self, names: tuple[str, ...], noun: Literal["account", "category", "merchant"]) -> tuple[int, ...]:
        """The ids of the things called so. Raises FunctionInputError for names that the household does not know."""
        of = {"account": self.accounts, "category": self.categories, "merchant": self.merchants}[noun]
        known = [_Name(identity, name) for identity, name in of.items()]
        return ids_named(names, known, noun, "Call again with exact names, or without them.")

    def said(self, outcome: Outcome) -> str:
        """The outcome in words: "category Groceries, tags food, weekly"."""
        parts = [
            f"category {self.categories[outcome.category]}" if outcome.category is not None else "",
            f"merchant {self.merchants[outcome.merchant]}" if outcome.merchant is not None else "",
            f"tags {', '.join(outcome.tags)}" if outcome.tags else "",
            "transfer between own accounts" if outcome.transfer else "",
        ]
        return ", ".join(part for part in parts if part)


async def _names(ledger: Ledger) -> _Names:
    return _Names(
        {one.id: one.name for one in await list_accounts(ledger, archived=True)},
        {one.id: one.name for one in await list_categories(ledger)},
        {one.id: one.name for one in await list_merchants(ledger)},
    )


def _check(asked_for: Conditions, outcome: Outcome) -> None:
    """Raise FunctionInputError for a rule that cannot be."""
    if outcome == Outcome():
        raise FunctionInputError(
            "A rule has to say something.", "Give at least one of category, merchant, tags and transfer."
        )
    if outcome.transfer and outcome.category is not None:
        raise FunctionInputError("A transfer has no category.", "Give one of the two.")
    try:
        check(asked_for)
    except ValueError as error:
        raise FunctionInputError(str(error), "Call again with other conditions.") from error
