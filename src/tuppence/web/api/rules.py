"""People's own rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tuppence.enrichment.conditions import LONGEST_WORDS, Conditions
from tuppence.enrichment.patterns import LONGEST_PATTERN
from tuppence.enrichment.rules import Outcome, Rule, RuleChange, change_rule, create_rule, delete_rule, move_rule
from tuppence.web.api.named import Id, Name
from tuppence.web.names import NameId
from tuppence.web.rule_preview import Fate, rule_preview
from tuppence.web.rules import RuleLine, rule_lines, rule_of
from tuppence.web.transaction_filing import refused
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(prefix="/api/rules", tags=["rules"])

Size = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d{1,12}(\.\d{1,6})?$")]
"""An amount without a sign, in whole units with a point, as in "12.50"."""


class Model(BaseModel):
    """What is common to all that is sent."""

    model_config = ConfigDict(use_attribute_docstrings=True, strict=True)


class RuleConditions(Model):
    """What a transaction has to be: all of what is set."""

    contains: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_WORDS)] = ""
    """Words of the description, the payee or the memo; case does not matter."""
    matches: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_PATTERN)] = ""
    """A regular expression without look-around and back-references."""
    minimum: Size | None = None
    maximum: Size | None = None
    direction: Literal["in", "out"] | None = None
    accounts: list[Id] = Field(default=[], max_length=1000)
    """Any of them; empty: on any account."""


class RuleOutcome(Model):
    """What holds of such transactions; at least one thing."""

    category: Id | None = None
    merchant: Id | None = None
    tags: list[Name] = Field(default=[], max_length=50)
    """Names of tags to add."""
    transfer: bool = False
    """That they are moves between own accounts, which is only ever suggested."""


class NewRule(Model):
    """A rule to be added, the last to be asked."""

    conditions: RuleConditions
    outcome: RuleOutcome


class ChangedRule(Model):
    """What to change of a rule; what is left out, or null, stays as it is."""

    conditions: RuleConditions | None = None
    """All of them anew."""
    outcome: RuleOutcome | None = None
    """All of it anew."""
    enabled: bool | None = None


class ListedRule(Model):
    """A rule."""

    id: int
    place: int
    """From 1: the rule at 1 is asked first."""
    enabled: bool
    conditions: RuleConditions
    outcome: RuleOutcome
    """What still holds of it: a category or merchant that is gone is null."""
    text: str
    """The conditions for people."""


class Rules(Model):
    """All rules in the order in which they are asked."""

    rules: list[ListedRule]


class Changed(Model):
    """What came of a change."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when everything was so already."""
    rule: ListedRule


class Removed(Model):
    """What came of deleting a rule."""

    edit: str | None


class WantedPlace(Model):
    """Where a rule is to be asked."""

    place: Annotated[int, Field(ge=1, lt=1 << 31)]
    """From 1; beyond the last one is last."""


class Previewed(Model):
    """What a rule would do to the transactions that are there."""

    fitting: int
    fates: dict[Fate, int]
    """How many of those that fit would be changed, are the same already, are kept as a person filed them, or are
    decided by an earlier rule."""
    looked_at: int | None
    """So many of the latest transactions were looked at; null: all."""
    judged: int | None
    """`fates` are those of so many of the latest that fit; null: of all."""


@router.get("")
async def get_rules(visitor: Visiting) -> Rules:
    """All rules."""
    return Rules(rules=[_listed(line) for line in await rule_lines(visitor)])


@router.post("", status_code=201)
async def add_rule(visitor: Visiting, new: NewRule) -> ListedRule:
    """Add a rule. It holds for what is filed from now on."""
    with refused():
        made = await create_rule(visitor.ledger, _conditions(new.conditions), _outcome(new.outcome), visitor.by)
    return await _one(visitor, made.id)


@router.post("/preview")
async def preview_rule(visitor: Visiting, new: NewRule) -> Previewed:
    """What a new rule would do. Nothing changes."""
    with refused():
        found = await rule_preview(visitor.ledger, _conditions(new.conditions), _outcome(new.outcome), None)
    return Previewed(fitting=found.fitting, fates=dict(found.fates), looked_at=found.looked_at, judged=found.judged)


@router.get("/{rule_id:int}")
async def get_rule(visitor: Visiting, rule_id: NameId) -> ListedRule:
    """One rule."""
    return await _one(visitor, rule_id)


@router.patch("/{rule_id:int}")
async def patch_rule(visitor: Visiting, rule_id: NameId, change: ChangedRule) -> Changed:
    """Change a rule, or switch it on or off."""
    wanted = RuleChange(
        conditions=UNSET if change.conditions is None else _conditions(change.conditions),
        outcome=UNSET if change.outcome is None else _outcome(change.outcome),
        enabled=UNSET if change.enabled is None else change.enabled,
    )
    with refused():
        done = await change_rule(visitor.ledger, rule_id, wanted, visitor.by)
    return Changed(edit=done.edit_id, rule=await _one(visitor, rule_id))


@router.put("/{rule_id:int}/place")
async def place_rule(visitor: Visiting, rule_id: NameId, wanted: WantedPlace) -> Changed:
    """Have a rule asked earlier or later."""
    with refused():
        done = await move_rule(visitor.ledger, rule_id, wanted.place, visitor.by)
    return Changed(edit=done.edit_id, rule=await _one(visitor, rule_id))


@router.delete("/{rule_id:int}")
async def remove_rule(visitor: Visiting, rule_id: NameId) -> Removed:
    """Delete a rule; what was filed by it stays so."""
    with refused():
        return Removed(edit=(await delete_rule(visitor.ledger, rule_id, visitor.by)).edit_id)


async def _one(visitor: Visitor, rule_id: int) -> ListedRule:
    rule = await rule_of(visitor, rule_id)
    return next(_listed(line) for line in await rule_lines(visitor) if line.rule.id == rule.id)


def _conditions(of: RuleConditions) -> Conditions:
    return Conditions(
        contains=of.contains,
        matches=of.matches,
        minimum=None if of.minimum is None else Decimal(of.minimum),
        maximum=None if of.maximum is None else Decimal(of.maximum),
        direction=of.direction,
        accounts=tuple(of.accounts),
    )


def _outcome(of: RuleOutcome) -> Outcome:
    return Outcome(category=of.category, merchant=of.merchant, tags=tuple(of.tags), transfer=of.transfer)


def _listed(line: RuleLine) -> ListedRule:
    rule: Rule = line.rule
    asked, said = rule.conditions, rule.outcome
    return ListedRule(
        id=rule.id,
        place=rule.place,
        enabled=rule.enabled,
        conditions=RuleConditions(
            contains=asked.contains,
            matches=asked.matches,
            minimum=None if asked.minimum is None else f"{asked.minimum:f}",
            maximum=None if asked.maximum is None else f"{asked.maximum:f}",
            direction=asked.direction,
            accounts=list(asked.accounts),
        ),
        outcome=RuleOutcome(
            category=said.category, merchant=said.merchant, tags=list(said.tags), transfer=said.transfer
        ),
        text=line.asks,
    )
