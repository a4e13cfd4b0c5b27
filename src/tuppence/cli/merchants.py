"""`tuppence merchants`: the businesses behind transactions are recognised, first for nothing, then by a model."""

from typing import Annotated

import typer

from tuppence.cli.ask import ProviderOption
from tuppence.cli.categorize import (
    AgainOption,
    CapOption,
    DryRunOption,
    FreeOption,
    LimitOption,
    SuggestOption,
    UndoOption,
    WantedOption,
    YesOption,
)
from tuppence.cli.tables import JsonOption


def merchants(
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
    """Recognise the businesses behind transactions: by your rules, by what you did before, and by a model.

    First it says what it would cost. Ctrl-C ends it; what was recognised stays.
    """
    from tuppence.cli.filing.runs import Manner, carry_out
    from tuppence.cli.filing.wanted import wanted_of
    from tuppence.enrichment.runs import Order

    wanted = wanted_of(model, provider)
    order = Order(
        kind="merchants", limit=limit, wanted=wanted, free_only=free, suggest_only=suggest, again=again, cap=cap
    )
    carry_out(context.obj, order, Manner(dry_run, yes, as_json), undo)
