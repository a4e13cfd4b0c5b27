"""`tuppence doctor`: what a model at its provider can really do, and what to change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.ask import ModelOption, ProviderOption, chosen_settings
from tuppence.cli.failures import CommandFailed
from tuppence.cli.tables import Column, JsonOption, print_json, print_remark, print_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuppence.llm.doctor import Diagnosis, Finding
    from tuppence.llm.provider import Preset
    from tuppence.settings import Settings

_COLUMNS = (Column("Check"), Column("Status"), Column("Found"), Column("What to do"))
_CONTEXT_HELP = (
    "Probe the context window up to so many tokens; 0: not at all. Otherwise up to 8,192 where tokens cost money "
    "(about 15,000 tokens in all), up to 16,384 on a server that needs no key."
)


def doctor(
    context: typer.Context,
    provider: ProviderOption = None,
    model: ModelOption = None,
    window: Annotated[int | None, typer.Option("--context", metavar="TOKENS", min=0, help=_CONTEXT_HELP)] = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Find out what a model can really do, by about ten small requests. It is asked accordingly from then on."""
    from tuppence.cli.event_loop import run

    settings = chosen_settings(context.obj, provider=provider, model=model)
    with _progress() as told:
        diagnosis = run(_diagnosis(settings, window, told))
    if as_json:
        print_json(_as_json(diagnosis))
    else:
        _print(diagnosis)
    if not diagnosis.usable:
        failed = ", ".join(finding.check for finding in diagnosis.findings if finding.status == "failed")
        raise CommandFailed(f"{diagnosis.model} at {diagnosis.host} cannot be used as it is ({failed}). See above.")


async def _diagnosis(settings: "Settings", window: int | None, told: "Callable[[Finding], None]") -> "Diagnosis":
    """What the doctor finds; kept when everything was asked. Every request is on record as "doctor"."""
    from tuppence.cli.providers import choosing_whom_to_ask
    from tuppence.cli.wiring import opened_providers, opened_usage
    from tuppence.tracing import opened_tracing

    async with (
        opened_usage(settings.home) as parts,
        opened_tracing(settings) as tracing,
        opened_providers(settings, parts.ledger.store, tracing) as providers,
    ):
        with choosing_whom_to_ask():
            choice = await providers.choice(parts.ledger)
            preset = choice.configured.preset
            return await providers.test(
                parts.ledger,
                preset.name,
                parts.log,
                model=choice.model,
                largest_window=_usual_window(preset) if window is None else window,
                told=told,
            )


def _usual_window(preset: "Preset") -> int:
    from tuppence.llm.doctor import FREE_WINDOW, MODEST_WINDOW

    return MODEST_WINDOW if preset.needs_key else FREE_WINDOW


@contextmanager
def _progress() -> "Iterator[Callable[[Finding], None]]":
    """Says on standard error, where somebody watches, what was found last."""
    import sys

    from tuppence.cli.console import error_terminal, harmless, moves_its_cursor

    if not moves_its_cursor(sys.stderr):
        yield lambda finding: None
        return
    with error_terminal().status("Probing …") as status:
        yield lambda finding: status.update(harmless(f"Probing … {finding.check}: {finding.status}"))


def _print(diagnosis: "Diagnosis") -> None:
    rows = [(one.check, one.status, one.found, one.advice or "") for one in diagnosis.findings]
    print_table(_COLUMNS, rows, empty="Nothing was found.")
    if diagnosis.complete:
        print_remark(f"Kept: {diagnosis.model} at {diagnosis.host} is asked accordingly from now on.")


def _as_json(diagnosis: "Diagnosis") -> dict[str, Any]:
    import msgspec

    return {
        **msgspec.structs.asdict(diagnosis),
        "abilities": msgspec.structs.asdict(diagnosis.abilities),
        "usable": diagnosis.usable,
    }
