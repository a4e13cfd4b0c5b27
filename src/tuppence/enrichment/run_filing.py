"""What comes of what is said in a run: filed at once, or put into the review queue. Once, however often it is said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.entries import Standing, standings
from tuppence.enrichment.preferences import Mode
from tuppence.enrichment.runs import FREE, edit_id_of
from tuppence.enrichment.suggestions import Origin, Suggested, SuggestionSource, suggest
from tuppence.ledger.edits import By, Editing, editing
from tuppence.ledger.filing import TransactionChange, counted, file_in
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_in
from tuppence.ledger.names import name_key
from tuppence.store.bulk import is_among
from tuppence.store.tables import now, run_batches, suggestions

_BY: Mapping[SuggestionSource, str] = {
    "rule": "your rules",
    "memory": "what you did before",
    "classifier": "likeness",
    "model": "a model",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of something that was said, in transactions."""

    filed: frozenset[int]
    suggested: int
    """Of those that were not filed."""


@asynccontextmanager
async def editing_run(ledger: Ledger, run_id: str, source: SuggestionSource) -> AsyncIterator[Editing]:
    """A part of the one edit in which everything is that the run files because `source` says so.

    Raises AlreadyUndone when the run has been undone.
    """
    summary = f"Filed transactions by {_BY[source]}"
    async with editing(ledger, By(source=source), summary, known_as=edit_id_of(run_id, source)) as edit:
        yield edit


async def take_in(edit: Editing, said: Sequence[Suggested], mode: Mode, run_id: str) -> Taken:
    """File what is said, or suggest it, within a part of the run's edit.

    All of `said` is of the edit's source. Filed at once is only what nobody else has said in the meantime, and what no
    person rejected; what a person's rule says goes before everything but people. What is so already (the same may be
    said twice, by two processes that began the run) is not filed again. Transfers are only ever suggested.
    """
    ids = sorted({each.transaction_id for each in said})
    standing = await standings(edit.connection, edit.ledger, ids)
    rejected = await _rejected(edit.connection, edit.ledger, ids)
    at_once = [
        each
        for each in said
        if mode == "file"
        and each.kind != "transfer"
        and each.transaction_id in standing
        and _may_be_filed(each, standing[each.transaction_id])
        and _answered(each) not in rejected
    ]
    for change, alike in (await _changes(edit, at_once)).items():
        await file_in(edit, alike, change)
    filed = frozenset(each.transaction_id for each in at_once)
    others = [each for each in said if mode == "suggest" or each.kind == "transfer"]
    suggested = await suggest(edit.connection, edit.ledger, others, Origin(run_id=run_id))
    return Taken(filed, suggested)


async def take_in_free(
    ledger: Ledger, run_id: str, source: SuggestionSource, said: Sequence[Suggested], mode: Mode
) -> None:
    """Take in what is known without asking anybody, all of it of one source, and count it as a batch of the run."""
    async with editing_run(ledger, run_id, source) as edit:
        taken = await take_in(edit, said, mode, run_id)
        filed = await _count_free(edit, run_id, source, taken)
        edit.summary = f"Filed {counted(filed, 'transaction')} by {_BY[source]}"


async def _count_free(edit: Editing, run_id: str, source: SuggestionSource, taken: Taken) -> int:
    """Add to the run's figures; return how many transactions the source has filed in it by now."""
    dialect = postgresql if edit.connection.dialect.name == "postgresql" else sqlite
    values = {"filed": len(taken.filed), "suggested": taken.suggested}
    table = run_batches.c
    row = dialect.insert(run_batches).values(
        household_id=edit.ledger.household,
        run_id=run_id,
        number=-FREE.index(source),
        groups="[]",
        transactions=0,
        state="done",
        unanswered=0,
        unsure=0,
        abstained="[]",
        ended_at=now(),
        **values,
    )
    added = row.on_conflict_do_update(
        index_elements=[table.household_id, table.run_id, table.number],
        set_={name: table[name] + count for name, count in values.items()},
    )
    total: int = (await edit.connection.execute(added.returning(table.filed))).scalar_one()
    return total


async def model_edit_said(edit: Editing, run_id: str, model: str) -> None:
    """Say anew what the edit of a run's model is about, once a batch is counted."""
    table = run_batches.c
    numbers = or_(table.number > 0, table.number == -FREE.index("model"))
    mine = and_(table.household_id == edit.ledger.household, table.run_id == run_id, numbers)
    filed = await edit.connection.scalar(select(func.sum(table.filed)).where(mine)) or 0
    edit.summary = f"Filed {counted(filed, 'transaction')} by {model}"


def _may_be_filed(each: Suggested, standing: Standing) -> bool:
    match each.kind:
        case "category" if standing.is_transfer:
            return False
        case "category" | "merchant" if each.source != "rule":
            return standing.is_open(each.kind)
        case "category":
            return not standing.category_is_locked and standing.category_id != each.category_id
        case "merchant":
            return not standing.merchant_is_locked and standing.merchant_id != each.merchant_id
    return not {name_key(tag) for tag in each.tags} <= standing.tags


_Answer = tuple[int, str, int | None, str]


def _answered(each: Suggested) -> _Answer:
    label = each.category_id if each.kind == "category" else each.merchant_id
    return each.transaction_id, each.kind, label, name_key(each.merchant_name or "")


async def _rejected(connection: AsyncConnection, ledger: Ledger, ids: Collection[int]) -> frozenset[_Answer]:
    """What people have said no to."""
    table = suggestions.c
    these = is_among(connection.dialect.name, [table.transaction_id], [[each] for each in ids])
    label = case((table.kind == "category", table.category_id), else_=table.merchant_id)
    query = select(table.transaction_id, table.kind, label.label("label"), table.merchant_name).where(
        table.household_id == ledger.household, table.state == "rejected", these
    )
    return frozenset(
        (row.transaction_id, row.kind, row.label, name_key(row.merchant_name or ""))
        for row in await connection.execute(query)
    )


async def _changes(edit: Editing, said: Sequence[Suggested]) -> dict[TransactionChange, list[int]]:
    """The ids of the transactions by what is to be changed of them. Merchants that are not there yet are made."""
    named: dict[str, int] = {}
    changes: dict[TransactionChange, list[int]] = {}
    for each in said:
        match each.kind:
            case "category":
                change = TransactionChange(category=each.category_id)
            case "merchant":
                if (merchant := each.merchant_id) is None and each.merchant_name is not None:
                    if each.merchant_name not in named:
                        named[each.merchant_name] = (await merchant_in(edit, each.merchant_name, each.website)).id
                    merchant = named[each.merchant_name]
                change = TransactionChange(merchant=merchant)
            case _:
                change = TransactionChange(add_tags=each.tags)
        changes.setdefault(change, []).append(each.transaction_id)
    return changes
