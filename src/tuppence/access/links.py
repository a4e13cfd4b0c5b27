"""One-time links: an invitation to join a household, and a way in for somebody who has no password at hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.access.tokens import new_token, token_hash
from tuppence.access.users import Role, member_on
from tuppence.ledger.household import Ledger
from tuppence.store import Store
from tuppence.store.tables import links, now, users

Purpose = Literal["join", "sign_in"]
JOIN_LIFETIME = timedelta(days=7)
SIGN_IN_LIFETIME = timedelta(hours=1)


class LinkUnusable(Exception):
    """The link was used already, is too old, or was taken back. Ask for a new one."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can still be used."""

    id: str
    """The SHA-256 of its secret: names the link, and opens nothing."""
    household_id: int
    purpose: Purpose
    user_id: int | None
    """Who signs in by it; None: whoever joins."""
    role: Role | None
    """Of whoever joins by it; None: nobody joins."""
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made: the only time its secret is known."""

    link: Link
    secret: str
    """Belongs into the address, and nowhere else."""


# ----------------------------------------------------------------------------------------------------------- making


async def join_link(
    ledger: Ledger, role: Role = "member", *, lifetime: timedelta = JOIN_LIFETIME, moment: datetime | None = None
) -> NewLink:
    """A link by which one person may join the household as `role`."""
    async with ledger.store.writing() as connection:
        return await join_link_on(connection, ledger.household, role, moment or now(), lifetime)


async def join_link_on(
    connection: AsyncConnection, household_id: int, role: Role, moment: datetime, lifetime: timedelta = JOIN_LIFETIME
) -> NewLink:
    """The same over an open connection."""
    return await _new_link(connection, household_id, "join", None, role, moment, moment + lifetime)


async def pending_owner_link(
    ledger: Ledger, *, lifetime: timedelta = JOIN_LIFETIME, moment: datetime | None = None
) -> NewLink | None:
    """A link by which the household's first user joins as its owner, or None when it has a user.

    Owner links made before stop working: only the one that was shown last opens the house.
    """
    anybody = select(users.c.id).where(users.c.household_id == ledger.household).limit(1)
    async with ledger.store.reading() as connection:
        if await connection.scalar(anybody) is not None:
            return None
    async with ledger.store.writing() as connection:
        if await connection.scalar(anybody) is not None:
            return None
        earlier = (links.c.household_id == ledger.household) & (links.c.role == "owner") & links.c.used_at.is_(None)
        await connection.execute(delete(links).where(earlier))
        return await join_link_on(connection, ledger.household, "owner", moment or now(), lifetime)


async def sign_in_link(
    ledger: Ledger, user_id: int, *, lifetime: timedelta = SIGN_IN_LIFETIME, moment: datetime | None = None
) -> NewLink:
    """A link by which that user of the household comes in once without a password. Raises UserUnknown."""
    moment = moment or now()
    async with ledger.store.writing() as connection:
        await member_on(connection, ledger, user_id)
        return await _new_link(connection, ledger.household, "sign_in", user_id, None, moment, moment + lifetime)


async def _new_link(
    connection: AsyncConnection,
    household_id: int,
    purpose: Purpose,
    user_id: int | None,
    role: Role | None,
    moment: datetime,
    expires_at: datetime,
) -> NewLink:
    secret = new_token()
    link = Link(token_hash(secret), household_id, purpose, user_id, role, moment, expires_at)
    await connection.execute(delete(links).where(links.c.household_id == household_id, links.c.expires_at <= moment))
    await connection.execute(
        insert(links).values(
            id=link.id,
            household_id=household_id,
            purpose=purpose,
            user_id=user_id,
            role=role,
            created_at=moment,
            expires_at=expires_at,
        )
    )
    return NewLink(link, secret)


# ------------------------------------------------------------------------------------------------------------ using


async def link_of(store: Store, secret: str, *, moment: datetime | None = None) -> Link | None:
    """The usable link of that secret, None when there is none.

    Looking does not use it: mail programs and messengers open addresses before people do.
    """
    usable = _usable(moment or now())
    async with store.reading() as connection:
        row = (await connection.execute(_LINKS.where(links.c.id == token_hash(secret), usable))).one_or_none()
    return None if row is None else Link(*row)


async def used_on(connection: AsyncConnection, secret: str, purpose: Purpose, moment: datetime) -> Link:
    """The link, which can be used no more once the transaction is committed.

    Raises LinkUnusable: also to all but one of those who use it at the same time.
    """
    this = (links.c.id == token_hash(secret)) & (links.c.purpose == purpose)
    used = await connection.execute(update(links).where(this, _usable(moment)).values(used_at=moment))
    if used.rowcount != 1:
        raise LinkUnusable
    return Link(*(await connection.execute(_LINKS.where(this))).one())


# -------------------------------------------------------------------------------------------------------- oversight


async def list_links(ledger: Ledger, *, moment: datetime | None = None) -> list[Link]:
    """The household's links that can still be used, the latest first."""
    query = _LINKS.where(links.c.household_id == ledger.household, _usable(moment or now()))
    async with ledger.store.reading() as connection:
        return [Link(*row) for row in await connection.execute(query.order_by(links.c.created_at.desc(), links.c.id))]


async def revoke_link(ledger: Ledger, link_id: str) -> bool:
    """Take an unused link back; False when the household has no such link (any more)."""
    this = (links.c.household_id == ledger.household) & (links.c.id == link_id) & links.c.used_at.is_(None)
    async with ledger.store.writing() as connection:
        return (await connection.execute(delete(links).where(this))).rowcount == 1


_LINKS = select(
    links.c.id,
    links.c.household_id,
    links.c.purpose,
    links.c.user_id,
    links.c.role,
    links.c.created_at,
    links.c.expires_at,
)


def _usable(moment: datetime) -> ColumnElement[bool]:
    return links.c.used_at.is_(None) & (links.c.expires_at > moment)
