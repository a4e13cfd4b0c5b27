"""The people of a household. Their names are unique over all households, as they sign in by them."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.access.passwords import Passwords, check_password
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken, name_key
from tuppence.store import Store
from tuppence.store.tables import links, now, sessions, users

Role = Literal["owner", "member"]
LONGEST_NAME = 100


class NameUnfit(ValueError):
    """Nobody can be called that; the message says why."""


class LastOwner(Exception):
    """A household always has an owner. Make another member an owner first."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class UserUnknown(LookupError):
    """There is no such member of this household; perhaps they were removed. Look at the list of members."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class WrongPassword(Exception):
    """That is not your present password. Try again, or get a sign-in link by `tuppence link`."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may enter."""

    id: int
    household_id: int
    name: str
    role: Role
    has_password: bool
    """False: enters by one-time links only."""

    @property
    def is_owner(self) -> bool:
        """Whether they may invite, remove and set up."""
        return self.role == "owner"


USER_COLUMNS = (
    users.c.id,
    users.c.household_id,
    users.c.name,
    users.c.role,
    users.c.password.is_not(None).label("has_password"),
)


def user_of_row(row: Row[Any], first: int = 0) -> User:
    """The user whose USER_COLUMNS begin at the `first` column of `row`."""
    identity, household, name, role, has_password = row[first : first + len(USER_COLUMNS)]
    return User(identity, household, name, role, bool(has_password))


# ---------------------------------------------------------------------------------------------------------- reading


async def list_members(ledger: Ledger) -> list[User]:
    """The household's users, in the order in which they came."""
    query = select(*USER_COLUMNS).where(users.c.household_id == ledger.household).order_by(users.c.id)
    async with ledger.store.reading() as connection:
        return [user_of_row(row) for row in await connection.execute(query)]


async def find_member(ledger: Ledger, user_id: int) -> User:
    """The household's user of that id. Raises UserUnknown."""
    async with ledger.store.reading() as connection:
        return await member_on(connection, ledger, user_id)


async def find_user(store: Store, name: str) -> User:
    """The user who signs in by `name`, of whatever household: for whoever runs the server. Raises UserUnknown."""
    query = select(*USER_COLUMNS).where(users.c.name_key == name_key(name))
    async with store.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UserUnknown
    return user_of_row(row)


async def member_on(connection: AsyncConnection, ledger: Ledger, user_id: int) -> User:
    """The same over an open connection. Raises UserUnknown."""
    row = (await connection.execute(select(*USER_COLUMNS).where(_member(ledger, user_id)))).one_or_none()
    if row is None:
        raise UserUnknown
    return user_of_row(row)


# ---------------------------------------------------------------------------------------------------------- changing


def checked_name(name: str) -> str:
    """The name as it is kept: single spaces, none around it. Raises NameUnfit."""
    shown = " ".join(name.split())
    if not shown:
        raise NameUnfit("A name is needed: you sign in with it.")
    if len(shown) > LONGEST_NAME:
        raise NameUnfit(f"The name may have at most {LONGEST_NAME} characters. Choose a shorter one.")
    if not shown.isprintable():
        raise NameUnfit("The name has a character that cannot be seen. Type it anew.")
    return shown


async def add_user_on(
    connection: AsyncConnection, household_id: int, name: str, role: Role, password_hash: str | None
) -> User:
    """A new user. password_hash: None for somebody who enters by links. Raises NameUnfit, NameTaken."""
    shown = checked_name(name)
    row = insert(users).values(
        household_id=household_id,
        name=shown,
        name_key=name_key(shown),
        password=password_hash,
        role=role,
        created_at=now(),
    )
    try:
        identity = (await connection.execute(row.returning(users.c.id))).scalar_one()
    except IntegrityError as error:
        raise _taken(shown) from error
    return User(identity, household_id, shown, role, password_hash is not None)


async def rename_member(ledger: Ledger, user_id: int, name: str) -> User:
    """The user under the new name. Raises UserUnknown, NameUnfit, NameTaken."""
    shown = checked_name(name)
    change = update(users).where(_member(ledger, user_id)).values(name=shown, name_key=name_key(shown))
    async with ledger.store.writing() as connection:
        try:
            await connection.execute(change)
        except IntegrityError as error:
            raise _taken(shown) from error
        return await member_on(connection, ledger, user_id)


async def set_role(ledger: Ledger, user_id: int, role: Role) -> User:
    """The user in the new role, which holds from their next request on. Raises UserUnknown, LastOwner."""
    async with ledger.store.writing() as connection:
        if role != "owner":
            await _keep_an_owner(connection, ledger, user_id)
        await connection.execute(update(users).where(_member(ledger, user_id)).values(role=role))
        return await member_on(connection, ledger, user_id)


async def remove_member(ledger: Ledger, user_id: int) -> None:
    """Remove a user with their sessions, links and API keys, which end at once. Raises UserUnknown, LastOwner.

    What they wrote, their chats among it, stays in the database, and nobody reads it.
    """
    async with ledger.store.writing() as connection:
        await _keep_an_owner(connection, ledger, user_id)
        await connection.execute(delete(users).where(_member(ledger, user_id)))


async def change_password(
    store: Store, passwords: Passwords, user: User, *, current: str | None, new: str, keep: str | None = None
) -> None:
    """Give the user, who knows the current password, a new one; every session but the one with the id `keep` ends.

    current: None for somebody who has no password yet. Raises PasswordUnfit, WrongPassword, UserUnknown.
    """
    async with store.reading() as connection:
        stored = await connection.scalar(select(users.c.password).where(_this(user)))
    if stored is not None and not await passwords.fits(current or "", stored):
        raise WrongPassword
    await set_password(store, passwords, user, new, keep=keep)


async def set_password(store: Store, passwords: Passwords, user: User, new: str, *, keep: str | None = None) -> None:
    """The same for somebody who need not know the current one: who has just come in by a sign-in link, having lost it.

    Raises PasswordUnfit, UserUnknown.
    """
    check_password(new, user.name)
    hashed = await passwords.hashed(new)
    theirs = (sessions.c.household_id == user.household_id) & (sessions.c.user_id == user.id)
    async with store.writing() as connection:
        changed = await connection.execute(update(users).where(_this(user)).values(password=hashed))
        if not changed.rowcount:
            raise UserUnknown
        await connection.execute(delete(sessions).where(theirs, sessions.c.id != (keep or "")))
        await connection.execute(delete(links).where(links.c.user_id == user.id, links.c.used_at.is_(None)))


async def _keep_an_owner(connection: AsyncConnection, ledger: Ledger, leaving: int) -> None:
    """Raise LastOwner when nobody but `leaving` owns the household, UserUnknown when they are not of it."""
    member = await member_on(connection, ledger, leaving)
    others = select(func.count()).where(
        users.c.household_id == ledger.household, users.c.role == "owner", users.c.id != leaving
    )
    if member.is_owner and not await connection.scalar(others):
        raise LastOwner


def _member(ledger: Ledger, user_id: int) -> ColumnElement[bool]:
    return (users.c.household_id == ledger.household) & (users.c.id == user_id)


def _this(user: User) -> ColumnElement[bool]:
    return (users.c.household_id == user.household_id) & (users.c.id == user.id)


def _taken(name: str) -> NameTaken:
    return NameTaken(f"Somebody is called “{name}” already. Choose another name to sign in with.")
