"""A household with something of everything in it, each thing marked by a word of its own."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import select, text

from tuppence.access.households import create_household
from tuppence.access.links import join_link
from tuppence.access.sessions import list_sessions, open_session
from tuppence.access.users import User
from tuppence.enrichment.confirmations import ChatCall, CreateCategory, ask_confirmation
from tuppence.enrichment.run_work import RunWork
from tuppence.enrichment.runs import Order, create_run, run_of
from tuppence.enrichment.suggestions import Origin, Suggested, suggest
from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import run_import
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow
from tuppence.store.tables import households, metadata
from tuppence.understudy import Call, Reply

from .answering import Model
from .served import Served

DAY = datetime.date(2026, 3, 14)
CALL = "call_1"
Ids = dict[str, int | str]
"""By the names that the routes give them."""


@dataclass(frozen=True)
class Person:
    """A member, and what nobody else may see."""

    user: User
    word: str
    """It marks all of that, and nothing else."""
    ids: Ids


@dataclass(frozen=True)
class Household:
    """What all members share."""

    ledger: Ledger
    word: str
    """It marks everything in the household."""
    owner: Person
    member: Person
    ids: Ids
    secret: str
    """A provider's key, which nobody ever sees again."""
    secrets: list[str] = field(default_factory=list)
    """API keys, the latter of which may only read: the owner's, then the member's."""

    @property
    def all_ids(self) -> Ids:
        """As the owner sees them."""
        return {**self.ids, **self.owner.ids}


def full_household(served: Served, model: Model, word: str) -> Household:
    """A new household, marked by `word`."""
    ledger, _ = served.run(create_household(served.parts.store, f"{word} Hall", currency="EUR"))
    owner, member = served.user(f"{word} Owner", "owner", ledger), served.user(f"{word} Member", "member", ledger)
    secret = f"sk-secret-of-{word}"
    keys: list[str] = []
    with served.client(owner) as client:
        ids = _ledger(served, client, ledger, word)
        _put(client, "/api/providers/mistral", {"key": secret, "model": f"{word}-model", "enabled": True})
        people = [_person(served, model, client, owner, f"{word}Private1", keys)]
        ids["user_id"] = member.id
        ids["link_id"] = served.run(join_link(ledger)).link.id
    with served.client(member) as client:
        people.append(_person(served, model, client, member, f"{word}Private2", keys))
    return Household(ledger, word, people[0], people[1], ids, secret, keys)


def spread_ids(served: Served) -> None:
    """Have every table count from a number of its own, so that no two ids are alike and none looks like a figure."""

    async def spread() -> None:
        async with served.parts.store.writing() as connection:
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name != 'households'"))
            for place, table in enumerate(metadata.sorted_tables, start=1):
                if table.dialect_options["sqlite"].get("autoincrement") and table is not households:
                    row = {"name": table.name, "seq": place * 10_000_019}
                    await connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :seq)"), row)

    served.run(spread())


