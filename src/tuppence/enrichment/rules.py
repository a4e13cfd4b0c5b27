"""People's own rules: what fits their conditions is filed as they say, before anything else is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.conditions import Conditions, check, fits
from tuppence.enrichment.entries import Entry
from tuppence.ledger.edits import PERSON, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import shown_name
from tuppence.store.tables import accounts, categories, merchants, now, rules

MOST_RULES = 1000
Decided = Literal["category", "merchant", "tags", "transfer"]
"""What may be said of a transaction."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of the transactions that fit it; at least one thing."""

    category: int | None = None
    """An id; None: nothing is said of it."""
    merchant: int | None = None
    """An id; None: nothing is said of it."""
    tags: tuple[str, ...] = ()
    """Names to add."""
    transfer: bool = False
    """That they are moves between own accounts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: int
    place: int
    """From 1: the rule at 1 is asked first."""
    enabled: bool
    conditions: Conditions
    outcome: Outcome
    """What still holds of it: a category or merchant that is gone is None."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a rule. What is not set stays as it is."""

    conditions: Conditions | UnsetType = UNSET
    outcome: Outcome | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


async def list_rules(ledger: Ledger) -> list[Rule]:
    """The household's rules in the order in which they are asked."""
    async with ledger.store.reading() as connection:
        return await rules_on(connection, ledger)


async def rules_on(connection: AsyncConnection, ledger: Ledger) -> list[Rule]:
    """The same over an open connection."""
    table = rules.c
    joined = rules.outerjoin(
        categories, (categories.c.household_id == table.household_id) & (categories.c.id == table.category_id)
    ).outerjoin(merchants, (merchants.c.household_id == table.household_id) & (merchants.c.id == table.merchant_id))
    names = (categories.c.id.label("category"), merchants.c.id.label("merchant"))
    query = select(rules, *names).select_from(joined).where(table.household_id == ledger.household)
    found = (await connection.execute(query.order_by(table.position, table.id))).all()
    return [
        Rule(
            row.id,
            place,
            row.enabled,
            msgspec.json.decode(row.conditions, type=Conditions),
            Outcome(
                category=row.category,
                merchant=row.merchant,
                tags=msgspec.json.decode(row.tags, type=tuple[str, ...]),
                transfer=row.transfer,
            ),
        )
        for place, row in enumerate(found, 1)
    ]


async def create_rule(ledger: Ledger, conditions: Conditions, outcome: Outcome, by: By = PERSON) -> Rule:
    """A new rule, the last to be asked.

    Raises ValueError for conditions or an outcome that say nothing or cannot be (PatternUnclear for a pattern), and
    LookupError when the household lacks an account, category or merchant of them.
    """
    async with editing(ledger, by, "Added a rule") as edit:
        return await rule_in(edit, conditions, outcome)


async def rule_in(edit: Editing, conditions: Conditions, outcome: Outcome) -> Rule:
    """The same as a part of an edit."""
    earlier = select(func.count(), func.max(rules.c.position)).where(rules.c.household_id == edit.ledger.household)
    count, last = (await edit.connection.execute(earlier)).one()
    if count >= MOST_RULES:
        raise ValueError(f"There are {MOST_RULES} rules already. Delete some that no longer matter.")
    values = await _conditions(edit, conditions) | await _outcome(edit, outcome)
    order = {"position": (last or 0) + 1, "enabled": True, "created_at": now()}
    return await _rule(edit.connection, edit.ledger, await edit.insert(rules, values | order))


async def change_rule(ledger: Ledger, identity: int, change: RuleChange, by: By = PERSON) -> Edited:
    """Change a rule, or switch it on or off. Raises what `create_rule` does, and LookupError for an unknown id."""
    async with editing(ledger, by, "Changed a rule") as edit:
        await _rule(edit.connection, ledger, identity)
        values: dict[str, Any] = {}
        if change.conditions is not UNSET:
            values |= await _conditions(edit, change.conditions)
        if change.outcome is not UNSET:
            values |= await _outcome(edit, change.outcome)
        if change.enabled is not UNSET:
            values["enabled"] = change.enabled
            if len(values) == 1:
                edit.summary = f"Switched a rule {'on' if change.enabled else 'off'}"
        return edited(edit, await edit.update(rules, rules.c.id == identity, values))


