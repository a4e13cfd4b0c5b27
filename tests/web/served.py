"""The web app behind a real server of its own, in a thread, over a data folder of the test's."""

from __future__ import annotations

import asyncio
import atexit
import sqlite3
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from tuppence.access.links import join_link, sign_in_link
from tuppence.access.users import Role, User, add_user_on
from tuppence.ledger.household import Ledger
from tuppence.settings import Settings
from tuppence.store.engine import FILENAME
from tuppence.store.schema import prepare_database
from tuppence.web.app import create_app
from tuppence.web.parts import Parts, opened_parts
from tuppence.web.server import Server

T = TypeVar("T")


class Served:
    """A running server, and a way into its event loop."""

    def __init__(self, base_url: str, parts: Parts, loop: asyncio.AbstractEventLoop) -> None:
        self.base_url, self.parts, self._loop = base_url, parts, loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, done in the server's loop: `served.run(create_account(served.ledger, ...))`."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @property
    def ledger(self) -> Ledger:
        """Of the household that every test has."""
        return self.parts.first_ledger

    def user(self, name: str = "Ada", role: Role = "owner", ledger: Ledger | None = None) -> User:
        """A new user, of `ledger`'s household, who has no password."""
        where = ledger or self.ledger

        async def added() -> User:
            async with where.store.writing() as connection:
                return await add_user_on(connection, where.household, name, role, None)

        return self.run(added())

    def sign_in_address(self, user: User) -> str:
        """An address that lets the user in once."""
        link = self.run(sign_in_link(Ledger(self.parts.store, user.household_id), user.id))
        return f"{self.base_url}/enter/{link.secret}"

    def invitation(self, role: Role = "member") -> str:
        """An address by which somebody joins the household."""
        return f"{self.base_url}/enter/{self.run(join_link(self.ledger, role)).secret}"

    @contextmanager
    def client(self, user: User | None = None) -> Iterator[httpx.Client]:
        """A browser without scripts: signed in as `user`, whose writes carry the token that every page has."""
        with httpx.Client(base_url=self.base_url, timeout=30, follow_redirects=False) as client:
            if user is not None:
                assert client.post(self.sign_in_address(user)).status_code == 303
                client.headers["X-CSRF-Token"] = csrf_of(client.get("/settings/you").text)
            yield client


def csrf_of(page: str) -> str:
    """The token in a page's head."""
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


@cache
def migrated() -> Path:
    """An empty database of the newest revision, to be copied: making one takes longer than starting a server."""
    folder = TemporaryDirectory(prefix="tuppence-tests-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / FILENAME
    prepare_database(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextmanager
def served(home: Path, *, works: bool = False, **settings: Any) -> Iterator[Served]:
    """The app over the data folder `home`. settings: further fields of Settings; `keys` as plain strings.

    works: whether it works in the background, too.
    """
    keys = {name: SecretStr(key) for name, key in settings.pop("keys", {}).items()}
    if not (home / FILENAME).exists():
        copy(migrated(), home / FILENAME)
    wanted = Settings.model_construct(home=home, keys=keys, **{"addresses": {}, **settings})
    ready: Future[Served] = Future()
    over = threading.Event()
    thread = threading.Thread(target=asyncio.run, args=(_serve(wanted, ready, over, works=works),))
    thread.start()
    try:
        yield ready.result(30)
    finally:
        over.set()
        thread.join(30)
        assert not thread.is_alive(), "the server did not end"


async def _serve(settings: Settings, ready: Future[Served], over: threading.Event, *, works: bool) -> None:
    try:
        async with opened_parts(settings, works=works) as parts:

            def on_ready(port: int) -> None:
                ready.set_result(Served(f"http://127.0.0.1:{port}", parts, asyncio.get_running_loop()))

            server = Server(create_app(parts), "127.0.0.1", 0, on_ready, parts.ending)
            serving = asyncio.create_task(server.serve())
            await asyncio.to_thread(over.wait)
            server.should_exit = True
            await serving
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)