def kept_of(served: Served, household: Household) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the household, by table."""

    async def rows() -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        async with served.parts.store.reading() as connection:
            for table in metadata.sorted_tables:
                column = households.c.id if table is households else table.c.get("household_id")
                if column is not None:
                    query = select(table).where(column == household.ledger.household).order_by(*table.primary_key)
                    found[table.name] = [tuple(row) for row in await connection.execute(query)]
        return found

    return served.run(rows())


def _ledger(served: Served, client: httpx.Client, ledger: Ledger, word: str) -> Ids:
    account = _made(client, "/api/accounts", {"name": f"{word} Current", "currency": "EUR"})["id"]
    savings = _made(client, "/api/accounts", {"name": f"{word} Savings", "currency": "EUR"})["id"]
    _made(client, f"/api/accounts/{account}/balances", {"date": "2026-03-01", "amount": "12.34"})
    (stated,) = client.get(f"/api/accounts/{account}/balances").json()["balances"]
    category, category2 = (
        _made(client, "/api/categories", {"name": f"{word} {name}", "kind": "expense"})["id"]
        for name in ("Hats", "Shoes")
    )
    merchant, merchant2 = (
        _made(client, "/api/merchants", {"name": f"{word} {name}", "website": f"{word}.example"})["id"]
        for name in ("Bakery", "Brewery")
    )
    tag, tag2 = (_made(client, "/api/tags", {"name": f"{word} {name}"})["id"] for name in ("trip", "gift"))
    bought = _bought(
        client, account, "-1.23", f"{word} cap", category=category, merchant=merchant, notes=f"{word} note"
    )
    client.patch(f"/api/transactions/{bought}", json={"add_tags": [f"{word} trip"]}).raise_for_status()
    out = _bought(client, account, "-77.00", f"{word} to savings")
    other = _bought(client, savings, "77.00", f"{word} from current")
    _put(client, f"/api/transactions/{out}/transfer", {"other": other})
    token = _imported(served, ledger, account, word)
    file = {"file": (f"{word}.csv", f"Date,Amount,Text\n2026-03-01,-5.00,{word} fish\n".encode())}
    upload = client.post("/api/imports", files=file)
    assert upload.is_success, upload.text
    rule = _made(
        client, "/api/rules", {"conditions": {"contains": f"{word} ferry"}, "outcome": {"category": category2}}
    )["id"]
    return {
        "rule_id": rule,
        "run_id": served.run(filed_run(served, ledger)),
        "suggestion_id": _suggested(served, client, ledger, bought, word),
        "account_id": account,
        "balance_id": stated["id"],
        "category_id": category,
        "category_id_2": category2,
        "merchant_id": merchant,
        "merchant_id_2": merchant2,
        "tag_id": tag,
        "tag_id_2": tag2,
        "identity": bought,
        "out": out,
        "other": other,
        "token": token,
        "import_id": token,
        "upload_id": upload.json()["id"],
        "edit_id": client.get("/api/edits").json()["edits"][0]["id"],
    }


async def filed_run(served: Served, ledger: Ledger) -> str:
    """A run that is through, and has filed what is open and known."""
    parts = served.parts
    order = Order(kind="categorize", free_only=True)
    run_id = await create_run(ledger, order, transactions=1, asked=None)
    await RunWork(parts.store, parts.usage, parts.process_id, parts.providers.answerer).begin(ledger.household, run_id)
    run = await run_of(ledger, run_id)
    assert (run.state, run.filed >= 1) == ("completed", True)
    return run_id


def _suggested(served: Served, client: httpx.Client, ledger: Ledger, transaction: int, word: str) -> int:
    tags = Suggested(
        transaction_id=transaction,
        kind="tags",
        tags=(f"{word} cloth",),
        source="model",
        confidence=70,
        reason=f"{word} reason",
    )
    served.run(_put_before(ledger, tags))
    (group,) = client.get("/api/suggestions").json()["groups"]
    return int(group["suggestions"][0]["id"])


async def _put_before(ledger: Ledger, suggested: Suggested) -> None:
    async with ledger.store.writing() as connection:
        assert await suggest(connection, ledger, [suggested], Origin()) == 1


async def _asked(ledger: Ledger, chat: str, turn: str, word: str) -> str:
    call = ChatCall(chat_id=chat, turn_id=turn, round=1, call_id=CALL)
    async with ledger.store.writing() as connection:
        change = CreateCategory(name=f"{word} category")
        return (await ask_confirmation(connection, ledger, change, f"Create {word} category", call)).id


def _imported(served: Served, ledger: Ledger, account: int, word: str) -> str:
    row = ImportedRow(
        date=DAY, amount=Decimal("-9.50"), currency="EUR", description=f"{word} ferry", pending=False, line=1
    )
    bank = ImportedAccount(id=f"{word}-77", name=f"{word} Bank", currency="EUR", transactions=[row])
    target = next(one for one in served.run(list_accounts(ledger)) if one.id == account)
    result = served.run(
        run_import(ledger, BankFile(format="csv", accounts=(bank,)), [target], filename=f"{word}-march.csv")
    )
    return result.accounts[0].token


def _person(served: Served, model: Model, client: httpx.Client, user: User, word: str, keys: list[str]) -> Person:
    model.add(Reply([Call("get_accounts", {}, id=CALL)]), Reply(f"The {word} answer."))
    chat = _made(client, "/api/chats", {"title": f"{word} chat"})["id"]
    turn = _made(client, f"/api/chats/{chat}/messages", {"text": f"The {word} question?", "client_id": word})["turn"]
    assert "event: turn_completed" in client.get(f"/api/turns/{turn}/events").text
    made = _made(client, "/api/keys", {"name": f"{word} program", "scope": "write"})
    keys.append(made["token"])
    keys.append(_made(client, "/api/keys", {"name": f"{word} reader", "scope": "read"})["token"])
    served.run(open_session(served.parts.store, user, f"{word} browser"))
    sessions = served.run(list_sessions(served.parts.store, user))
    session = next(one.id for one in sessions if word in one.browser)
    asked = served.run(_asked(Ledger(served.parts.store, user.household_id), chat, turn, word))
    sent = client.get("/api/egress", params={"turn": turn}).json()["requests"]
    ids: Ids = {
        "egress_id": sent[0]["id"],
        "chat_id": chat,
        "turn_id": turn,
        "call_id": CALL,
        "confirmation_id": asked,
        "key_id": made["id"],
        "session_id": session,
    }
    return Person(user, word, ids)


def _bought(client: httpx.Client, account: int, amount: str, what: str, **more: Any) -> int:
    body = {"account": account, "date": DAY.isoformat(), "amount": amount, "description": what, **more}
    return int(_made(client, "/api/transactions", body)["id"])


def _made(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    response = client.post(path, json=body)
    assert response.is_success, response.text
    return response.json()


def _put(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    response = client.put(path, json=body)
    assert response.is_success, response.text
