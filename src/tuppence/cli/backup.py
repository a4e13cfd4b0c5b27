"""`tuppence backup` and `tuppence restore`: everything in one file, and back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import CommandFailed, Interrupted, unreadable
from tuppence.cli.progress_bar import ProgressBar
from tuppence.cli.tables import JsonOption, print_json

if TYPE_CHECKING:
    from tuppence.store.backup_archive import Manifest

_MB = 1_000_000


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; in a folder it gets a name with the date.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there already.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Back up everything into one file, whatever else is running. It holds your keys: keep it as safe as them."""
    from tuppence.cli.home import home_folder
    from tuppence.store.backup import free_name, make_backup

    path = file.expanduser()
    target = (free_name(path, "tuppence") if path.is_dir() else path).absolute()
    if target.exists() and not force:
        raise CommandFailed(f"{target} is there already. Choose another name, or replace it with --force.")
    with _ended_by_sigterm(), ProgressBar("Backing up (MB)") as bar:
        manifest = make_backup(home_folder(context.obj), target, progress=lambda *done: _tell(bar, *done))
    size = target.stat().st_size
    if as_json:
        print_json({"file": str(target), "bytes": size, **_as_json(manifest)})
    else:
        typer.echo(
            f"Backed up to {target} ({_megabytes(size)}). It holds your keys: keep it where only you can read it."
        )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `tuppence backup` made.")],
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Make everything what it was when FILE was made. What is there now is backed up first."""
    from tuppence.cli.home import home_folder
    from tuppence.store.restoration import restore_backup

    home = home_folder(context.obj)
    try:
        with _ended_by_sigterm(), ProgressBar("Restoring (MB)") as bar:
            done = restore_backup(home, file.expanduser(), progress=lambda *done: _tell(bar, *done))
    except OSError as error:
        raise unreadable(file, error) from error
    if as_json:
        print_json(
            {"home": str(home), "before": None if done.kept is None else str(done.kept), **_as_json(done.manifest)}
        )
        return
    typer.echo(f"{home} is again what it was on {done.manifest.created.astimezone():%Y-%m-%d at %H:%M}.")
    if done.kept is not None:
        typer.echo(f"What was there before is in {done.kept}; restore that to go back.")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Within the block SIGTERM raises Interrupted, so that nothing is left lying about."""

    def end(number: int, _: Any) -> None:
        raise Interrupted(number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(bar: ProgressBar, done: int, total: int) -> None:
    bar.tell(done // _MB, total // _MB)


def _megabytes(size: int) -> str:
    return f"{max(size / _MB, 0.1):,.1f} MB"


def _as_json(manifest: "Manifest") -> dict[str, Any]:
    return {
        "created": manifest.created,
        "version": manifest.version,
        "revision": manifest.revision,
        "members": [{"name": member.name, "bytes": member.size} for member in manifest.members],
    }
