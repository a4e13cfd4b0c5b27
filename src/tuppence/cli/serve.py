"""`tuppence serve`: the web app."""

import gc
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import CommandFailed

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from tuppence.access.users import User
    from tuppence.ledger.household import Ledger
    from tuppence.settings import Settings
    from tuppence.web.parts import Parts

PORT = 8222

HostOption = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 for the whole network.")]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Which port to listen on; 0 for any free one.")]


def serve(
    context: typer.Context,
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    works: Annotated[
        bool, typer.Option("--background/--no-background", help="Work in the background, too; or leave it to a worker.")
    ] = True,
) -> None:
    """Serve the web app until Ctrl-C. At the first start it prints a link that makes the owner's account."""
    from tuppence.cli.home import home_folder
    from tuppence.settings import read_settings

    run_server(_serve(read_settings(home_folder(context.obj)), host, port, works=works))


async def _serve(settings: "Settings", host: str, port: int, *, works: bool) -> None:
    from tuppence.access.links import pending_owner_link
    from tuppence.web.parts import opened_parts

    check_free(host, port)
    async with opened_parts(settings, settled, works=works) as parts:
        pending = await pending_owner_link(parts.first_ledger)

        def told(address: str) -> None:
            typer.echo(f"Tuppence is at {address}  (Ctrl-C ends it)")
            if pending is not None:
                typer.echo(f"Make your account here, within a week: {address}/enter/{pending.secret}")

        await served(parts, host, port, told)


def settled() -> None:
    """What was imported stays as long as the process: looking through it for garbage would pause every answer."""
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.0005)


def run_server(serving: "Coroutine[Any, Any, None]") -> None:
    """Run what serves until a signal ends it."""
    import asyncio

    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serving)


def _loop_factory() -> "Callable[[], AbstractEventLoop] | None":
    """The faster event loop, where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


async def served(parts: "Parts", host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until a signal. on_ready: told the address at which the app is reached."""
    from tuppence.web.app import create_app
    from tuppence.web.server import Server

    def ready(port: int) -> None:
        on_ready(f"http://{_reachable(host)}:{port}")
        sys.stdout.flush()

    hosts = parts.settings.host_names() | {host.lower(), "localhost"}
    await Server(create_app(parts, hosts), host, port, ready, parts.ending).serve()


def _reachable(host: str) -> str:
    """The name under which this machine reaches what listens at `host`."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not listened on
        return "localhost"
    return f"[{host}]" if ":" in host else host


def check_free(host: str, port: int) -> None:
    """Raise CommandFailed when nothing can listen there: said at once, before anything is opened."""
    if not port:
        return
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CommandFailed(f"Cannot listen at {host}, port {port}: {reason}. Choose another with --port.") from error


def link(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Who is let in; otherwise the owner.")] = None,
    new_household: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make another household; the link makes its owner's account.")
    ] = None,
    port: PortOption = PORT,
) -> None:
    """Print a link that lets somebody into the web app once, such as after a lost password."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    secret, what = run(_link(home_folder(context.obj), name, new_household))
    typer.echo(f"{what} (put the address in front at which you reach Tuppence):")
    typer.echo(f"http://localhost:{port}/enter/{secret}")


async def _link(home: Path, name: str | None, new_household: str | None) -> tuple[str, str]:
    """The secret of a new link, and what it is for."""
    from tuppence.access.households import create_household
    from tuppence.access.links import pending_owner_link, sign_in_link
    from tuppence.access.users import find_user
    from tuppence.cli.wiring import opened_ledger
    from tuppence.ledger.household import Ledger

    async with opened_ledger(home) as ledger:
        if new_household is not None:
            _, made = await create_household(ledger.store, new_household)
            return made.secret, f"Makes the account of the owner of “{new_household}”, within a week"
        if name is None and (pending := await pending_owner_link(ledger)) is not None:
            return pending.secret, "Makes the owner's account, within a week"
        user = await find_user(ledger.store, name) if name is not None else await _owner(ledger)
        made = await sign_in_link(Ledger(ledger.store, user.household_id), user.id)
        return made.secret, f"Lets {user.name} in once, within an hour"


async def _owner(ledger: "Ledger") -> "User":
    from tuppence.access.users import list_members

    return next(member for member in await list_members(ledger) if member.is_owner)
