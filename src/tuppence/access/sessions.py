"""Sessions: who is signed in, in which browser, for how long."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.access.tokens import new_token, token_hash
from tuppence.access.users import USER_COLUMNS, User, user_of_row
from tuppence.ledger.household import HOUSEHOLD_COLUMNS, Household
from tuppence.store import Store, StoreBusy
from tuppence.store.tables import households, now, sessions, users

LIFETIME = timedelta(days=30)
"""How long a session lives after it was last seen."""

NEWS = timedelta(minutes=5)
"""How much later than noted a session has to be seen for that to be noted: most requests write nothing."""

_LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a user is signed in."""

    id: str
    """The SHA-256 of its cookie: names the session, and opens nothing."""
    user: User
    browser: str
    """As it names itself; empty when it does not."""
    created_at: datetime
    seen_at: datetime
    """To within some minutes."""
    expires_at: datetime
    household: Household
    """Of the user."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has just come in."""

    user: User
    token: str
    """The session's secret, for the cookie; known to nobody else, and only now."""


_OWN_COLUMNS = 5
_SESSIONS = (
    select(
        sessions.c.id,
        sessions.c.browser,
        sessions.c.created_at,
        sessions.c.seen_at,
        sessions.c.expires_at,
        *USER_COLUMNS,
        *HOUSEHOLD_COLUMNS,
    )
    .join(users, (users.c.household_id == sessions.c.household_id) & (users.c.id == sessions.c.user_id))
    .join(households, households.c.id == sessions.c.household_id)
)


async def open_session(store: Store, user: User, browser: str = "", *, moment: datetime | None = None) -> str:
    """A new session of `user`: its token, to be sent as a cookie."""
    async with store.writing() as connection:
        return await session_on(connection, user, browser, moment or now())


async def session_on(connection: AsyncConnection, user: User, browser: str, moment: datetime) -> str:
    """The same over an open connection. The user's expired sessions go."""
    token = new_token()
    await connection.execute(delete(sessions).where(_of(user), sessions.c.expires_at <= moment))
    await connection.execute(
        insert(sessions).values(
            id=token_hash(token),
            household_id=user.household_id,
            user_id=user.id,
            browser=_readable(browser),
            created_at=moment,
            seen_at=moment,
            expires_at=moment + LIFETIME,
        )
    )
    return token


async def session_of(store: Store, token: str, *, moment: datetime | None = None) -> Session | None:
    """The living session whose cookie is `token`, with its user as they are now; None when there is none.

    Being seen lets it live on for LIFETIME.
    """
    moment = moment or now()
    query = _SESSIONS.where(sessions.c.id == token_hash(token), sessions.c.expires_at > moment)
    async with store.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    found = _session(row)
    return await _seen(store, found, moment) if moment - found.seen_at >= NEWS else found


async def list_sessions(store: Store, user: User, *, moment: datetime | None = None) -> list[Session]:
    """The user's living sessions, the latest seen first."""
    query = _SESSIONS.where(_of(user), sessions.c.expires_at > (moment or now()))
    async with store.reading() as connection:
        found = await connection.execute(query.order_by(sessions.c.seen_at.desc(), sessions.c.id))
        return [_session(row) for row in found]


async def end_session(store: Store, user: User, session_id: str) -> bool:
    """Sign the user out where that session is; False when it is not a session of theirs."""
    async with store.writing() as connection:
        ended = await connection.execute(delete(sessions).where(_of(user), sessions.c.id == session_id))
        return ended.rowcount == 1


async def end_all_sessions(store: Store, user: User, *, keep: str | None = None) -> int:
    """Sign the user out everywhere, but for the session with the id `keep`. How many sessions ended."""
    async with store.writing() as connection:
        ended = await connection.execute(delete(sessions).where(_of(user), sessions.c.id != (keep or "")))
        return ended.rowcount


async def _seen(store: Store, session: Session, moment: datetime) -> Session | None:
    """The session, seen now; None when it ended in the meantime."""
    expires_at = moment + LIFETIME
    this = sessions.c.id == session.id
    try:
        async with store.writing() as connection:
            seen = await connection.execute(update(sessions).where(this).values(seen_at=moment, expires_at=expires_at))
    except StoreBusy:  # the next request is soon enough
        return session
    if not seen.rowcount:
        return None
    return replace(session, seen_at=moment, expires_at=expires_at)


def _session(row: Row[Any]) -> Session:
    identity, browser, created_at, seen_at, expires_at = row[:_OWN_COLUMNS]
    user, household = user_of_row(row, _OWN_COLUMNS), Household(*row[_OWN_COLUMNS + len(USER_COLUMNS) :])
    return Session(identity, user, browser, created_at, seen_at, expires_at, household)


def _of(user: User) -> ColumnElement[bool]:
    return (sessions.c.household_id == user.household_id) & (sessions.c.user_id == user.id)


def _readable(browser: str) -> str:
    return "".join(character for character in browser if character.isprintable())[:_LONGEST_BROWSER]
