"""Rules: what fits, who decides, and that every change of them can be undone."""

from decimal import Decimal

import pytest
from sqlalchemy import insert

from enrichment.filed import paid
from tuppence.enrichment.conditions import Conditions, check, fits, told
from tuppence.enrichment.patterns import PatternUnclear
from tuppence.enrichment.rules import (
    Outcome,
    RuleChange,
    change_rule,
    combined,
    create_rule,
    delete_rule,
    fitting,
    list_rules,
    move_rule,
)
from tuppence.ledger.categories import create_category, delete_category, find_category, merge_categories
from tuppence.ledger.edits import list_edits
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_named, merge_merchants
from tuppence.ledger.undoing import undo_edit
from tuppence.store.tables import households, now

pytestmark = pytest.mark.anyio
ORLIK = paid("POS DEBIT Orlik Märkte 4711", "-12.50", account=7)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (Conditions(contains="orlik  MÄRKTE"), True),
        (Conditions(contains="ORLIK MARKT"), False),
        (Conditions(matches=r"\borlik\b.*\d{4}"), True),
        (Conditions(matches="^orlik"), False),
        (Conditions(minimum=Decimal("12.50")), True),
        (Conditions(minimum=Decimal("12.51")), False),
        (Conditions(maximum=Decimal("12.5")), True),
        (Conditions(maximum=Decimal(12)), False),
        (Conditions(direction="out"), True),
        (Conditions(direction="in"), False),
        (Conditions(accounts=(3, 7)), True),
        (Conditions(accounts=(3,)), False),
        (Conditions(contains="orlik", direction="out", minimum=Decimal(1), accounts=(7,)), True),
        (Conditions(contains="orlik", direction="in"), False),
    ],
)
def test_every_condition_has_to_hold(conditions: Conditions, expected: bool) -> None:
    check(conditions)
    assert fits(conditions, ORLIK) is expected


def test_the_payee_counts_as_well() -> None:
    assert fits(Conditions(contains="velana"), paid("Rechnung 4711", payee="Velana GmbH"))


@pytest.mark.parametrize(
    "conditions",
    [
        Conditions(),
        Conditions(contains=" "),
        Conditions(contains="x" * 201),
        Conditions(minimum=Decimal(-1)),
        Conditions(minimum=Decimal("NaN")),
        Conditions(minimum=Decimal(2), maximum=Decimal(1)),
        Conditions(matches="("),
    ],
)
async def test_conditions_that_cannot_be_are_refused(ledger: Ledger, conditions: Conditions) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        await create_rule(ledger, conditions, Outcome(transfer=True))
    assert await list_rules(ledger) == []
    assert await list_edits(ledger) == []


def test_conditions_in_words() -> None:
    both = Conditions(contains="orlik", direction="out", minimum=Decimal(10), maximum=Decimal(20), accounts=(7, 8))
    assert told(both, {7: "Giro"}) == "contains “orlik”, money out, from 10 to 20, on Giro or an account that is gone"
    assert told(Conditions(minimum=Decimal(5), maximum=Decimal(5)), {}) == "exactly 5"


async def groceries(ledger: Ledger) -> int:
    return (await find_category(ledger, "Groceries")).id


async def test_rules_are_asked_in_their_order(ledger: Ledger) -> None:
    category = await groceries(ledger)
    first, second, third = [
        await create_rule(ledger, Conditions(contains=word), Outcome(category=category)) for word in ("a", "b", "c")
    ]
    assert [rule.place for rule in (first, second, third)] == [1, 2, 3]
    await move_rule(ledger, third.id, 1)
    assert [rule.conditions.contains for rule in await list_rules(ledger)] == ["c", "a", "b"]
    await move_rule(ledger, third.id, 99)
    assert [rule.conditions.contains for rule in await list_rules(ledger)] == ["a", "b", "c"]
    assert (await move_rule(ledger, third.id, 3)).edit_id is None
    with pytest.raises(ValueError, match="first place"):
        await move_rule(ledger, third.id, 0)


async def test_a_rule_can_be_changed_switched_off_deleted_and_all_of_it_undone(ledger: Ledger) -> None:
    category = await groceries(ledger)
    rule = await create_rule(ledger, Conditions(contains="orlik"), Outcome(category=category, tags=("Food ", "Shop")))
    assert rule.outcome.tags == ("Food", "Shop")
    change = RuleChange(conditions=Conditions(matches="orl.k"), outcome=Outcome(transfer=True))
    await change_rule(ledger, rule.id, change)
    await change_rule(ledger, rule.id, RuleChange(enabled=False))
    await delete_rule(ledger, rule.id)
    assert await list_rules(ledger) == []
    edits = await list_edits(ledger)
    summaries = ["Deleted a rule", "Switched a rule off", "Changed a rule", "Added a rule"]
    assert [edit.summary for edit in edits] == summaries
    for edit in edits[:3]:
        await undo_edit(ledger, edit.id)
    assert await list_rules(ledger) == [rule]
    await undo_edit(ledger, edits[3].id)
    assert await list_rules(ledger) == []


