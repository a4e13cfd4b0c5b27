"""A second household beside the first."""

import pytest

from tuppence.access.entrances import join
from tuppence.access.households import create_household
from tuppence.access.passwords import Passwords
from tuppence.access.users import User
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger, household_of, open_ledger
from tuppence.store import Store

from .people import BENS_PASSWORD

pytestmark = pytest.mark.anyio


async def test_it_has_an_owner_link_and_the_default_categories(
    store: Store, passwords: Passwords, ledger: Ledger, anna: User
) -> None:
    second, link = await create_household(store, "  The   Millers ", currency="EUR", language="de")
    household = await household_of(second)
    assert (household.name, household.currency, household.language) == ("The Millers", "EUR", "de")
    assert second.household != ledger.household
    ours, theirs = await list_categories(ledger), await list_categories(second)
    assert [category.name for category in theirs] == [category.name for category in ours]
    joined = await join(store, passwords, link.secret, "Clara", BENS_PASSWORD)
    assert (joined.user.household_id, joined.user.role) == (second.household, "owner")
    assert await open_ledger(store) == ledger  # the first household stays the first


@pytest.mark.parametrize("name", ["", "  ", "\ud800"])
async def test_it_needs_a_name(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        await create_household(store, name)
