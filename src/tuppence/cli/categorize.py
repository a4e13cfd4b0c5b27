"""`tuppence categorize`: transactions without a category are filed, first for nothing, then by a model."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from tuppence.cli.ask import ProviderOption
from tuppence.cli.tables import JsonOption


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


def categorize(
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
    """File transactions that have no category: by your rules, by what you did before, and by a model.

    First it says what it would cost. Ctrl-C ends it; what was filed stays.
    """
    from tuppence.cli.filing.runs import Manner, carry_out
    from tuppence.cli.filing.wanted import wanted_of
    from tuppence.enrichment.runs import Order

    wanted = wanted_of(model, provider)
    order = Order(
        kind="categorize", limit=limit, wanted=wanted, free_only=free, suggest_only=suggest, again=again, cap=cap
    )
    carry_out(context.obj, order, Manner(dry_run, yes, as_json), undo)
