"""`tuppence tracing`: whether traces of what was asked arrive where they are meant to."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import CommandFailed
from tuppence.cli.tables import JsonOption, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from tuppence.tracing.trial import Trial

_NOT_SET_UP = (
    "No tracing is set up. Set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or OTEL_EXPORTER_OTLP_ENDPOINT, in the "
    "environment or in the data folder's .env file."
)

tracing = typer.Typer(
    name="tracing",
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look after traces: what was asked of models, sent to Langfuse or another backend of OpenTelemetry.",
)


@tracing.command("test")
def arrival(context: typer.Context, as_json: Annotated[bool, JsonOption] = False) -> None:
    """Send one trace to every backend that is set up, and say whether it arrived. No model is asked."""
    trials = _trials(context.obj)
    for trial in trials:
        if as_json:
            print_json(_as_json(trial))
        elif trial.problem is None:
            typer.echo(f"{trial.backend}: the trace {trial.trace_id} arrived at {trial.host}.")
    problems = [f"{trial.backend}: {trial.problem}" for trial in trials if trial.problem is not None]
    if problems:
        raise CommandFailed("\n".join(problems))


def _trials(named: "Path | None") -> "list[Trial]":
    from tuppence.cli.home import home_folder
    from tuppence.settings import read_settings
    from tuppence.tracing.backends import backends
    from tuppence.tracing.opening import require_packages

    settings = read_settings(home_folder(named))
    found = backends(settings)
    if not found:
        raise CommandFailed(_NOT_SET_UP)
    require_packages()
    from tuppence.tracing.trial import trial

    return [trial(settings, backend) for backend in found]


def _as_json(trial: "Trial") -> dict[str, Any]:
    import msgspec

    return {**msgspec.structs.asdict(trial), "arrived": trial.problem is None}