async def move_rule(ledger: Ledger, identity: int, place: int, by: By = PERSON) -> Edited:
    """Put a rule at this place of the order, counted from 1; beyond the last one is last.

    Raises LookupError for an id that the household does not have, ValueError for a place before the first.
    """
    if place < 1:
        raise ValueError("The first place is 1.")
    async with editing(ledger, by, "Changed the order of the rules") as edit:
        moved = await _rule(edit.connection, ledger, identity)
        order = [rule.id for rule in await rules_on(edit.connection, ledger) if rule.id != identity]
        order.insert(place - 1, moved.id)
        for position, each in enumerate(order, 1):
            await edit.update(rules, rules.c.id == each, {"position": position})
        return edited(edit, min(edit.changes, 1))


async def delete_rule(ledger: Ledger, identity: int, by: By = PERSON) -> Edited:
    """Remove a rule; what was filed by it stays so. Raises LookupError for an id that the household does not have."""
    async with editing(ledger, by, "Deleted a rule") as edit:
        await _rule(edit.connection, ledger, identity)
        return edited(edit, await edit.delete(rules, rules.c.id == identity))


def fitting(known: Sequence[Rule], entry: Entry) -> list[Rule]:
    """The rules that are switched on and fit the transaction, the first to be asked first."""
    return [rule for rule in known if rule.enabled and fits(rule.conditions, entry)]


def combined(fitting_rules: Iterable[Rule]) -> dict[Decided, Rule]:
    """Which rule decides what, of those that fit: by "category", "merchant", "tags" and "transfer".

    Of each the first rule that says something. A transfer is neither income nor spending: it has no category.
    """
    deciding: dict[Decided, Rule] = {}
    for rule in fitting_rules:
        said = rule.outcome
        statements: tuple[tuple[Decided, bool], ...] = (
            ("transfer", said.transfer and "category" not in deciding),
            ("category", said.category is not None and "transfer" not in deciding and not said.transfer),
            ("merchant", said.merchant is not None),
            ("tags", bool(said.tags)),
        )
        for what, is_said in statements:
            if is_said:
                deciding.setdefault(what, rule)
    return deciding


async def _rule(connection: AsyncConnection, ledger: Ledger, identity: int) -> Rule:
    for rule in await rules_on(connection, ledger):
        if rule.id == identity:
            return rule
    raise LookupError(f"There is no rule {identity}.")


async def _conditions(edit: Editing, conditions: Conditions) -> dict[str, Any]:
    check(conditions)
    for account in conditions.accounts:
        await _exists(edit, accounts, account, "account")
    return {"conditions": msgspec.json.encode(conditions).decode()}


async def _outcome(edit: Editing, outcome: Outcome) -> dict[str, Any]:
    if outcome == Outcome():
        raise ValueError("A rule has to say something: a category, a merchant, tags, or that it is a transfer.")
    if outcome.transfer and outcome.category is not None:
        raise ValueError("A transfer is neither income nor spending, so it has no category. Choose one of the two.")
    if outcome.category is not None:
        await _exists(edit, categories, outcome.category, "category")
    if outcome.merchant is not None:
        await _exists(edit, merchants, outcome.merchant, "merchant")
    names = [shown_name(name, "a tag") for name in outcome.tags]
    return {
        "category_id": outcome.category,
        "merchant_id": outcome.merchant,
        "tags": msgspec.json.encode(names).decode(),
        "transfer": outcome.transfer,
    }


async def _exists(edit: Editing, table: Any, identity: int, noun: str) -> None:
    mine = table.c.household_id == edit.ledger.household, table.c.id == identity
    if await edit.connection.scalar(select(table.c.id).where(*mine)) is None:
        raise LookupError(f"There is no {noun} {identity}.")
