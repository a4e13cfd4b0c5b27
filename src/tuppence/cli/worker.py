"""`tuppence worker`: works in the background, beside the web app or instead of it."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from tuppence.cli.failures import Interrupted

if TYPE_CHECKING:
    from tuppence.settings import Settings


def worker(context: typer.Context) -> None:
    """Do what is to be done in the background, such as filing what was imported, until Ctrl-C.

    The web app does so itself (tuppence serve); any number of workers on the same data share the work with it.
    """
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder
    from tuppence.settings import read_settings

    with suppress(Interrupted):
        run(_work(read_settings(home_folder(context.obj))))


async def _work(settings: "Settings") -> None:
    import anyio

    from tuppence.cli.wiring import opened_background

    async with opened_background(settings):
        typer.echo("Working in the background (Ctrl-C ends it)")
        sys.stdout.flush()
        await anyio.sleep_forever()
