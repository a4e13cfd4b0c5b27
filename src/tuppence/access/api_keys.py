"""Keys by which a user's programs come in, to read or to write."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from tuppence.access.tokens import new_token, token_hash
from tuppence.access.users import USER_COLUMNS, User, user_of_row
from tuppence.store import Store, StoreBusy
from tuppence.store.tables import api_keys, now, users

PREFIX = "tpk_"
"""Begins every key, so that people and scanners recognise one that went astray."""

Scope = Literal["read", "write"]
"""What a key may do; "write" includes reading."""

NEWS = timedelta(minutes=5)
"""How much later than noted a key has to be used for that to be noted: most requests write nothing."""

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, without its secret."""

    id: str
    user: User
    """In whose name it acts."""
    name: str
    """What its owner calls it."""
    scope: Scope
    created_at: datetime
    used_at: datetime | None
    """To within some minutes; None: never."""

    @property
    def may_write(self) -> bool:
        """Whether it may do more than read."""
        return self.scope == "write"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key that was just made: the only time its token is known."""

    key: ApiKey
    token: str


_OWN_COLUMNS = 5
_KEYS = select(
    api_keys.c.id,
    api_keys.c.name,
    api_keys.c.scope,
    api_keys.c.created_at,
    api_keys.c.used_at,
    *USER_COLUMNS,
).join(users, (users.c.household_id == api_keys.c.household_id) & (users.c.id == api_keys.c.user_id))


async def create_api_key(
    store: Store, user: User, name: str, scope: Scope = "read", *, moment: datetime | None = None
) -> NewApiKey:
    """A new key that acts in the user's name. Raises ValueError when the name is empty or too long."""
    shown = " ".join(name.split())
    if not 1 <= len(shown) <= _LONGEST_NAME or not shown.isprintable():
        raise ValueError(f"A key needs a name of at most {_LONGEST_NAME} visible characters, such as its program's.")
    token = PREFIX + new_token()
    key = ApiKey(secrets.token_hex(16), user, shown, scope, moment or now(), None)
    async with store.writing() as connection:
        await connection.execute(
            insert(api_keys).values(
                id=key.id,
                household_id=user.household_id,
                user_id=user.id,
                name=shown,
                scope=scope,
                secret_hash=token_hash(token),
                created_at=key.created_at,
            )
        )
    return NewApiKey(key, token)


async def api_key_of(store: Store, token: str, *, moment: datetime | None = None) -> ApiKey | None:
    """The key whose secret is `token`, with its user as they are now; None when there is none (any more)."""
    if not token.startswith(PREFIX):
        return None
    async with store.reading() as connection:
        query = _KEYS.where(api_keys.c.secret_hash == token_hash(token))
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    found, moment = _key(row), moment or now()
    if found.used_at is None or moment - found.used_at >= NEWS:
        await _note_use(store, found, moment)
    return found


async def list_api_keys(store: Store, user: User) -> list[ApiKey]:
    """The user's keys, the latest first."""
    query = _KEYS.where(_of(user)).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    async with store.reading() as connection:
        return [_key(row) for row in await connection.execute(query)]


async def revoke_api_key(store: Store, user: User, key_id: str) -> bool:
    """End a key at once; False when it is not one of the user's (any more)."""
    async with store.writing() as connection:
        ended = await connection.execute(delete(api_keys).where(_of(user), api_keys.c.id == key_id))
        return ended.rowcount == 1


async def _note_use(store: Store, key: ApiKey, moment: datetime) -> None:
    try:
        async with store.writing() as connection:
            await connection.execute(update(api_keys).where(api_keys.c.id == key.id).values(used_at=moment))
    except StoreBusy:  # the next request is soon enough
        return


def _key(row: Row[Any]) -> ApiKey:
    identity, name, scope, created_at, used_at = row[:_OWN_COLUMNS]
    return ApiKey(identity, user_of_row(row, _OWN_COLUMNS), name, scope, created_at, used_at)


def _of(user: User) -> ColumnElement[bool]:
    return (api_keys.c.household_id == user.household_id) & (api_keys.c.user_id == user.id)
