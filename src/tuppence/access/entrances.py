"""The three ways in: by name and password, by an invitation, by a sign-in link."""

from datetime import datetime

from sqlalchemy import select, update

from tuppence.access.attempts import Attempts
from tuppence.access.links import LinkUnusable, link_of, used_on
from tuppence.access.passwords import Passwords, check_password
from tuppence.access.sessions import SignedIn, session_on
from tuppence.access.users import USER_COLUMNS, add_user_on, checked_name, user_of_row
from tuppence.ledger.names import name_key
from tuppence.store import Store
from tuppence.store.tables import now, users


class SignInRefused(Exception):
    """Name and password do not belong together. Try again, or get a sign-in link by `tuppence link`."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


async def sign_in(
    store: Store,
    passwords: Passwords,
    attempts: Attempts,
    name: str,
    password: str,
    *,
    address: str,
    browser: str = "",
    moment: datetime | None = None,
) -> SignedIn:
    """A new session for the user of that name and password.

    address: of the client, for counting attempts. Raises SignInRefused, which does not tell whether there is such a
    user, and TooManyAttempts.
    """
    await attempts.count_sign_in(name, address)
    this = users.c.name_key == name_key(name.encode("utf-8", "replace").decode())
    async with store.reading() as connection:
        stored = await connection.scalar(select(users.c.password).where(this))
    if not await passwords.fits(password, stored) or stored is None:
        raise SignInRefused
    renewed = await passwords.hashed(password) if passwords.is_outdated(stored) else stored
    async with store.writing() as connection:
        # Only while it is still the password: whoever changed it meanwhile wants nobody to come in by the old one.
        same = await connection.execute(update(users).where(this, users.c.password == stored).values(password=renewed))
        if not same.rowcount:
            raise SignInRefused
        user = user_of_row((await connection.execute(select(*USER_COLUMNS).where(this))).one())
        token = await session_on(connection, user, browser, moment or now())
    await attempts.forgive_sign_in(name, address)
    return SignedIn(user, token)


async def join(
    store: Store,
    passwords: Passwords,
    secret: str,
    name: str,
    password: str | None,
    *,
    browser: str = "",
    moment: datetime | None = None,
) -> SignedIn:
    """A new user by an invitation, with a session. The link is used up only when there really is a new user.

    password: None for somebody who will come in by sign-in links only. Raises LinkUnusable, NameUnfit, NameTaken,
    PasswordUnfit.
    """
    moment = moment or now()
    shown = checked_name(name)
    if password is not None:
        check_password(password, shown)
    if await link_of(store, secret, moment=moment) is None:
        raise LinkUnusable
    hashed = None if password is None else await passwords.hashed(password)
    async with store.writing() as connection:
        link = await used_on(connection, secret, "join", moment)
        user = await add_user_on(connection, link.household_id, shown, link.role or "member", hashed)
        return SignedIn(user, await session_on(connection, user, browser, moment))


async def sign_in_by_link(store: Store, secret: str, *, browser: str = "", moment: datetime | None = None) -> SignedIn:
    """A new session for the user whom the link is for. Raises LinkUnusable."""
    moment = moment or now()
    async with store.writing() as connection:
        link = await used_on(connection, secret, "sign_in", moment)
        row = (await connection.execute(select(*USER_COLUMNS).where(users.c.id == link.user_id))).one()
        user = user_of_row(row)
        return SignedIn(user, await session_on(connection, user, browser, moment))
