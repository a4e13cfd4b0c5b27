"""The household's own account of what was used against a provider's, by day and model."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import BigInteger, ColumnElement, RowMapping, func, literal, or_, select, type_coerce

from tuppence.ledger.household import Ledger
from tuppence.store.tables import llm_usage
from tuppence.store.tables.metadata import EPOCH
from tuppence.usage.columns import of_household
from tuppence.usage.pricing import dollars
from tuppence.usage.provider_exports import KINDS, Kind, Line, ProviderExport
from tuppence.usage.row import COSTLY

_FINEST, _COARSEST = 6, 2  # decimals of a US dollar to which providers round, as far as it is compared
_DAY = 24 * 60 * 60 * 1_000_000  # microseconds
_VERSION = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


class Pair(msgspec.Struct, frozen=True):
    """A count, or US dollars, as told here and by the provider."""

    here: Decimal
    there: Decimal

    @property
    def difference(self) -> Decimal:
        """How much more the provider tells."""
        return self.there - self.here


class Difference(msgspec.Struct, frozen=True):
    """Where the two accounts disagree."""

    day: date
    """By UTC."""
    model: str | None
    """None when the provider's account does not tell of models."""
    kind: Kind
    pair: Pair


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """How two accounts of the same days compare."""

    provider: str
    """Whose requests here were compared, as registered."""
    title: str
    """What the provider's file was taken for."""
    first: date
    last: date
    """Included; days by UTC."""
    differences: Sequence[Difference]
    """By day, model and kind; empty when the accounts are equal."""
    totals: Mapping[Kind, Pair]
    """Of what the file tells, equal or not."""
    reasons: Sequence[str]
    """What could explain the differences; empty without."""

    @property
    def is_equal(self) -> bool:
        """Whether the accounts agree everywhere."""
        return not self.differences


class _Unsure(msgspec.Struct, frozen=True):
    """Requests here of which not everything is known."""

    unreported: int = 0
    estimated: int = 0
    unpriced: int = 0
    open: int = 0


_Cell: TypeAlias = tuple[date, str | None]


