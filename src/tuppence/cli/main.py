"""The command `tuppence`. Commands are declared here and in their modules; what they need is imported when they run."""

import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tuppence.cli.accounts import accounts
from tuppence.cli.ask import ask
from tuppence.cli.backup import backup, restore
from tuppence.cli.bank_import import bank_import
from tuppence.cli.categorize import categorize
from tuppence.cli.chat import chat
from tuppence.cli.console import written_otherwise
from tuppence.cli.demo import demo
from tuppence.cli.doctor import doctor
from tuppence.cli.egress import egress
from tuppence.cli.evaluate import evaluate
from tuppence.cli.failures import INTERRUPTED, WRONG_USAGE, Interrupted, told_failure
from tuppence.cli.merchants import merchants
from tuppence.cli.privacy import privacy
from tuppence.cli.serve import link, serve
from tuppence.cli.tracing import tracing
from tuppence.cli.transactions import transactions
from tuppence.cli.usage import usage
from tuppence.cli.worker import worker

_HELP = """Answers questions about your household's own money.

Import what your bank gives you, then ask in plain words. Start with: tuppence import FILE --account NAME

Ends with 0 when all went well, 1 when something failed (a sentence on standard error says what to do), 2 when the
command itself was wrong, 3 when a file leaves something open that an option decides, 130 when stopped by Ctrl-C.
"""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tuppence {version('tuppence')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the data lives; otherwise TUPPENCE_HOME.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Keep what all commands share: the data folder that was named, if any."""
    context.obj = home


app.command("import")(bank_import)
app.add_typer(evaluate)
app.add_typer(usage)
app.add_typer(egress)
app.add_typer(tracing)
for command in (
    serve,
    worker,
    ask,
    chat,
    accounts,
    transactions,
    categorize,
    merchants,
    doctor,
    privacy,
    demo,
    link,
    backup,
    restore,
):
    app.command()(command)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code, unless a signal ends the process. arguments: None for those of the process."""
    from typer.main import get_command

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=written_otherwise())  # a sign that cannot be written is no reason to fail
    try:
        code = get_command(app).main(arguments, prog_name="tuppence", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        return _told_usage(error)
    except (typer.Abort, KeyboardInterrupt):
        return _ended_by_signal(INTERRUPTED)
    except Interrupted as end:
        return _ended_by_signal(end.exit_code)
    except (BrokenPipeError, SystemExit):  # Typer makes the one of the other
        return _ended_without_reader()
    except Exception as error:  # noqa: BLE001 - the outer edge of the process: every failure is told and ends it
        return told_failure(error, with_traceback=bool(os.environ.get("TUPPENCE_TRACEBACK")))


def _told_usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message().replace("Value error, ", "")
    if message.startswith("Usage:"):  # nothing was asked for: the help itself
        sys.stderr.write(message + "\n")
    else:
        command = context.command_path if context is not None else "tuppence"
        sys.stderr.write(f"{message.rstrip('.?')}{'?' if message.endswith('?') else '.'} See: {command} --help\n")
    return WRONG_USAGE


def _ended_by_signal(code: int) -> NoReturn:
    """End the process now: all that is ours is closed, and what a thread still imports is not waited for."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _ended_without_reader() -> int:
    """Whoever read our output has gone, as `head` does: nothing is left to say, and flushing must not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 1
