"""A token serves the session it was made for, and no other."""

from pathlib import Path

import pytest

from tuppence.access.csrf import csrf_ok, csrf_token
from tuppence.access.secrets import KeyFile
from tuppence.access.sessions import Session, open_session, session_of
from tuppence.access.users import User
from tuppence.store import Store

pytestmark = pytest.mark.anyio


@pytest.fixture
async def session(store: Store, anna: User) -> Session:
    found = await session_of(store, await open_session(store, anna))
    assert found is not None
    return found


async def test_it_is_good_for_its_session_only(store: Store, keys: KeyFile, anna: User, session: Session) -> None:
    token = csrf_token(keys, session)
    other = await session_of(store, await open_session(store, anna))
    assert other is not None
    assert csrf_ok(keys, session, token)
    assert not csrf_ok(keys, other, token)


async def test_no_two_are_alike_and_all_are_good(keys: KeyFile, session: Session) -> None:
    tokens = {csrf_token(keys, session) for _ in range(10)}
    assert len(tokens) == 10
    assert all(csrf_ok(keys, session, token) for token in tokens)


async def test_no_other_text_is_good(keys: KeyFile, session: Session) -> None:
    token = csrf_token(keys, session)
    changed = [token[:at] + ("0" if token[at] != "0" else "1") + token[at + 1 :] for at in range(len(token))]
    for wrong in [*changed, "", token[:-1], token + "0", token.upper(), "é" * 96, "\ud800", session.id]:
        assert wrong == token or not csrf_ok(keys, session, wrong)


async def test_the_keys_of_another_house_are_no_good(keys: KeyFile, session: Session, tmp_path: Path) -> None:
    assert not csrf_ok(keys, session, csrf_token(KeyFile.open(tmp_path / "other"), session))


async def test_pages_that_are_open_while_keys_are_rotated_stay_good(keys: KeyFile, session: Session) -> None:
    token = csrf_token(keys, session)
    keys.rotate()
    assert csrf_ok(keys, session, token)
    assert csrf_ok(keys, session, csrf_token(keys, session))
