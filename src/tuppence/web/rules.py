"""People's own rules: their list in the order in which they are asked, and the form that shows what one would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from msgspec import UNSET

from tuppence.enrichment.conditions import told as conditions_told
from tuppence.enrichment.patterns import PatternUnclear
from tuppence.enrichment.rules import (
    Outcome,
    Rule,
    RuleChange,
    change_rule,
    create_rule,
    delete_rule,
    list_rules,
    move_rule,
)
from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.categories import list_categories
from tuppence.ledger.merchants import list_merchants
from tuppence.ledger.reports.tags import list_tags
from tuppence.ledger.transaction_details import transaction_details
from tuppence.web.account_forms import Typed
from tuppence.web.category_tree import options
from tuppence.web.names import NameId, Said, answered, said_before
from tuppence.web.pages import page
from tuppence.web.problems import missing
from tuppence.web.rule_forms import DIRECTIONS, RuleForm, rule_form, values_from, values_of
from tuppence.web.rule_preview import rule_preview
from tuppence.web.transaction_filing import Done, refused
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/rules")
PATH = "/rules"
MaybeId = Annotated[int | None, Query(ge=1, lt=1 << 63)]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words."""

    rule: Rule
    asks: str
    """What a transaction has to be: "contains “rewe”, money out"."""
    says: tuple[tuple[str, str], ...]
    """What holds of it then: what is said, and which; empty when what it said is gone."""


# --------------------------------------------------------------------------------------------------------- the list


@router.get("")
async def show_rules(request: Request, visitor: Visiting, said: Said = "", added: MaybeId = None) -> Response:
    """All rules. said: the edit that led here; added: the rule that was."""
    lines = await rule_lines(visitor)
    if any(line.rule.id == added for line in lines):
        say: Done | None = Done("Added the rule.", f"{PATH}/{added}/removal")
    else:
        say = await said_before(visitor, said)
    return page(request, "rules/rules.html", lines=lines, said=say)


@router.get("/list")
async def show_list(request: Request, visitor: Visiting) -> Response:
    """The same without the page around it."""
    return page(request, "rules/list.html", lines=await rule_lines(visitor))


@router.post("/{rule_id}/switch")
async def switch(
    request: Request, visitor: Visiting, rule_id: NameId, enabled: Annotated[str, Form()] = ""
) -> Response:
    """Switch a rule on or off."""
    with refused():
        came_of_it = await change_rule(visitor.ledger, rule_id, RuleChange(enabled=enabled == "yes"), visitor.by)
    return await answered(request, visitor, came_of_it)


@router.post("/{rule_id}/place")
async def move(
    request: Request, visitor: Visiting, rule_id: NameId, place: Annotated[int, Form(ge=1, lt=1 << 31)]
) -> Response:
    """Have a rule asked earlier or later."""
    with refused():
        came_of_it = await move_rule(visitor.ledger, rule_id, place, visitor.by)
    return await answered(request, visitor, came_of_it)


@router.post("/{rule_id}/removal")
async def remove(request: Request, visitor: Visiting, rule_id: NameId) -> Response:
    """Delete a rule; what was filed by it stays so."""
    with refused():
        came_of_it = await delete_rule(visitor.ledger, rule_id, visitor.by)
    return await answered(request, visitor, came_of_it, gone=f"{PATH}/{rule_id}", to=PATH)


# ---------------------------------------------------------------------------------------------------------- the form


@router.get("/new")
async def show_new(request: Request, visitor: Visiting, transaction: MaybeId = None) -> Response:
    """The form for a new rule; one that fits a transaction and the like of it when one is named."""
    values: Mapping[str, str] = {}
    if transaction is not None:
        try:
            row = (await transaction_details(visitor.ledger, transaction)).transaction
        except LookupError as error:
            raise missing("transaction") from error
        values = values_from(row, row.category_id, row.merchant_id)
    return page(request, "rules/form.html", **await _form(visitor, Typed(values), ()))


@router.get("/preview")
async def show_preview(request: Request, visitor: Visiting, rule: MaybeId = None) -> Response:
    """What the rule in the form would do."""
    typed = rule_form(request.query_params, visitor.formats)
    errors = {name: text for name, text in typed.typed.errors.items() if name != "outcome"}
    preview = None
    if not errors:
        try:
            preview = await rule_preview(visitor.ledger, typed.conditions, typed.outcome, rule)
        except ValueError as error:
            errors["conditions"] = str(error)
    return page(request, "rules/preview.html", preview=preview, errors=errors, typed=typed.typed)


