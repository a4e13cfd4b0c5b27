"""`tuppence usage reconcile`: what was asked here against what a provider says that was used."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import FAILED, CommandFailed, unreadable
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
    from tuppence.usage import Kind, Pair, ProviderExport, Reconciliation

_KINDS: "dict[Kind, str]" = {
    "input": "input, not cached",
    "cache_read": "read from the cache",
    "cache_write": "written to the cache",
    "output": "output",
    "cost": "cost, US dollars",
}


def reconcile(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What Anthropic or OpenAI exports: CSV, or an API's JSON.")
    ],
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose requests here; otherwise those to whoever made the file."),
    ] = None,
    since: Day = None,
    until: Day = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Compare with a provider's own export, by day (UTC) and model. Ends with 1 when there is a difference."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    checked_period(since, until)
    export = _read(file.expanduser(), provider)
    done = run(_reconciled(home_folder(context.obj), export, provider, _date(since), _date(until)))
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done)
    if not done.is_equal:
        raise typer.Exit(FAILED)


def _read(path: Path, provider: str | None) -> "ProviderExport":
    from tuppence.llm import PRESETS
    from tuppence.usage import read_export

    if provider is not None and provider not in PRESETS:
        raise CommandFailed(f"There is no provider {provider}. Choose one of: {', '.join(PRESETS)}.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    return read_export(data, "anthropic" if provider == "anthropic" else None if provider is None else "openai")


async def _reconciled(
    home: Path, export: "ProviderExport", provider: str | None, since: date | None, until: date | None
) -> "Reconciliation":
    from tuppence.cli.wiring import opened_usage
    from tuppence.usage import reconciliation

    first, last = max(export.first, since or export.first), min(export.last, until or export.last)
    if first > last:
        raise CommandFailed(f"The file is about {export.first} to {export.last}: none of these days was asked for.")
    async with opened_usage(home) as parts:
        return await reconciliation(parts.ledger, export, provider, since, until)


def _date(day: datetime | None) -> date | None:
    return None if day is None else day.date()


def _print(done: "Reconciliation") -> None:
    columns = (
        Column("Day"),
        Column("Model", may_shrink=True),
        Column("What"),
        Column("Here", is_number=True),
        Column("Provider", is_number=True),
        Column("Difference", is_number=True),
    )
    rows = [(str(one.day), one.model or "–", *_cells(one.kind, one.pair)) for one in done.differences]
    rows += [("Total", "", *_cells(kind, pair)) for kind, pair in done.totals.items()]
    print_table(columns, rows, empty="")
    days = f"{done.first}" if done.first == done.last else f"{done.first} to {done.last}"
    if done.is_equal:
        print_remark(f"Equal, by day and model: {done.title}, {days} (UTC).")
        return
    count = len(done.differences)
    print_remark(f"{count:,} {'difference' if count == 1 else 'differences'} to {done.title}, {days} (UTC).")
    for reason in done.reasons:
        print_remark(reason)


def _cells(kind: "Kind", pair: "Pair") -> tuple[str, ...]:
    difference = _figure(kind, abs(pair.difference))
    sign = "+" if pair.difference > 0 else "−" if pair.difference < 0 else ""
    return _KINDS[kind], _figure(kind, pair.here), _figure(kind, pair.there), f"{sign}{difference}"


def _figure(kind: "Kind", amount: Decimal) -> str:
    return f"{amount:,.6f}" if kind == "cost" else f"{amount:,f}"


def _as_json(done: "Reconciliation") -> dict[str, Any]:
    return {
        "equal": done.is_equal,
        "provider": done.provider,
        "file": done.title,
        "first": done.first,
        "last": done.last,
        "differences": [
            {"day": one.day, "model": one.model, "kind": one.kind, **_pair_json(one.kind, one.pair)}
            for one in done.differences
        ],
        "totals": {kind: _pair_json(kind, pair) for kind, pair in done.totals.items()},
        "reasons": done.reasons,
    }


def _pair_json(kind: "Kind", pair: "Pair") -> dict[str, str | int | None]:
    """Tokens as numbers, US dollars as text."""
    amounts = {"here": pair.here, "there": pair.there, "difference": pair.difference}
    return {name: cost_json(amount) if kind == "cost" else int(amount) for name, amount in amounts.items()}
