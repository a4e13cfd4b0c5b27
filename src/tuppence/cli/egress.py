"""`tuppence egress`: what left this machine."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.console import harmless, is_attended, terminal
from tuppence.cli.failures import CommandFailed
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
    from tuppence.egress import Kind, Passages, Sent, Wanted

_COLUMNS = (
    Column("Id"),
    Column("When", is_number=True),
    Column("Host"),
    Column("For"),
    Column("In it"),
    Column("Bytes", is_number=True),
    Column("Outcome"),
    Column("Cost", is_number=True),
)
_ID_SHOWN = 8  # characters of a request's id
_STYLES = {"value": "bold yellow", "stand-in": "green", "note": "dim"}

egress = typer.Typer(
    name="egress",
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Show what left this machine: every request to a provider, when, where to, and what was in it.",
)


@egress.callback()
def requests(
    context: typer.Context,
    chat: Annotated[str | None, typer.Option(metavar="ID", help="Only for this chat.")] = None,
    host: Annotated[str | None, typer.Option(metavar="NAME", help="Only to this host.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="Only with such data in them: names, ...")] = None,
    since: Day = None,
    until: Day = None,
    limit: Annotated[int, typer.Option(min=1, help="So many, the latest.")] = 30,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """List the requests, unless a command says otherwise."""
    if context.invoked_subcommand is not None:
        return
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder
    from tuppence.egress import Wanted

    checked_period(since, until)
    wanted = Wanted(
        host=host,
        kind=_kind(kind),
        chat_id=chat,
        since=None if since is None else since.astimezone(),
        until=None if until is None else (until + timedelta(days=1)).astimezone(),
    )
    found = run(_listed(home_folder(context.obj), wanted, limit + 1))
    if as_json:
        print_json({"requests": [_as_json(one) for one in found[:limit]], "more": len(found) > limit})
        return
    print_table(_COLUMNS, map(_row, found[:limit]), empty="No such request left this machine.")
    if len(found) > limit:
        print_remark(f"These are the latest {limit}. More with --limit.")


async def _listed(home: Path, wanted: "Wanted", limit: int) -> "list[Sent]":
    from tuppence.assistant.reader import COMMAND_LINE
    from tuppence.cli.wiring import opened_ledger
    from tuppence.egress import sent_requests

    async with opened_ledger(home) as ledger:
        return await sent_requests(ledger, COMMAND_LINE, wanted, limit)


def _kind(text: str | None) -> "Kind | None":
    from tuppence.egress import KINDS

    if text is None:
        return None
    for kind in KINDS:
        if kind == text.strip().lower():
            return kind
    raise typer.BadParameter(f"{text} is no kind of data; they are: {', '.join(KINDS)}")


def _row(one: "Sent") -> tuple[str, ...]:
    from tuppence.cli.answer.figures import dollars

    cost = "unknown" if one.cost_unknown else "–" if one.cost is None else dollars(one.cost)
    return (
        one.id[:_ID_SHOWN],
        _moment(one.sent_at),
        one.host,
        one.operation or "list of models",
        "?" if one.kinds is None else ", ".join(one.kinds) or "–",
        f"{one.size:,}",
        one.outcome or "–",
        cost,
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _as_json(one: "Sent") -> dict[str, Any]:
    import msgspec

    return {**msgspec.structs.asdict(one), "cost": cost_json(one.cost)}


# ------------------------------------------------------------------------------------------------------------ a body


@egress.command()
def show(
    context: typer.Context,
    request: Annotated[str, typer.Argument(metavar="ID", help="Of the request, or the beginning of it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write the exact bytes, and nothing else.")] = False,
) -> None:
    """Show what was sent: indented, with your own values and their stand-ins marked on a terminal."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    home = home_folder(context.obj)
    if raw:
        sys.stdout.buffer.write(run(_body(home, request)))
        sys.stdout.buffer.flush()
        return
    sent, passages = run(_shown(home, request))
    print_remark(f"{_moment(sent.sent_at)} to {sent.host}, {sent.size:,} bytes, {sent.operation or 'list of models'}")
    if sys.stdout.isatty():
        _print_marked(passages)
    else:
        sys.stdout.write(harmless("".join(passage.text for passage in passages.passages)) + "\n")


def _print_marked(passages: "Passages") -> None:
    from rich.text import Text

    text = Text()
    for passage in passages.passages:
        text.append(harmless(passage.text), style=_STYLES.get(passage.mark or "", ""))
    terminal().print(text)
    marks = {passage.mark for passage in passages.passages}
    if "value" in marks:
        print_remark("Bold: a value of yours that left as it is.")
    if "stand-in" in marks:
        print_remark("Green: a stand-in; what it stands for never left.")


async def _body(home: Path, request: str) -> bytes:
    from tuppence.assistant.reader import COMMAND_LINE
    from tuppence.cli.wiring import opened_ledger
    from tuppence.egress import sent_body

    async with opened_ledger(home) as ledger:
        return await sent_body(ledger, COMMAND_LINE, request)


async def _shown(home: Path, request: str) -> "tuple[Sent, Passages]":
    from tuppence.assistant.reader import COMMAND_LINE
    from tuppence.cli.wiring import opened_ledger
    from tuppence.egress import finder_of, passages_of, sent_body, sent_request

    async with opened_ledger(home) as ledger:
        body = await sent_body(ledger, COMMAND_LINE, request)
        sent = await sent_request(ledger, COMMAND_LINE, request)
        return sent, passages_of(body, await finder_of(ledger.store, ledger.household), sys.maxsize)


# --------------------------------------------------------------------------------------------------------- how long


@egress.command()
def keep(
    context: typer.Context,
    days: Annotated[int | None, typer.Argument(metavar="DAYS", help="0: not at all. Otherwise it is said.")] = None,
) -> None:
    """Say for how many days the bodies of requests are kept. Older ones go at once; what else is known stays."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    kept = run(_kept(home_folder(context.obj), days))
    typer.echo(f"Bodies are kept for {kept} days." if kept else "Bodies are not kept.")


async def _kept(home: Path, days: int | None) -> int:
    from tuppence.cli.wiring import opened_ledger
    from tuppence.egress import kept_days, set_kept_days

    async with opened_ledger(home) as ledger:
        if days is not None:
            try:
                await set_kept_days(ledger, days)
            except ValueError as error:
                raise CommandFailed(str(error)) from None
        return await kept_days(ledger)


@egress.command()
def forget(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget the bodies of all requests now. When, where to, how much and which kinds of data stay known."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    if not yes:
        if not is_attended():
            raise CommandFailed("What is forgotten does not come back. Say --yes if you mean it.")
        typer.confirm("Forget what was in all requests? That cannot be undone.", abort=True, err=True)
    forgotten = run(_forgotten(home_folder(context.obj)))
    typer.echo(f"Forgot the bodies of {forgotten:,} {'request' if forgotten == 1 else 'requests'}.")


async def _forgotten(home: Path) -> int:
    from tuppence.cli.wiring import opened_ledger
    from tuppence.egress import forget_all_bodies

    async with opened_ledger(home) as ledger:
        return await forget_all_bodies(ledger)
