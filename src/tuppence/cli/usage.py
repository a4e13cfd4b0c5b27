"""`tuppence usage`: what was asked of models, and what it cost."""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import CommandFailed
from tuppence.cli.limits import limits, remark_on, uses_json
from tuppence.cli.own_prices import price
from tuppence.cli.reconcile import reconcile
from tuppence.cli.tables import (
    Column,
    Day,
    JsonOption,
    checked_period,
    cost_json,
    print_json,
    print_remark,
    print_table,
)

if TYPE_CHECKING:
    from tuppence.usage import ExportFormat, LimitUse, UsageSummary


class By(StrEnum):
    """What the figures are added up by."""

    day = "day"
    model = "model"
    operation = "operation"
    chat = "chat"
    member = "member"


_NUMBERS = (
    Column("Requests", is_number=True),
    Column("Failed", is_number=True),
    Column("Tokens in", is_number=True),
    Column("of these cached", is_number=True),
    Column("Tokens out", is_number=True),
    Column("Cost", is_number=True),
)
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_ID_SHOWN = 8  # characters of a chat's id, as many as `tuppence chat --list` shows
_COUNTS = ("requests", "failed", "open", "unreported", "unknown_costs", "estimated_costs")


usage = typer.Typer(
    name="usage",
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Show requests, tokens and cost. A cost that is not known is said to be unknown; it is in no sum.",
)
usage.command()(reconcile)
usage.command()(price)
usage.command()(limits)


@usage.callback()
def figures(
    context: typer.Context,
    by: Annotated[By, typer.Option(help="What the figures are added up by.")] = By.day,
    since: Day = None,
    until: Day = None,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write every request to FILE.csv or FILE.json instead; -: as CSV, to be piped."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there already.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show the figures, unless a command says otherwise."""
    if context.invoked_subcommand is not None:
        return
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    checked_period(since, until)
    home = home_folder(context.obj)
    if export is not None:
        _export(home, export.expanduser(), _moments(since, until), force=force, as_json=as_json)
        return
    found = run(_summaries(home, by.value, since, until))
    if as_json:
        parts = [_as_json(part, found.names) for part in found.parts]
        print_json({by.value: parts, "total": _as_json(found.total, {}), "limits": uses_json(found.uses)})
    else:
        _print(by, found)


_Moments = tuple[datetime | None, datetime | None]
"""The first that is included, and the first that is not."""

# ------------------------------------------------------------------------------------------------------------ figures


@dataclass(frozen=True, slots=True)
class _Found:
    """Figures, and who is meant by them."""

    parts: "list[UsageSummary]"
    total: "UsageSummary"
    names: dict[int, str]
    """Of the members, by id; empty unless the figures are theirs."""
    uses: "list[LimitUse]"
    """How much of the limits for this month is gone."""


async def _summaries(home: Path, by: Any, since: datetime | None, until: datetime | None) -> _Found:
    from tuppence.access.users import list_members
    from tuppence.cli.wiring import opened_usage
    from tuppence.usage import limit_uses

    first, end = _moments(since, until)
    async with opened_usage(home) as parts:
        household = parts.ledger.household
        (total,) = await parts.log.summaries(household, "total", since=first, until=end)
        found = await parts.log.summaries(household, by, since=first, until=end)
        members = await list_members(parts.ledger) if by == By.member else []
        uses = await limit_uses(parts.ledger)
        return _Found(found, total, {member.id: member.name for member in members}, uses)


def _moments(since: datetime | None, until: datetime | None) -> _Moments:
    """When the days begin and when they are over, by this machine's clock."""
    first = None if since is None else since.astimezone()
    return first, None if until is None else (until + timedelta(days=1)).astimezone()


def _print(by: By, found: _Found) -> None:
    total = found.total
    columns = (Column(by.value.capitalize()), *_NUMBERS)
    rows = [(_name(by, part, found.names), *_numbers(part)) for part in found.parts]
    print_table(columns, [*rows, ("Total", *_numbers(total))] if rows else [], empty="Nothing was asked yet.")
    if total.unknown_costs:
        print_remark(f"The cost of {_requests(total.unknown_costs)} is unknown and in no sum.")
    if total.estimated_costs:
        print_remark(f"Without a last count, so that the cost is estimated: {_requests(total.estimated_costs)}.")
    if total.open:
        print_remark(f"Not ended yet: {_requests(total.open)}.")
    remark_on(found.uses)


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count:,} requests"


def _name(by: By, part: "UsageSummary", names: dict[int, str]) -> str:
    if part.key is None:
        return "–"
    if by is By.member:
        return _member(part.key, names) or "somebody who left"
    return str(part.key)[: _ID_SHOWN if by is By.chat else None]


def _member(key: object, names: dict[int, str]) -> str | None:
    return names.get(key) if isinstance(key, int) else None


def _numbers(part: "UsageSummary") -> tuple[str, ...]:
    from tuppence.cli.answer.figures import dollars

    tokens = part.tokens
    cost = "unknown" if part.cost is None and part.unknown_costs else "–" if part.cost is None else dollars(part.cost)
    return (
        f"{part.requests:,}",
        f"{part.failed:,}",
        _count(tokens.input_tokens),
        _count(tokens.cache_read_tokens),
        _count(tokens.output_tokens),
        cost,
    )


def _count(tokens: int | None) -> str:
    return "–" if tokens is None else f"{tokens:,}"


def _as_json(part: "UsageSummary", names: dict[int, str]) -> dict[str, Any]:
    return {
        "key": part.key,
        **({"name": _member(part.key, names)} if names else {}),
        **{name: getattr(part, name) for name in _COUNTS},
        **{name: getattr(part.tokens, name) for name in _TOKENS},
        "cost": cost_json(part.cost),
    }


# ------------------------------------------------------------------------------------------------------------- export


def _export(home: Path, file: Path, moments: _Moments, *, force: bool, as_json: bool) -> None:
    """Write every request between the moments to `file`, all of it or nothing. Raises CommandFailed."""
    from tuppence.cli.event_loop import run

    if str(file) == "-":
        run(_printed(home, "json" if as_json else "csv", moments))
        return
    kind = _kind(file)
    if file.exists() and not force:
        raise CommandFailed(f"{file} is there already. Choose another name, or replace it with --force.")
    unfinished = file.with_name(f".{file.name}.part")
    try:
        run(_written(home, kind, moments, unfinished))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file.absolute()), "format": kind})
    else:
        typer.echo(f"Written to {file}.")


async def _printed(home: Path, kind: "ExportFormat", moments: _Moments) -> None:
    from tuppence.cli.wiring import opened_usage
    from tuppence.usage import exported_usage

    async with opened_usage(home) as parts:
        async for piece in exported_usage(parts.ledger, kind, *moments):
            sys.stdout.write(piece.decode())


async def _written(home: Path, kind: "ExportFormat", moments: _Moments, file: Path) -> None:
    import anyio

    from tuppence.cli.wiring import opened_usage
    from tuppence.usage import exported_usage

    async with opened_usage(home) as parts, await anyio.open_file(file, "wb") as writer:
        async for piece in exported_usage(parts.ledger, kind, *moments):
            await writer.write(piece)


def _kind(file: Path) -> "ExportFormat":
    match file.suffix.lower():
        case ".csv":
            return "csv"
        case ".json":
            return "json"
        case _:
            raise CommandFailed(f"{file} tells no format by its name. Have it end in .csv or .json.")