@router.post("")
async def add(request: Request, visitor: Visiting) -> Response:
    """Add a rule, the last to be asked."""
    form = rule_form(await request.form(), visitor.formats)
    if not form.typed.errors:
        try:
            made = await create_rule(visitor.ledger, form.conditions, await form.made_outcome(visitor), visitor.by)
        except (LookupError, ValueError) as error:
            form.typed.errors[_field_of(error)] = str(error)
        else:
            return Response(headers={"HX-Redirect": f"{PATH}?added={made.id}"})
    return page(request, "rules/fields.html", status=422, **await _form(visitor, form.typed, form.accounts))


@router.get("/{rule_id}")
async def show_rule(request: Request, visitor: Visiting, rule_id: NameId) -> Response:
    """The form of a rule that is there."""
    rule = await rule_of(visitor, rule_id)
    named = {one.id: one.name for one in await list_merchants(visitor.ledger)} if rule.outcome.merchant else {}
    typed = Typed(values_of(rule, named.get(rule.outcome.merchant or 0), visitor.formats))
    return page(request, "rules/form.html", **await _form(visitor, typed, rule.conditions.accounts, rule))


@router.post("/{rule_id}")
async def change(request: Request, visitor: Visiting, rule_id: NameId) -> Response:
    """Change what a rule asks and says."""
    rule = await rule_of(visitor, rule_id)
    form = rule_form(await request.form(), visitor.formats)
    if not form.typed.errors:
        try:
            came_of_it = await change_rule(visitor.ledger, rule.id, await _change(visitor, rule, form), visitor.by)
        except (LookupError, ValueError) as error:
            form.typed.errors[_field_of(error)] = str(error)
        else:
            return Response(headers={"HX-Redirect": f"{PATH}?said={came_of_it.edit_id or ''}"})
    return page(request, "rules/fields.html", status=422, **await _form(visitor, form.typed, form.accounts, rule))


# ------------------------------------------------------------------------------------------------- what pages show


async def rule_of(visitor: Visitor, rule_id: int) -> Rule:
    """The visitor's rule of this id. Raises Problem when there is none."""
    found = next((one for one in await list_rules(visitor.ledger) if one.id == rule_id), None)
    if found is None:
        raise missing("rule")
    return found


async def rule_lines(visitor: Visitor) -> list[RuleLine]:
    """The household's rules in words, in the order in which they are asked."""
    rules = await list_rules(visitor.ledger)
    accounts = {one.id: one.name for one in await list_accounts(visitor.ledger, archived=True)}
    categories = {one.id: one.name for one in await list_categories(visitor.ledger)}
    wanted = any(rule.outcome.merchant for rule in rules)
    merchants = {one.id: one.name for one in await list_merchants(visitor.ledger)} if wanted else {}
    return [
        RuleLine(rule, conditions_told(rule.conditions, accounts), _says(rule.outcome, categories, merchants))
        for rule in rules
    ]


def _says(outcome: Outcome, categories: Mapping[int, str], merchants: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    said = [
        ("category", categories.get(outcome.category or 0, "")),
        ("merchant", merchants.get(outcome.merchant or 0, "")),
        *(("tag", name) for name in outcome.tags),
        ("transfer", "a transfer between own accounts" if outcome.transfer else ""),
    ]
    return tuple((what, which) for what, which in said if which)


async def _form(visitor: Visitor, typed: Typed, ticked: tuple[int, ...], rule: Rule | None = None) -> dict[str, Any]:
    accounts = await list_accounts(visitor.ledger, archived=True)
    return {
        "rule": rule,
        "typed": typed,
        "ticked": ticked,
        "accounts": [one for one in accounts if not one.archived or one.id in ticked],
        "directions": list(DIRECTIONS.items()),
        "categories": [("", "Nothing about it"), *options(await list_categories(visitor.ledger))],
        "tags": await list_tags(visitor.ledger),
    }


async def _change(visitor: Visitor, rule: Rule, form: RuleForm) -> RuleChange:
    outcome = await form.made_outcome(visitor)
    return RuleChange(
        conditions=form.conditions if form.conditions != rule.conditions else UNSET,
        outcome=outcome if outcome != rule.outcome else UNSET,
    )


def _field_of(error: Exception) -> str:
    """Where in the form to say what cannot be."""
    return "pattern" if isinstance(error, PatternUnclear) else "outcome"