async def reconciliation(
    ledger: Ledger,
    export: ProviderExport,
    provider: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Reconciliation:
    """The household's requests against `export`, over its days.

    provider: whose requests here, as registered; None: those of the export's own. since, until: only these days, by
    UTC, both included. Costs agree when the provider's can be ours, rounded as it rounds. Raises StoreUnusable.
    """
    whose = provider or export.provider
    first, last = max(export.first, since or export.first), min(export.last, until or export.last)
    theirs = [line for line in export.lines if first <= line.day <= last]
    ours, unsure = await _told_here(ledger, whose, first, last, _folded(export))
    amounts = Counter((line.day, line.model) for line in theirs if "cost" in line.counts)
    there = _added(theirs)
    here = _added(_named_as(theirs, ours))
    differences = [
        Difference(day, model, kind, pair)
        for day, model in sorted({*here, *there}, key=lambda cell: (cell[0], cell[1] or ""))
        for kind in KINDS
        if kind in export.kinds
        for pair in [_pair(here, there, (day, model), kind)]
        if not _agrees(pair, kind, export.cost_decimals, amounts[day, model])
    ]
    return Reconciliation(
        provider=whose,
        title=export.title,
        first=first,
        last=last,
        differences=differences,
        totals={kind: _total(here, there, kind) for kind in KINDS if kind in export.kinds},
        reasons=_reasons(export, differences, unsure) if differences else (),
    )


def model_key(model: str) -> str:
    """A model's name without what differs from one list to another: "Claude Haiku 4.5" is claude-haiku-4-5, and the day
    of a version is left out."""
    return re.sub(r"[^a-z0-9]+", "-", _VERSION.sub("", model.strip().lower())).strip("-")


# ---------------------------------------------------------------------------------------------------------- our account


async def _told_here(
    ledger: Ledger, provider: str, first: date, last: date, folded: Collection[Kind]
) -> tuple[list[Line], _Unsure]:
    """What was used, by UTC day and model. folded: what counts as input that was not cached."""
    row = llm_usage.c
    day = type_coerce(row.started_at, BigInteger) // _DAY
    model = func.coalesce(func.nullif(row.answered_model, ""), row.model)
    kept_apart = [
        func.coalesce(column, 0)
        for kind, column in (("cache_read", row.cache_read_tokens), ("cache_write", row.cache_write_tokens))
        if kind not in folded
    ]
    sums: dict[Kind, ColumnElement[int]] = {
        "input": row.input_tokens - sum(kept_apart, literal(0)),
        "cache_read": row.cache_read_tokens,
        "cache_write": row.cache_write_tokens,
        "output": row.output_tokens,
        "cost": row.cost_picodollars,
    }
    doubts = _doubts()
    columns: list[ColumnElement[Any]] = [
        day.label("utc_day"),
        model.label("named"),
        *(func.coalesce(func.sum(column), 0).label(kind) for kind, column in sums.items()),
        *(func.count().filter(doubt).label(name) for name, doubt in doubts.items()),
    ]
    query = select(*columns).where(row.provider == provider).group_by("utc_day", "named")
    query = of_household(query, ledger.household, _midnight(first), _midnight(last + timedelta(days=1)))
    async with ledger.store.reading() as connection:
        found = [one._mapping for one in await connection.execute(query)]
    lines = [Line((EPOCH + timedelta(days=one["utc_day"])).date(), one["named"], _counts(one)) for one in found]
    return lines, _Unsure(**{name: sum(one[name] for one in found) for name in doubts})


def _doubts() -> dict[str, ColumnElement[bool]]:
    """Which requests are counted in a field of _Unsure."""
    row = llm_usage.c
    costly = row.outcome.in_(COSTLY)
    return {
        "unreported": costly & or_(row.input_tokens.is_(None), row.output_tokens.is_(None)),
        "estimated": row.tokens_estimated.is_(True),
        "unpriced": costly & row.cost_picodollars.is_(None),
        "open": row.outcome == "open",
    }


def _folded(export: ProviderExport) -> set[Kind]:
    """OpenAI's input is all input: what the export does not tell apart is in it."""
    cached: set[Kind] = {"cache_read", "cache_write"}
    return cached - export.kinds if export.provider == "openai" else set()


def _counts(found: RowMapping) -> dict[Kind, Decimal]:
    counts = {kind: Decimal(int(found[kind])) for kind in KINDS}
    return {**counts, "cost": dollars(int(found["cost"]))}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# ----------------------------------------------------------------------------------------------------------- comparing


def _named_as(theirs: Sequence[Line], ours: Sequence[Line]) -> list[Line]:
    """Our lines, under the provider's names of the models; under none when it names none."""
    names = {line.model for line in theirs if line.model is not None}
    if theirs and not names:
        return [msgspec.structs.replace(line, model=None) for line in ours]
    return [msgspec.structs.replace(line, model=_name_among(names, line.model)) for line in ours]


def _name_among(names: Collection[str], model: str | None) -> str | None:
    """The one of `names` that means `model`; `model` itself when none does, or more than one."""
    if model is None or model in names:
        return model
    alike = [name for name in names if model_key(name) == model_key(model)]
    return alike[0] if len(alike) == 1 else model


def _added(lines: Iterable[Line]) -> Mapping[_Cell, Mapping[Kind, Decimal]]:
    sums: defaultdict[_Cell, defaultdict[Kind, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        for kind, count in line.counts.items():
            sums[line.day, line.model][kind] += count
    return sums


def _pair(
    here: Mapping[_Cell, Mapping[Kind, Decimal]],
    there: Mapping[_Cell, Mapping[Kind, Decimal]],
    cell: _Cell,
    kind: Kind,
) -> Pair:
    zero = Decimal(0)
    return Pair(here.get(cell, {}).get(kind, zero), there.get(cell, {}).get(kind, zero))


def _total(
    here: Mapping[_Cell, Mapping[Kind, Decimal]], there: Mapping[_Cell, Mapping[Kind, Decimal]], kind: Kind
) -> Pair:
    cells = {*here, *there}
    pairs = [_pair(here, there, cell, kind) for cell in cells]
    return Pair(sum((pair.here for pair in pairs), Decimal(0)), sum((pair.there for pair in pairs), Decimal(0)))


def _agrees(pair: Pair, kind: Kind, decimals: int, amounts: int) -> bool:
    """Whether a pair is equal; of costs, whether so many amounts of the provider's can be ours, rounded."""
    if kind != "cost":
        return pair.difference == 0
    unit = Decimal(1).scaleb(-min(max(decimals, _COARSEST), _FINEST))
    return abs(pair.difference) <= unit / 2 * max(amounts, 1)


# ------------------------------------------------------------------------------------------------------------- reasons


def _reasons(export: ProviderExport, differences: Sequence[Difference], unsure: _Unsure) -> list[str]:
    """What could explain the differences, the likeliest first."""
    more_there = any(one.pair.difference > 0 for one in differences)
    more_here = any(one.pair.difference < 0 for one in differences)
    told = [
        (export.is_cut, "The file is one page of several: fetch those that follow, and put them all into one file."),
        (more_there, "Other programs may use the same key or organisation: give Tuppence a key of its own."),
        (
            _is_moved(differences),
            "The sums agree over all days: the days may have other borders. Compared are days by UTC; export these.",
        ),
        (unsure.open > 0, f"Not ended yet, and so without a count here: {_requests(unsure.open)}."),
        (
            unsure.estimated > 0,
            f"Stopped or broken off, and so without a last count here: {_requests(unsure.estimated)}.",
        ),
        (unsure.unreported > 0, f"Not reported in full to Tuppence: the tokens of {_requests(unsure.unreported)}."),
        (
            unsure.unpriced > 0 and "cost" in export.kinds,
            f"Of unknown cost here, and so in no sum: {_requests(unsure.unpriced)}.",
        ),
        (
            all(one.kind == "cost" for one in differences),
            "The prices may differ: set the price of a model with tuppence usage price.",
        ),
        (more_here, "Providers need some hours until their figures are complete; the export may be of some keys only."),
    ]
    return [sentence for holds, sentence in told if holds]


def _is_moved(differences: Sequence[Difference]) -> bool:
    """Whether the differences cancel out over the days."""
    sums: defaultdict[tuple[str | None, Kind], Decimal] = defaultdict(Decimal)
    for one in differences:
        sums[one.model, one.kind] += one.pair.difference
    return not any(sums.values())


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count:,} requests"
