"""Keys for programs: shown once, scoped, revoked at once."""

import pytest
from sqlalchemy import select

from tuppence.access.api_keys import (
    NEWS,
    PREFIX,
    api_key_of,
    create_api_key,
    list_api_keys,
    revoke_api_key,
)
from tuppence.access.users import User
from tuppence.store import Store
from tuppence.store.tables import api_keys, now

pytestmark = pytest.mark.anyio


async def test_the_token_finds_the_key_and_its_user(store: Store, anna: User, ben: User) -> None:
    made = await create_api_key(store, ben, "  my   script ", "write")
    found = await api_key_of(store, made.token)
    assert found == made.key
    assert found is not None
    assert (found.user, found.name, found.scope, found.may_write) == (ben, "my script", "write", True)
    assert made.token.startswith(PREFIX)
    assert len(made.token) == len(PREFIX) + 43  # 256 bits, 6 a character


async def test_a_key_reads_unless_told_otherwise(store: Store, anna: User) -> None:
    assert not (await create_api_key(store, anna, "script")).key.may_write


@pytest.mark.parametrize("token", ["", PREFIX, "\ud800", f"{PREFIX}\ud800", PREFIX + "x" * 10_000])
async def test_no_other_token_finds_anything(store: Store, anna: User, token: str) -> None:
    made = await create_api_key(store, anna, "script")
    assert await api_key_of(store, token) is None
    assert await api_key_of(store, made.key.id) is None
    assert await api_key_of(store, made.token.removeprefix(PREFIX)) is None
    assert await api_key_of(store, made.token + "x") is None


async def test_the_secret_is_not_in_the_database(store: Store, anna: User) -> None:
    made = await create_api_key(store, anna, "script")
    async with store.reading() as connection:
        assert made.token not in str((await connection.execute(select(api_keys))).all())


async def test_its_use_is_noted_now_and_then(store: Store, anna: User) -> None:
    start = now()
    made = await create_api_key(store, anna, "script", moment=start)
    for after, noted in [(NEWS * 1, NEWS * 1), (NEWS * 1.5, NEWS * 1), (NEWS * 2, NEWS * 2)]:
        await api_key_of(store, made.token, moment=start + after)
        (key,) = await list_api_keys(store, anna)
        assert key.used_at == start + noted


async def test_a_revoked_key_is_dead(store: Store, anna: User, ben: User) -> None:
    made, other = await create_api_key(store, ben, "one"), await create_api_key(store, ben, "two")
    assert not await revoke_api_key(store, anna, made.key.id)  # whose it is not
    assert await revoke_api_key(store, ben, made.key.id)
    assert not await revoke_api_key(store, ben, made.key.id)
    assert await api_key_of(store, made.token) is None
    assert [key.id for key in await list_api_keys(store, ben)] == [other.key.id]
    assert await list_api_keys(store, anna) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0"])
async def test_a_key_needs_a_name(store: Store, anna: User, name: str) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        await create_api_key(store, anna, name)
