"""`tuppence usage`: what was asked of models, and what it cost."""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from tuppence.usage import UsageSummary


class By(StrEnum):
    """What the figures are added up by."""

    day = "day"
    model = "model"
    operation = "operation"
    chat = "chat"


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


def usage(
    context: typer.Context,
    by: Annotated[By, typer.Option(help="What the figures are added up by.")] = By.day,
    since: Day = None,
    until: Day = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show requests, tokens and cost. A cost that is not known is said to be unknown; it is in no sum."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    checked_period(since, until)
    parts, total = run(_summaries(home_folder(context.obj), by.value, since, until))
    if as_json:
        print_json({by.value: [_as_json(part) for part in parts], "total": _as_json(total)})
    else:
        _print(by, parts, total)


async def _summaries(
    home: Path, by: Any, since: datetime | None, until: datetime | None
) -> "tuple[list[UsageSummary], UsageSummary]":
    from tuppence.cli.wiring import opened_usage

    first = None if since is None else since.astimezone()
    end = None if until is None else (until + timedelta(days=1)).astimezone()
    async with opened_usage(home) as parts:
        household = parts.ledger.household
        (total,) = await parts.log.summaries(household, "total", since=first, until=end)
        return await parts.log.summaries(household, by, since=first, until=end), total


def _print(by: By, parts: "list[UsageSummary]", total: "UsageSummary") -> None:
    columns = (Column(by.value.capitalize()), *_NUMBERS)
    rows = [_row(part, length=_ID_SHOWN if by is By.chat else None) for part in parts]
    print_table(columns, [*rows, ("Total", *_row(total)[1:])] if rows else [], empty="Nothing was asked yet.")
    if total.unknown_costs:
        print_remark(f"The cost of {_requests(total.unknown_costs)} is unknown and in no sum.")
    if total.estimated_costs:
        print_remark(f"Without a last count, so that the cost is estimated: {_requests(total.estimated_costs)}.")
    if total.open:
        print_remark(f"Not ended yet: {_requests(total.open)}.")


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count:,} requests"


def _row(part: "UsageSummary", *, length: int | None = None) -> tuple[str, ...]:
    from tuppence.cli.answer.figures import dollars

    tokens = part.tokens
    cost = "unknown" if part.cost is None and part.unknown_costs else "–" if part.cost is None else dollars(part.cost)
    return (
        str(part.key if part.key is not None else "–")[:length],
        f"{part.requests:,}",
        f"{part.failed:,}",
        _count(tokens.input_tokens),
        _count(tokens.cache_read_tokens),
        _count(tokens.output_tokens),
        cost,
    )


def _count(tokens: int | None) -> str:
    return "–" if tokens is None else f"{tokens:,}"


def _as_json(part: "UsageSummary") -> dict[str, Any]:
    return {
        "key": part.key,
        **{name: getattr(part, name) for name in _COUNTS},
        **{name: getattr(part.tokens, name) for name in _TOKENS},
        "cost": cost_json(part.cost),
    }
