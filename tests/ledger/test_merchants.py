"""Merchants are renamed, merged and deleted; a website is a host name."""

import pytest

from ledger.contents import contents
from ledger.statements import bring_in, row, rows_of, statement
from tuppence.ledger.edits import By, list_edits
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import (
    Merchant,
    MerchantChange,
    change_merchant,
    delete_merchant,
    find_merchant,
    host_name,
    list_merchants,
    merchant_named,
    merge_merchants,
)
from tuppence.ledger.names import NameTaken
from tuppence.ledger.transaction_filter import EVERYTHING
from tuppence.ledger.undoing import undo_edit


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shop.example", "shop.example"),
        (" https://www.Shop.example/en?x=1 ", "shop.example"),
        ("http://user@shop.example:8080", "shop.example"),
        ("www.shop.example.", "shop.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a-b.co.example", "a-b.co.example"),
    ],
)
def test_a_website_is_kept_as_its_host_name(given: str, kept: str) -> None:
    assert host_name(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", "shop", "the shop", "-.example", "127.0.0.1", "[::1]", "http://[", "a" * 64 + ".example", "a..b", "www."],
)
def test_what_is_no_website(given: str) -> None:
    with pytest.raises(ValueError, match="is no website"):
        host_name(given)


pytestmark = pytest.mark.anyio


@pytest.fixture
async def shops(ledger: Ledger) -> tuple[Merchant, Merchant]:
    """Two, of which a rule found the first in both transactions."""
    one, other = await merchant_named(ledger, "Shop", "shop.example"), await merchant_named(ledger, "The shop")
    await bring_in(ledger, statement(row("03-01", "-1"), row("03-02", "-1")))
    await file_transactions(ledger, EVERYTHING, TransactionChange(merchant=one.id), By(source="rule"))
    return one, other


async def test_name_and_website_change(ledger: Ledger, shops: tuple[Merchant, Merchant]) -> None:
    before, (one, _) = await contents(ledger), shops
    await change_merchant(ledger, one.id, MerchantChange(name=" Big  shop", website="HTTPS://big.example/"))
    assert await find_merchant(ledger, "big shop") == Merchant(one.id, "Big shop", "big.example")
    await change_merchant(ledger, one.id, MerchantChange(website=None))
    assert (await find_merchant(ledger, "big shop")).website is None
    with pytest.raises(NameTaken):
        await change_merchant(ledger, one.id, MerchantChange(name="the SHOP"))
    with pytest.raises(ValueError, match="needs a name"):
        await change_merchant(ledger, one.id, MerchantChange(name=""))
    for edit in await list_edits(ledger, limit=2):
        await undo_edit(ledger, edit.id)
    assert await contents(ledger) == before


async def test_merging_moves_transactions_and_the_website(ledger: Ledger, shops: tuple[Merchant, Merchant]) -> None:
    before, (one, other) = await contents(ledger), shops
    done = await merge_merchants(ledger, one.id, other.id)
    assert done.rows == 2
    assert await list_merchants(ledger) == [Merchant(other.id, "The shop", "shop.example")]
    assert {(each.merchant, each.merchant_source) for each in await rows_of(ledger)} == {("The shop", "rule")}
    with pytest.raises(ValueError, match="into itself"):
        await merge_merchants(ledger, other.id, other.id)
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before


async def test_deleting_leaves_transactions_without_one(ledger: Ledger, shops: tuple[Merchant, Merchant]) -> None:
    before, (one, _) = await contents(ledger), shops
    done = await delete_merchant(ledger, one.id)
    assert {(each.merchant, each.merchant_source) for each in await rows_of(ledger)} == {(None, None)}
    assert (await list_edits(ledger))[0].summary == "Deleted the merchant Shop"
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before
