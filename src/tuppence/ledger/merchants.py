"""The businesses a household deals with."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.bulk_edits import move_references, takes_back
from tuppence.ledger.edits import PERSON, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key, shown_name, taken_names, the_one_named
from tuppence.store.tables import merchants, rules, transactions

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Merchant:
    """One business."""

    id: int
    name: str
    website: str | None
    """Its host name without www; None when unknown."""


class MerchantChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a merchant. What is not set stays as it is."""

    name: str | UnsetType = UNSET
    website: str | UnsetType | None = UNSET
    """An address or a host name; None, or nothing, for none."""


async def list_merchants(ledger: Ledger) -> list[Merchant]:
    """All merchants of the household by name."""
    table = merchants.c
    query = select(table.id, table.name, table.website).where(table.household_id == ledger.household)
    async with ledger.store.reading() as connection:
        return [Merchant(*row) for row in await connection.execute(query.order_by(table.name_key))]


async def find_merchant(ledger: Ledger, name: str) -> Merchant:
    """The merchant called `name` (case does not matter). Raises NameUnknown, which lists what could have been meant."""
    return the_one_named(name, await list_merchants(ledger), "merchant")


async def merchant_named(ledger: Ledger, name: str, website: str | None = None, by: By = PERSON) -> Merchant:
    """The merchant of exactly this name (case does not matter), made when there is none.

    `website` is kept only where none was known. Raises ValueError for an empty name or what is no website.
    """
    async with editing(ledger, by, f"Added the merchant {shown_name(name, 'a merchant')}") as edit:
        return await merchant_in(edit, name, website)


async def merchant_in(edit: Editing, name: str, website: str | None = None) -> Merchant:
    """The same as a part of an edit."""
    shown, host = shown_name(name, "a merchant"), None if website is None else host_name(website)
    table = merchants.c
    known = select(table.id, table.name, table.website).where(
        table.household_id == edit.ledger.household, table.name_key == name_key(name)
    )
    if (row := (await edit.connection.execute(known)).one_or_none()) is None:
        values = {"name": shown, "name_key": name_key(name), "website": host}
        return Merchant(await edit.insert(merchants, values), shown, host)
    if row.website is None and host is not None:
        await edit.update(merchants, table.id == row.id, {"website": host})
    return Merchant(row.id, row.name, row.website or host)


async def change_merchant(ledger: Ledger, identity: int, change: MerchantChange, by: By = PERSON) -> Edited:
    """Rename a merchant or say its website.

    Raises LookupError when the household has none of that id, NameTaken when another one has that name, ValueError for
    an empty name or what is no website.
    """
    values: dict[str, str | None] = {}
    if change.name is not UNSET:
        values |= {"name": shown_name(change.name, "a merchant"), "name_key": name_key(change.name)}
    if change.website is not UNSET:
        values["website"] = host_name(change.website) if change.website else None
    with taken_names(values.get("name") or "", "a merchant"):
        async with editing(ledger, by, "Changed a merchant") as edit:
            before = await _merchant(edit.connection, ledger, identity)
            renamed = values.get("name", before.name) != before.name
            edit.summary = f"Changed the merchant {before.name}"
            if renamed:
                edit.summary = f"Renamed the merchant {before.name} to {values['name']}"
            return edited(edit, await edit.update(merchants, merchants.c.id == identity, values))


async def merge_merchants(ledger: Ledger, identity: int, into: int, by: By = PERSON) -> Edited:
    """Make one merchant the same as another: its transactions, which are counted, and its website go there.

    A website that the other one has stays. Raises LookupError for an id that the household does not have, ValueError
    when the two are one.
    """
    return await _replace(ledger, identity, into, by)


async def delete_merchant(ledger: Ledger, identity: int, by: By = PERSON) -> Edited:
    """Remove a merchant; counted are its transactions, which have none any more.

    Raises LookupError when the household has none of that id.
    """
    return await _replace(ledger, identity, None, by)


async def _replace(ledger: Ledger, identity: int, into: int | None, by: By) -> Edited:
    """Remove a merchant, `into` taking its place. Its transactions go first, in slices, if they are many."""
    async with ledger.store.reading() as connection:
        gone = await _merchant(connection, ledger, identity)
        target = None if into is None else await _merchant(connection, ledger, into)
    if target == gone:
        raise ValueError(f"{gone.name} cannot be merged into itself. Choose another merchant.")
    summary = f"Merged the merchant {gone.name} into {target.name}" if target else f"Deleted the merchant {gone.name}"
    said = {"merchant_id": into} if into is not None else {"merchant_id": None, "merchant_source": None}
    moved = await move_references(ledger, by, summary, transactions.c.merchant_id, identity, said)
    async with takes_back(ledger, moved), editing(ledger, by, summary, into=moved.edit_id) as edit:
        gone = await _merchant(edit.connection, ledger, identity)
        count = await edit.update(transactions, transactions.c.merchant_id == identity, said)
        if target is not None:
            nowhere = and_(merchants.c.id == target.id, merchants.c.website.is_(None))
            await edit.update(merchants, nowhere, {"website": gone.website})
        await edit.update(rules, rules.c.merchant_id == identity, {"merchant_id": into})
        await edit.delete(merchants, merchants.c.id == identity)
        return edited(edit, moved.rows + count)


async def _merchant(connection: AsyncConnection, ledger: Ledger, identity: int) -> Merchant:
    table = merchants.c
    mine = table.household_id == ledger.household, table.id == identity
    row = (await connection.execute(select(table.id, table.name, table.website).where(*mine))).one_or_none()
    if row is None:
        raise LookupError(f"There is no merchant {identity}.")
    return Merchant(*row)


def host_name(website: str) -> str:
    """The host name of an address as people give it, without www: "https://www.Shop.example/en" is "shop.example".

    Raises ValueError for what is none.
    """
    text = website.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        ascii_host = host.encode("idna").decode()
    except ValueError as error:  # UnicodeError is one
        raise _no_website(website) from error
    bare = ascii_host.removesuffix(".").removeprefix("www.")
    if not _HOST.fullmatch(bare):
        raise _no_website(website)
    return bare


def _no_website(website: str) -> ValueError:
    return ValueError(f"“{website}” is no website. Give its name as in shop.example.")