async def test_what_a_rule_names_has_to_be_there(ledger: Ledger) -> None:
    for outcome in (Outcome(category=999), Outcome(merchant=999)):
        with pytest.raises(LookupError):
            await create_rule(ledger, Conditions(contains="a"), outcome)
    with pytest.raises(LookupError):
        await create_rule(ledger, Conditions(accounts=(999,)), Outcome(transfer=True))
    for outcome in (Outcome(), Outcome(transfer=True, category=await groceries(ledger)), Outcome(tags=(" ",))):
        with pytest.raises(ValueError, match=r"\.$"):
            await create_rule(ledger, Conditions(contains="a"), outcome)
    for attempt in (change_rule(ledger, 5, RuleChange(enabled=True)), delete_rule(ledger, 5), move_rule(ledger, 5, 1)):
        with pytest.raises(LookupError):
            await attempt


async def test_a_category_that_is_gone_is_not_said_any_more_and_comes_back(ledger: Ledger) -> None:
    category = await create_category(ledger, "Orlik only")
    await create_rule(ledger, Conditions(contains="orlik"), Outcome(category=category.id, tags=("x",)))
    deleted = await delete_category(ledger, category.id)
    (rule,) = await list_rules(ledger)
    assert rule.outcome == Outcome(tags=("x",))
    assert deleted.edit_id is not None
    await undo_edit(ledger, deleted.edit_id)
    assert (await list_rules(ledger))[0].outcome.category == category.id


async def test_a_rule_follows_what_is_merged(ledger: Ledger) -> None:
    category = await create_category(ledger, "Orlik only")
    shop, target = await merchant_named(ledger, "A"), await merchant_named(ledger, "B")
    await create_rule(ledger, Conditions(contains="orlik"), Outcome(category=category.id, merchant=shop.id))
    food = await groceries(ledger)
    edits = [await merge_categories(ledger, category.id, food), await merge_merchants(ledger, shop.id, target.id)]
    (rule,) = await list_rules(ledger)
    assert rule.outcome == Outcome(category=food, merchant=target.id)
    for edit in reversed(edits):
        assert edit.edit_id is not None
        await undo_edit(ledger, edit.edit_id)
    (rule,) = await list_rules(ledger)
    assert rule.outcome == Outcome(category=category.id, merchant=shop.id)


async def test_another_household_has_its_own_rules(ledger: Ledger) -> None:
    rule = await create_rule(ledger, Conditions(contains="a"), Outcome(transfer=True))
    values = {"name": "Other", "language": "en", "created_at": now()}
    async with ledger.store.writing() as connection:
        await connection.execute(insert(households).values(id=ledger.household + 1, **values))
    other = Ledger(ledger.store, ledger.household + 1)
    assert await list_rules(other) == []
    with pytest.raises(LookupError):
        await delete_rule(other, rule.id)


async def test_with_an_unclear_pattern_nothing_is_saved(ledger: Ledger) -> None:
    rule = await create_rule(ledger, Conditions(contains="a"), Outcome(transfer=True))
    with pytest.raises(PatternUnclear):
        await change_rule(ledger, rule.id, RuleChange(conditions=Conditions(matches="(a")))
    assert await list_rules(ledger) == [rule]


async def test_the_first_rule_that_says_something_decides_it(ledger: Ledger) -> None:
    category, merchant = await groceries(ledger), (await merchant_named(ledger, "Orlik")).id
    off = await create_rule(ledger, Conditions(contains="orlik"), Outcome(category=category))
    await change_rule(ledger, off.id, RuleChange(enabled=False))
    tagging = await create_rule(ledger, Conditions(direction="out"), Outcome(tags=("out",)))
    filing = await create_rule(ledger, Conditions(contains="orlik"), Outcome(category=category, tags=("food",)))
    moving = await create_rule(ledger, Conditions(contains="pos"), Outcome(transfer=True, merchant=merchant))
    await create_rule(ledger, Conditions(contains="velana"), Outcome(merchant=merchant))
    found = fitting(await list_rules(ledger), ORLIK)
    assert [rule.id for rule in found] == [tagging.id, filing.id, moving.id]
    decided = {what: rule.id for what, rule in combined(found).items()}
    assert decided == {"tags": tagging.id, "category": filing.id, "merchant": moving.id}
    assert set(combined([moving, filing])) == {"transfer", "merchant", "tags"}
