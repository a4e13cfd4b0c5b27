"""The command that files, of which there are two: the same options, the same manner, another thing to find."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from tuppence.cli.ask import ProviderOption
from tuppence.cli.tables import JsonOption

if TYPE_CHECKING:
    from tuppence.enrichment.runs import RunKind


def _dollars(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is no amount of US dollars; write it like 0.50") from None
    if not (amount.is_finite() and amount > 0):
        raise typer.BadParameter("a cap has to be above zero")
    return amount


DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show the quote, and do nothing.")]
LimitOption = Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many, the newest.")]
WantedOption = Annotated[
    str | None, typer.Option("--model", metavar="PROVIDER/MODEL", help="The model to ask; otherwise the usual one.")
]
FreeOption = Annotated[bool, typer.Option("--free", help="Only what costs nothing: no model is asked.")]
SuggestOption = Annotated[bool, typer.Option("--suggest", help="File nothing at once; put everything up for review.")]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Ask the model again what it was not sure about in earlier runs.")
]
CapOption = Annotated[
    Decimal | None, typer.Option(metavar="USD", parser=_dollars, help="Stop when it has cost so much.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Agree to what it costs.")]
UndoOption = Annotated[
    str | None, typer.Option(metavar="RUN", help="Undo a run instead: its id (the beginning will do), or: last.")
]


def filing_command(kind: "RunKind", description: str) -> Callable[..., None]:
    """The command of this kind of runs, and of this name. description: what `--help` says of it."""

    def command(
        context: typer.Context,
        dry_run: DryRunOption = False,
        limit: LimitOption = None,
        model: WantedOption = None,
        provider: ProviderOption = None,
        free: FreeOption = False,
        suggest: SuggestOption = False,
        again: AgainOption = False,
        cap: CapOption = None,
        yes: YesOption = False,
        undo: UndoOption = None,
        as_json: Annotated[bool, JsonOption] = False,
    ) -> None:
        from tuppence.cli.filing.runs import Manner, carry_out
        from tuppence.cli.filing.wanted import wanted_of
        from tuppence.enrichment.runs import Order

        order = Order(
            kind=kind,
            limit=limit,
            wanted=wanted_of(model, provider),
            free_only=free,
            suggest_only=suggest,
            again=again,
            cap=cap,
        )
        carry_out(context.obj, order, Manner(dry_run, yes, as_json), undo)

    command.__name__, command.__doc__ = kind, description
    return command
