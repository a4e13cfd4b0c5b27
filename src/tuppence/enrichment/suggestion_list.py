"""The review queue: what waits for a person, those that can be decided together in groups."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from anyio import to_thread
from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.descriptors import descriptor
from tuppence.enrichment.rules import Decided
from tuppence.enrichment.suggestions import SuggestionSource, tags_in
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.bulk import is_among
from tuppence.store.tables import accounts, categories, merchants, suggestions, tags, transaction_tags, transactions

SHOWN = 20
"""So many suggestions of a group are listed at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something that waits for a person to decide it."""

    id: int
    transaction_id: int
    date: datetime.date
    amount: Money
    """Negative is money out."""
    description: str
    """The bank's words."""
    account: str
    kind: Decided
    category_id: int | None
    """Of the kind "category"."""
    category: str | None
    merchant_id: int | None
    """Of the kind "merchant"; None for one that is made when a person accepts."""
    merchant: str | None
    """Its name, also of one that would be made."""
    website: str | None
    """Of one that would be made; None when unknown."""
    tags: tuple[str, ...]
    """Of the kind "tags": those to add."""
    source: SuggestionSource
    confidence: int | None
    """Percent; None when whoever suggests it did not say."""
    reason: str
    run_id: str | None
    """Of the run in the background that it comes from."""
    turn_id: str | None
    """Of the chat's turn that it comes from."""
    created_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class SuggestionGroup:
    """Suggestions of one answer for transactions of one wording: they are decided together, or each by itself."""

    title: str
    """Whom they are about, for people: the merchant's name, or else the wording."""
    suggestions: tuple[Suggestion, ...]
    """The newest transactions first; SHOWN at most."""
    total: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class SuggestionPage:
    """Some of the groups that were asked for."""

    groups: tuple[SuggestionGroup, ...]
    """The largest first: one decision settles most."""
    total: int
    """How many suggestions there are, on all pages together."""
    next: str | None
    """What to give as `after` for the groups that come next; None when these are the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """Which suggestions are meant; what is None does not matter."""

    source: SuggestionSource | None = None
    kind: Decided | None = None
    run_id: str | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """What is true of their rows."""
        asked = (
            (suggestions.c.source, self.source),
            (suggestions.c.kind, self.kind),
            (suggestions.c.run_id, self.run_id),
        )
        return (column == value for column, value in asked if value is not None)


ALL = Narrowing()


async def list_suggestions(
    ledger: Ledger,
    *,
    limit: int = 50,
    after: str | None = None,
    source: SuggestionSource | None = None,
    kind: Decided | None = None,
    run_id: str | None = None,
) -> SuggestionPage:
    """The first `limit` groups of what waits for a person, or those that come `after` the ones of another page.

    Raises ValueError when `after` is nothing that a page said.
    """
    start = None if after is None else _Place.parse(after)
    async with ledger.store.reading() as connection:
        found = await groups_on(connection, ledger, Narrowing(source=source, kind=kind, run_id=run_id))
        rest = [group for group in found if start is None or group.place > start]
        groups = await _shown(connection, ledger, rest[:limit])
    following = str(rest[limit - 1].place) if len(rest) > limit > 0 else None
    return SuggestionPage(tuple(groups), sum(len(group.members) for group in found), following)


async def count_suggestions(ledger: Ledger, at_most: int | None = None) -> int:
    """How many suggestions wait for a person. at_most: how far to count, which takes less time; None: to the end."""
    async with ledger.store.reading() as connection:
        waiting = _waiting(connection, ledger, suggestions.c.id).limit(at_most).subquery()
        return await connection.scalar(select(func.count()).select_from(waiting)) or 0


async def waiting_among(connection: AsyncConnection, ledger: Ledger, ids: Collection[int]) -> Sequence[Any]:
    """The rows of those of these suggestions that wait for a person, by id."""
    these = is_among(connection.dialect.name, [suggestions.c.id], [[each] for each in ids])
    query = _waiting(connection, ledger, suggestions).where(these).order_by(suggestions.c.id)
    rows: Sequence[Any] = (await connection.execute(query)).all()
    return rows


# ---------------------------------------------------------------------------------------------------------- waiting


def _waiting(connection: AsyncConnection, ledger: Ledger, *columns: Any) -> Select[Any]:
    """A query for columns of the suggestions that wait for a person, and of their transactions.

    They wait no more when a person has decided elsewhere, when it is so already, and when what they say is gone.
    """
    suggested, row = suggestions.c, transactions.c
    is_new = or_(_category(ledger), _merchant(ledger), _tags(connection, ledger), _transfer())
    joined = suggestions.join(
        transactions, and_(row.household_id == suggested.household_id, row.id == suggested.transaction_id)
    )
    mine = suggested.household_id == ledger.household, suggested.state == "open"
    return select(*columns).select_from(joined).where(*mine, visible(ledger), is_new)


def _category(ledger: Ledger) -> ColumnElement[bool]:
    suggested, row = suggestions.c, transactions.c
    known = select(categories.c.id).where(categories.c.household_id == ledger.household)
    return and_(
        suggested.kind == "category",
        row.category_source.is_distinct_from("person"),
        row.transfer_id.is_(None),
        row.category_id.is_distinct_from(suggested.category_id),
        suggested.category_id.in_(known),
    )


def _merchant(ledger: Ledger) -> ColumnElement[bool]:
    suggested, row = suggestions.c, transactions.c
    known = select(merchants.c.id).where(merchants.c.household_id == ledger.household)
    own = merchants.alias()
    name = select(own.c.name).where(own.c.household_id == row.household_id, own.c.id == row.merchant_id)
    return and_(
        suggested.kind == "merchant",
        row.merchant_source.is_distinct_from("person"),
        or_(
            and_(suggested.merchant_id.in_(known), row.merchant_id.is_distinct_from(suggested.merchant_id)),
            and_(
                suggested.merchant_id.is_(None),
                suggested.merchant_name.is_distinct_from(name.scalar_subquery()),
            ),
        ),
    )


def _tags(connection: AsyncConnection, ledger: Ledger) -> ColumnElement[bool]:
    suggested, on = suggestions.c, transaction_tags.c
    if connection.dialect.name == "sqlite":
        listed = func.json_each(suggested.tags).table_valued("value")
    else:
        listed = func.json_array_elements_text(cast(suggested.tags, JSON)).table_valued("value")
    there = select(tags.c.name).where(
        on.household_id == ledger.household,
        on.transaction_id == suggested.transaction_id,
        tags.c.household_id == on.household_id,
        tags.c.id == on.tag_id,
    )
    missing = select(listed.c.value).where(cast(listed.c.value, Text).not_in(there)).exists()
    return and_(suggested.kind == "tags", missing)


def _transfer() -> ColumnElement[bool]:
    row = transactions.c
    undecided = row.transfer_source.is_distinct_from("person")
    return and_(suggestions.c.kind == "transfer", row.transfer_id.is_(None), undecided)


# ----------------------------------------------------------------------------------------------------------- groups


class _Place(NamedTuple):
    """Where a group is in the list: the largest come first, then the oldest."""

    down: int
    """How many it has, below zero."""
    first: int
    """The id of its oldest suggestion."""

    def __str__(self) -> str:
        return f"{-self.down}.{self.first}"

    @classmethod
    def parse(cls, text: str) -> "_Place":
        size, _, first = text.partition(".")
        if not (size.isdecimal() and first.isdecimal() and len(text) < 40):
            raise ValueError(f"“{text}” is no place in the list of suggestions.")
        return cls(-int(size), int(first))


class Member(NamedTuple):
    """A suggestion of a group."""

    date: datetime.date
    """Of its transaction."""
    id: int


@dataclass(frozen=True, slots=True)
class Group:
    """Suggestions of one answer for transactions of one wording."""

    wording: str
    members: Sequence[Member]

    @property
    def place(self) -> _Place:
        """Where it is in the list."""
        return _Place(-len(self.members), min(member.id for member in self.members))


async def groups_on(connection: AsyncConnection, ledger: Ledger, narrowing: Narrowing = ALL) -> list[Group]:
    """All groups of what waits for a person, in the order of the list."""
    suggested, row = suggestions.c, transactions.c
    said = (suggested.kind, suggested.category_id, suggested.merchant_id, suggested.merchant_name, suggested.tags)
    query = _waiting(connection, ledger, suggested.id, row.date, row.description, row.payee, *said)
    rows = (await connection.execute(query.where(*narrowing.conditions()))).all()
    return await to_thread.run_sync(_groups, rows)


def _groups(rows: Iterable[Any]) -> list[Group]:
    groups: dict[tuple[Any, ...], list[Member]] = {}
    for identity, date, description, payee, *said in rows:
        wording = descriptor(description) or descriptor(payee or "") or name_key(description)
        groups.setdefault((wording, *said), []).append(Member(date, identity))
    found = [Group(key[0], sorted(members, reverse=True)) for key, members in groups.items()]
    return sorted(found, key=lambda group: group.place)


async def _shown(connection: AsyncConnection, ledger: Ledger, groups: Sequence[Group]) -> list[SuggestionGroup]:
    """The groups with what people see of them."""
    shown = [[member.id for member in group.members[:SHOWN]] for group in groups]
    rows = await _rows(connection, ledger, [identity for ids in shown for identity in ids])
    return [
        SuggestionGroup(
            _title(group, [rows[identity] for identity in ids]),
            tuple(_suggestion(rows[identity]) for identity in ids),
            len(group.members),
        )
        for group, ids in zip(groups, shown, strict=True)
    ]


async def _rows(connection: AsyncConnection, ledger: Ledger, ids: Sequence[int]) -> Mapping[int, Any]:
    suggested, row, own = suggestions.c, transactions.c, merchants.alias()

    def known(table: Any, reference: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(table.c.household_id == ledger.household, table.c.id == reference)

    joined = suggestions.join(transactions, known(transactions, suggested.transaction_id))
    joined = joined.join(accounts, known(accounts, row.account_id))
    joined = joined.outerjoin(categories, known(categories, suggested.category_id))
    joined = joined.outerjoin(merchants, known(merchants, suggested.merchant_id))
    joined = joined.outerjoin(own, known(own, row.merchant_id))
    names = (
        accounts.c.name.label("account"),
        categories.c.name.label("category"),
        func.coalesce(merchants.c.name, suggested.merchant_name).label("merchant"),
        own.c.name.label("own_merchant"),
    )
    columns = (suggestions, row.date, row.amount, row.currency, row.description, *names)
    these = is_among(connection.dialect.name, [suggested.id], [[each] for each in ids])
    query = select(*columns).select_from(joined).where(suggested.household_id == ledger.household, these)
    return {each.id: each for each in await connection.execute(query)}


def _title(group: Group, rows: Sequence[Any]) -> str:
    own = {row.own_merchant for row in rows}
    if len(own) == 1 and (name := own.pop()) is not None:
        return str(name)
    return group.wording.title() if len(rows) > 1 else str(rows[0].description)


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(
        id=row.id,
        transaction_id=row.transaction_id,
        date=row.date,
        amount=Money(row.amount, row.currency),
        description=row.description,
        account=row.account,
        kind=row.kind,
        category_id=row.category_id,
        category=row.category,
        merchant_id=row.merchant_id,
        merchant=row.merchant,
        website=row.merchant_website,
        tags=tags_in(row.tags),
        source=row.source,
        confidence=row.confidence,
        reason=row.reason,
        run_id=row.run_id,
        turn_id=row.turn_id,
        created_at=row.created_at,
    )
