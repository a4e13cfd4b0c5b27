"""What is on record can be looked at, by those who may, for as long as it is kept."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from tuppence.egress import (
    BodyNotKept,
    BodyNotYours,
    EgressLog,
    HostMonth,
    UnknownRequest,
    Wanted,
    by_host_and_month,
    forget_all_bodies,
    forget_bodies,
    hosts_asked,
    kept_days,
    sent_body,
    sent_request,
    sent_requests,
    set_kept_days,
)
from tuppence.egress.retention import forget_old_bodies
from tuppence.ledger.household import Ledger
from tuppence.llm import Attempt
from tuppence.store import Store
from tuppence.store.tables import egress, now
from tuppence.understudy import Understudy
from tuppence.usage import Purpose, UsageLog
from tuppence.usage.row import opened_row

from .requests import BODY, COMMAND_LINE, MEMBER, MOMENT, OWNER, Somebody, chats_of, recorded

pytestmark = pytest.mark.anyio


async def kept(store: Store) -> set[str]:
    """The ids of the requests whose bodies are kept."""
    async with store.reading() as connection:
        return set(await connection.scalars(select(egress.c.id).where(egress.c.body.is_not(None))))


# ---------------------------------------------------------------------------------------------------------------- who


async def readable_to(ledger: Ledger, reader: Somebody) -> set[str]:
    """The ids of the requests whose bodies somebody can look at; for all others it is said that they may not."""
    found = set()
    for one in await sent_requests(ledger, reader):
        try:
            assert await sent_body(ledger, reader, one.id) == BODY
            found.add(one.id)
        except BodyNotYours:
            assert not one.body_readable
            continue
        assert one.body_readable
    return found


async def test_who_may_look(store: Store, ledger: Ledger, usage: UsageLog) -> None:
    await chats_of(store, [("owners", 1), ("members", 2), ("nobodys", None)])
    of = {
        chat: await recorded(store, usage, purpose=Purpose("chat", 1, chat_id=chat, turn_id=f"turn of {chat}"))
        for chat in ("owners", "members", "nobodys", "deleted")
    }
    run = await recorded(store, usage, purpose=Purpose("categorize", 1, run_id="run"))
    models = await recorded(store)
    unknown = await recorded(store, household_id=None)
    other = await recorded(store, household_id=2)

    assert await readable_to(ledger, OWNER) == {of["owners"], of["nobodys"], run, models}
    assert await readable_to(ledger, MEMBER) == {of["members"]}
    assert await readable_to(ledger, COMMAND_LINE) == {of["nobodys"], run, models, unknown}
    everything = {*of.values(), run, models}
    assert {one.id for one in await sent_requests(ledger, OWNER)} == everything
    assert {one.id for one in await sent_requests(ledger, MEMBER)} == everything
    assert {one.id for one in await sent_requests(ledger, COMMAND_LINE)} == {*everything, unknown}
    for reader in (OWNER, MEMBER, COMMAND_LINE):
        with pytest.raises(UnknownRequest):
            await sent_request(ledger, reader, other)
        with pytest.raises(UnknownRequest):
            await sent_body(ledger, reader, other)

    theirs = await sent_request(ledger, OWNER, of["members"])
    assert (theirs.chat_id, theirs.turn_id, theirs.chat_readable) == (None, None, False)
    for condition in (Wanted(chat_id="members"), Wanted(turn_id="turn of members")):
        assert await sent_requests(ledger, OWNER, condition) == []
        assert [one.id for one in await sent_requests(ledger, MEMBER, condition)] == [of["members"]]


# --------------------------------------------------------------------------------------------------------------- which


async def test_some_of_them(store: Store, ledger: Ledger, usage: UsageLog) -> None:
    await chats_of(store, [("chat", 1)])
    hour = timedelta(hours=1)
    first = await recorded(store, usage, purpose=Purpose("chat", 1, chat_id="chat", turn_id="turn"))
    second = await recorded(store, host="other.example", sent_at=MOMENT + hour, kinds='["names","account numbers"]')
    third = await recorded(store, usage, sent_at=MOMENT + 2 * hour, purpose=Purpose("categorize", 1, run_id="run"))

    async def ids(wanted: Wanted, limit: int | None = None) -> list[str]:
        return [one.id for one in await sent_requests(ledger, OWNER, wanted, limit)]

    assert await ids(Wanted()) == [third, second, first]
    assert await ids(Wanted(host="other.example")) == [second]
    assert await ids(Wanted(kind="names")) == await ids(Wanted(kind="account numbers")) == [second]
    assert await ids(Wanted(kind="balances")) == []
    assert await ids(Wanted(since=MOMENT + hour)) == [third, second]
    assert await ids(Wanted(until=MOMENT + hour)) == [first]
    assert await ids(Wanted(chat_id="ch")) == await ids(Wanted(turn_id="turn")) == [first]
    assert await ids(Wanted(run_id="run")) == [third]
    assert await ids(Wanted(), limit=1) == [third]
    assert await ids(Wanted(before=(MOMENT + 2 * hour, third)), limit=1) == [second]
    assert await hosts_asked(ledger, OWNER) == ["models.example", "other.example"]


async def test_pages_leave_nothing_out_where_many_were_sent_at_once(store: Store, ledger: Ledger) -> None:
    everything = {await recorded(store) for _ in range(5)}
    found: list[str] = []
    before = None
    while some := await sent_requests(ledger, OWNER, Wanted(before=before), limit=2):
        found += [one.id for one in some]
        before = (some[-1].sent_at, some[-1].id)
    assert len(found) == 5
    assert set(found) == everything


async def test_one_is_found_by_the_beginning_of_its_id(store: Store, ledger: Ledger) -> None:
    one = await recorded(store, id="abc" + "0" * 29)
    await recorded(store, id="abd" + "0" * 29)
    assert (await sent_request(ledger, OWNER, "abc")).id == one
    for unclear in ("", "ab", "x", "%", one[:-1] + "1"):
        with pytest.raises(UnknownRequest):
            await sent_request(ledger, OWNER, unclear)


async def test_figures_of_hosts_and_months(store: Store, ledger: Ledger) -> None:
    await recorded(store, size=100)
    await recorded(store, size=20, sent_at=MOMENT + timedelta(hours=1))
    await recorded(store, size=3, host="other.example", sent_at=MOMENT + timedelta(hours=1))
    await recorded(store, size=4, host="other.example", sent_at=MOMENT + timedelta(hours=9))
    await recorded(store, size=5_000, household_id=2)
    assert await by_host_and_month(ledger, OWNER, UTC) == [
        HostMonth(202606, "models.example", 1, 20),
        HostMonth(202606, "other.example", 2, 7),  # 3 + 4
        HostMonth(202605, "models.example", 1, 100),
    ]


async def test_the_cost_is_that_of_the_usage_row(store: Store, ledger: Ledger, usage: UsageLog) -> None:
    from usage.rows import completed

    row = opened_row(Attempt("anthropic", "claude-sonnet-5", 1, True, "a" * 32), Purpose("chat", 1), MOMENT)
    await usage.open(row)
    identity = await recorded(store, usage_id=row.id)
    before = await sent_request(ledger, OWNER, identity)
    assert (before.outcome, before.cost, before.cost_unknown) == ("open", None, False)
    await usage.close(completed(row))
    (closed,) = await usage.rows(1)
    after = await sent_request(ledger, OWNER, identity)
    assert closed.cost is not None
    assert (after.outcome, after.cost, after.cost_unknown) == ("completed", closed.cost.amount, False)
    assert isinstance(after.cost, Decimal)


# ------------------------------------------------------------------------------------------------------------ how long


async def test_thirty_days_unless_somebody_says_otherwise(store: Store, ledger: Ledger) -> None:
    assert await kept_days(ledger) == 30
    old = await recorded(store, sent_at=now() - timedelta(days=30, seconds=1))
    young = await recorded(store, sent_at=now() - timedelta(days=29))
    unknown = await recorded(store, household_id=None, sent_at=now() - timedelta(days=31))
    theirs = await recorded(store, household_id=2, sent_at=now() - timedelta(days=31))
    await set_kept_days(Ledger(store, 2), 60)
    assert await forget_old_bodies(store) == 2
    assert await kept(store) == {young, theirs}
    assert {one.id for one in await sent_requests(ledger, COMMAND_LINE)} == {old, young, unknown}
    with pytest.raises(BodyNotKept):
        await sent_body(ledger, OWNER, old)


async def test_old_bodies_go_when_a_process_begins_and_while_it_runs(store: Store) -> None:
    old = now() - timedelta(days=31)
    await recorded(store, sent_at=old)
    async with asyncio.timeout(10), EgressLog(store, cleaning=timedelta(milliseconds=1)):
        while await kept(store):
            pass
        await recorded(store, sent_at=old)
        while await kept(store):
            pass


async def test_fewer_days_hold_at_once(store: Store, ledger: Ledger) -> None:
    moments = [now() - timedelta(days=days) for days in (0, 2, 5)]
    young, middle, old = [await recorded(store, sent_at=moment) for moment in moments]
    theirs = await recorded(store, household_id=2, sent_at=moments[2])
    await set_kept_days(ledger, 3)
    assert await kept(store) == {young, middle, theirs}
    assert await kept_days(ledger) == 3
    await set_kept_days(ledger, 0)
    assert await kept(store) == {theirs}
    assert await forget_all_bodies(Ledger(store, 2)) == 1
    assert await kept(store) == set()
    assert old not in await kept(store)


@pytest.mark.parametrize("days", [-1, 3651])
async def test_days_that_cannot_be(ledger: Ledger, days: int) -> None:
    with pytest.raises(ValueError, match="from 0"):
        await set_kept_days(ledger, days)


async def test_many_bodies_go_some_at_a_time(store: Store, ledger: Ledger) -> None:
    rows = [
        {"id": f"{number:032}", "household_id": 1, "sent_at": MOMENT, "host": "h", "size": 1, "body": b"x"}
        for number in range(450)
    ]
    async with store.writing() as connection:
        await connection.execute(insert(egress), rows)
    assert await forget_all_bodies(ledger) == 450
    assert await kept(store) == set()


async def test_a_chats_bodies_go_with_it_or_stay_with_it(store: Store, ledger: Ledger) -> None:
    gone, other, elsewhere = [
        await recorded(store, chat_id=chat, household_id=household_id)
        for chat, household_id in (("chat", 1), ("other", 1), ("chat", 2))
    ]
    async with store.writing() as connection:
        await forget_bodies(connection, ledger, "chat")
        await connection.rollback()
    assert await kept(store) == {gone, other, elsewhere}
    async with store.writing() as connection:
        await forget_bodies(connection, ledger, "chat")
    assert await kept(store) == {other, elsewhere}
    assert len(await sent_requests(ledger, OWNER)) == 2


# -------------------------------------------------------------------------------------------------------------- death


async def test_a_process_killed_before_it_sent_leaves_what_it_would_have_sent(store: Store, ledger: Ledger) -> None:
    async with Understudy([]) as server:
        command = [sys.executable, "-m", "egress.victim", str(store.path.parent), server.base_url]
        ended = await asyncio.to_thread(subprocess.run, command, cwd=Path(__file__).parents[1], check=False)
        assert ended.returncode == -signal.SIGKILL
        assert len(server.account) == 0
    (sent,) = await sent_requests(ledger, OWNER)
    assert sent.kinds == ("questions",)
    body = json.loads(await sent_body(ledger, OWNER, sent.id))
    assert "What did we spend on groceries?" in str(body["messages"])
