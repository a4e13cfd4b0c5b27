"""Making, seeing and taking back one-time links."""

import pytest
from sqlalchemy import select

from tuppence.access.entrances import join
from tuppence.access.links import (
    LinkUnusable,
    join_link,
    link_of,
    list_links,
    pending_owner_link,
    revoke_link,
    sign_in_link,
)
from tuppence.access.passwords import Passwords
from tuppence.access.users import User, UserUnknown
from tuppence.ledger.household import Ledger
from tuppence.store import Store
from tuppence.store.tables import links

from .people import ANNAS_PASSWORD, later

pytestmark = pytest.mark.anyio


async def test_a_new_household_waits_for_its_owner(store: Store, passwords: Passwords, ledger: Ledger) -> None:
    link = await pending_owner_link(ledger)
    assert link is not None
    assert (await join(store, passwords, link.secret, "Anna", ANNAS_PASSWORD)).user.role == "owner"
    assert await pending_owner_link(ledger) is None


async def test_only_the_latest_owner_link_opens(
    store: Store, passwords: Passwords, ledger: Ledger, others: Ledger
) -> None:
    of_others = await list_links(others)
    first, second = await pending_owner_link(ledger), await pending_owner_link(ledger)
    assert first is not None
    assert second is not None
    with pytest.raises(LinkUnusable):
        await join(store, passwords, first.secret, "Mallory", ANNAS_PASSWORD)
    assert await link_of(store, second.secret) == second.link
    assert await list_links(others) == of_others != []


async def test_an_owner_link_that_expired_is_followed_by_another(ledger: Ledger) -> None:
    await pending_owner_link(ledger)
    again = await pending_owner_link(ledger, moment=later(days=8))
    assert again is not None
    assert await list_links(ledger, moment=later(days=8)) == [again.link]


async def test_the_secret_is_not_in_the_database(store: Store, ledger: Ledger) -> None:
    link = await join_link(ledger)
    async with store.reading() as connection:
        (row,) = (await connection.execute(select(links))).all()
    assert link.secret not in str(row)
    assert len(link.secret) == 43  # 256 bits, 6 a character


async def test_looking_does_not_use_a_link(store: Store, ledger: Ledger) -> None:
    link = await join_link(ledger, "owner")
    assert await link_of(store, link.secret) == await link_of(store, link.secret) == link.link
    assert await link_of(store, link.secret, moment=later(days=7.01)) is None
    assert await link_of(store, "another") is None


async def test_links_are_seen_and_taken_back_by_their_household_only(
    store: Store, ledger: Ledger, others: Ledger, anna: User
) -> None:
    link = await join_link(ledger)
    assert await list_links(ledger) == [link.link]
    assert link.link not in await list_links(others)
    assert not await revoke_link(others, link.link.id)
    assert await link_of(store, link.secret) is not None
    assert await revoke_link(ledger, link.link.id)
    assert await link_of(store, link.secret) is None
    assert not await revoke_link(ledger, link.link.id)


async def test_nobody_signs_in_as_another_households_member(ledger: Ledger, others: Ledger, anna: User) -> None:
    with pytest.raises(UserUnknown):
        await sign_in_link(others, anna.id)
    with pytest.raises(UserUnknown):
        await sign_in_link(ledger, anna.id + 100)
    assert await list_links(ledger) == []
