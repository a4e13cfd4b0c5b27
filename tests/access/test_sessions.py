"""Sessions: found by their cookie, kept alive by being seen, ended by whoever they belong to."""

from typing import Any

import pytest
from sqlalchemy import event, select

from tuppence.access.sessions import (
    LIFETIME,
    NEWS,
    _seen,
    end_all_sessions,
    end_session,
    list_sessions,
    open_session,
    session_of,
)
from tuppence.access.tokens import token_hash
from tuppence.access.users import User, rename_member, set_role
from tuppence.ledger.household import Ledger
from tuppence.store import Store
from tuppence.store.tables import now, sessions

pytestmark = pytest.mark.anyio


async def test_the_cookie_finds_the_session_and_its_user(store: Store, anna: User, ben: User) -> None:
    moment = now()
    token = await open_session(store, ben, "Firefox\n on \x00Linux", moment=moment)
    session = await session_of(store, token, moment=moment)
    assert session is not None
    assert (session.id, session.user, session.browser) == (token_hash(token), ben, "Firefox on Linux")
    assert (session.created_at, session.seen_at, session.expires_at) == (moment, moment, moment + LIFETIME)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 10_000])
async def test_no_other_cookie_finds_anything(store: Store, anna: User, token: str) -> None:
    assert await session_of(store, token) is None
    (session,) = await list_sessions(store, anna)
    assert await session_of(store, session.id) is None  # what the database keeps opens nothing


async def test_the_secret_is_not_in_the_database(store: Store, anna: User) -> None:
    token = await open_session(store, anna)
    async with store.reading() as connection:
        assert token not in str((await connection.execute(select(sessions))).all())


async def test_a_session_that_is_seen_lives_on_and_one_that_is_not_expires(store: Store, anna: User) -> None:
    start = now()
    seen, unseen = [await open_session(store, anna, moment=start) for _ in range(2)]
    later = start + LIFETIME * 0.9
    found = await session_of(store, seen, moment=later)
    assert found is not None
    assert (found.seen_at, found.expires_at) == (later, later + LIFETIME)
    assert await session_of(store, seen, moment=start + LIFETIME * 1.8) is not None
    assert await session_of(store, unseen, moment=start + LIFETIME) is None
    assert await session_of(store, seen, moment=start + LIFETIME * 3) is None


class Statements(list[tuple[str, Any]]):
    """What is said to the database from now on, with its values, but for where transactions begin."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        event.listen(store._engine.sync_engine, "before_cursor_execute", self._heard)

    def _heard(self, connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if not statement.startswith("BEGIN"):
            self.append((statement, values))


async def test_requests_close_together_read_once_each_and_write_nothing(store: Store, anna: User) -> None:
    start = now()
    token = await open_session(store, anna, moment=start)
    statements = Statements(store)
    for twentieth in range(20):
        await session_of(store, token, moment=start + NEWS * twentieth / 20)
    assert [statement.split()[0] for statement, _ in statements] == ["SELECT"] * 20
    await session_of(store, token, moment=start + NEWS)
    assert [statement.split()[0] for statement, _ in statements[20:]] == ["SELECT", "UPDATE"]


async def test_a_session_is_found_by_indexes(store: Store, anna: User) -> None:
    statements = Statements(store)
    await session_of(store, "any")
    ((statement, values),) = statements
    async with store.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [step.detail for step in plan]
    assert len(steps) == 3
    assert all(step.startswith("SEARCH") for step in steps)


async def test_a_new_name_and_a_new_role_hold_at_once(store: Store, ledger: Ledger, anna: User, ben: User) -> None:
    token = await open_session(store, ben)
    await set_role(ledger, ben.id, "owner")
    renamed = await rename_member(ledger, ben.id, "Benjamin")
    session = await session_of(store, token)
    assert session is not None
    assert session.user == renamed == User(ben.id, ben.household_id, "Benjamin", "owner", has_password=True)


async def test_signing_out_here_and_everywhere(store: Store, anna: User, ben: User) -> None:
    tokens = [await open_session(store, anna, browser) for browser in ("one", "two", "three")]
    of_ben = await open_session(store, ben)
    here = token_hash(tokens[0])
    assert await end_session(store, anna, token_hash(tokens[1]))
    assert not await end_session(store, anna, token_hash(tokens[1]))
    assert [await session_of(store, token) is not None for token in tokens] == [True, False, True]
    assert await end_all_sessions(store, anna, keep=here) == 2  # the third, and that of joining
    assert [session.id for session in await list_sessions(store, anna)] == [here]
    assert await end_all_sessions(store, anna) == 1
    assert await list_sessions(store, anna) == []
    assert await session_of(store, of_ben) is not None


async def test_nobody_ends_or_sees_the_sessions_of_others(store: Store, anna: User, ben: User) -> None:
    token = await open_session(store, ben)
    assert not await end_session(store, anna, token_hash(token))
    assert token_hash(token) not in {session.id for session in await list_sessions(store, anna)}
    assert await session_of(store, token) is not None


async def test_expired_sessions_go_when_their_user_comes_in_again(store: Store, anna: User, ben: User) -> None:
    start = now()
    await open_session(store, anna, moment=start)
    await open_session(store, anna, moment=start + LIFETIME * 2)
    async with store.reading() as connection:
        left = (await connection.scalars(select(sessions.c.user_id))).all()
    assert sorted(left) == [anna.id, ben.id]


async def test_a_session_that_ends_while_it_is_looked_up_is_none(store: Store, anna: User) -> None:
    token = await open_session(store, anna)
    session = await session_of(store, token)
    assert session is not None
    await end_all_sessions(store, anna)
    assert await _seen(store, session, now()) is None
