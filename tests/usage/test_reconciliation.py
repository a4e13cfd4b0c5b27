"""Two accounts of the same days are equal, or what differs is named: day, model, kind and by how much."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.store import Store
from tuppence.usage import Reconciliation, UsageLog, read_export, reconciliation

from .rows import BEGIN, opened, recorded
from .test_provider_exports import START

pytestmark = pytest.mark.anyio

FIRST = BEGIN.date()
MIXED = TokenUsage(1000, 200, 300, 100)  # of claude-sonnet-5: 0.00351 dollars
NAMES = (
    "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
    "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens"
)


def usage_csv(*rows: tuple[date, str, int, int, int, int]) -> str:
    """Day, model, and input, cache read, cache write and output."""
    lines = [f"{day},{model},{fresh},{write},0,{read},{out}" for day, model, fresh, read, write, out in rows]
    return "\n".join([NAMES, *lines])


def cost_csv(*rows: tuple[date, str, str]) -> str:
    lines = [f"{day},{model},output,{cost},{cost}" for day, model, cost in rows]
    return "\n".join(["usage_date_utc,model,token_type,cost_usd,list_price_usd", *lines])


async def compared(store: Store, text: str, **options: Any) -> Reconciliation:
    return await reconciliation(Ledger(store, 1), read_export(text.encode()), **options)


def differing(done: Reconciliation) -> list[tuple[date, str | None, str, Decimal, Decimal]]:
    return [(one.day, one.model, one.kind, one.pair.here, one.pair.there) for one in done.differences]


async def asked(log: UsageLog, at: datetime = BEGIN, model: str = "claude-sonnet-5", **fields: Any) -> None:
    await recorded(log, opened(at, model=model), **{"usage": MIXED, **fields})


async def test_equal_accounts(log: UsageLog, store: Store) -> None:
    await asked(log)
    await asked(log, BEGIN + timedelta(hours=23, minutes=59))
    await asked(log, BEGIN + timedelta(days=1))
    done = await compared(
        store,
        usage_csv(
            (FIRST, "claude-sonnet-5", 1000, 600, 200, 300),  # in two parts, as by keys
            (FIRST, "claude-sonnet-5", 200, 0, 0, 100),
            (FIRST + timedelta(days=1), "claude-sonnet-5", 600, 300, 100, 200),
        ),
    )
    assert done.is_equal
    assert done.reasons == ()
    assert {kind: pair.here for kind, pair in done.totals.items()} == {
        "input": 1800,  # 3 * 600
        "cache_read": 900,
        "cache_write": 300,
        "output": 600,
    }


async def test_what_differs_is_named(log: UsageLog, store: Store) -> None:
    await asked(log)
    await asked(log, model="claude-opus-5")
    done = await compared(
        store, usage_csv((FIRST, "claude-sonnet-5", 600, 300, 100, 201), (FIRST, "claude-haiku-4-5", 1, 0, 0, 0))
    )
    assert differing(done) == [
        (FIRST, "claude-haiku-4-5", "input", Decimal(0), Decimal(1)),
        (FIRST, "claude-opus-5", "input", Decimal(600), Decimal(0)),
        (FIRST, "claude-opus-5", "cache_read", Decimal(300), Decimal(0)),
        (FIRST, "claude-opus-5", "cache_write", Decimal(100), Decimal(0)),
        (FIRST, "claude-opus-5", "output", Decimal(200), Decimal(0)),
        (FIRST, "claude-sonnet-5", "output", Decimal(200), Decimal(201)),
    ]
    assert done.totals["output"].difference == -199  # 201 - 2 * 200
    assert any("same key" in reason for reason in done.reasons)


async def test_only_the_days_of_the_file_and_the_requests_of_its_provider_count(log: UsageLog, store: Store) -> None:
    await asked(log, BEGIN - timedelta(microseconds=1))
    await asked(log)
    await asked(log, BEGIN + timedelta(days=1))
    await recorded(log, opened(household_id=2), usage=MIXED)
    done = await compared(store, usage_csv((FIRST, "claude-sonnet-5", 600, 300, 100, 200)))
    assert done.is_equal
    assert (done.first, done.last) == (FIRST, FIRST)
    assert not (
        await compared(store, usage_csv((FIRST, "claude-sonnet-5", 600, 300, 100, 200)), provider="vllm")
    ).is_equal


async def test_a_day_without_a_line_between_two_was_without_use(log: UsageLog, store: Store) -> None:
    for days in range(3):
        await asked(log, BEGIN + timedelta(days=days))
    told = [(FIRST + timedelta(days=days), "claude-sonnet-5", 600, 300, 100, 200) for days in (0, 2)]
    done = await compared(store, usage_csv(*told))
    assert {one.day for one in done.differences} == {FIRST + timedelta(days=1)}
    assert (await compared(store, usage_csv(*told), since=FIRST + timedelta(days=2))).is_equal
    assert (await compared(store, usage_csv(*told), until=FIRST)).is_equal


@pytest.mark.parametrize(
    ("ours", "answered", "theirs"),
    [
        ("claude-haiku-4-5", None, "claude-haiku-4-5-20251001"),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"),
        ("claude-haiku-4-5-20251001", None, "Claude Haiku 4.5"),
        ("an-alias", "claude-haiku-4-5", "claude-haiku-4-5@20251001"),
    ],
)
async def test_models_have_several_names(
    log: UsageLog, store: Store, ours: str, answered: str | None, theirs: str
) -> None:
    await asked(log, model=ours, answered_model=answered)
    assert (await compared(store, usage_csv((FIRST, theirs, 600, 300, 100, 200)))).is_equal


async def test_two_versions_of_a_model_are_not_one(log: UsageLog, store: Store) -> None:
    await asked(log, model="claude-haiku-4-5-20251001")
    rows = [(FIRST, f"claude-haiku-4-5-{version}", 600, 300, 100, 200) for version in ("20251001", "20260101")]
    assert {one.model for one in (await compared(store, usage_csv(*rows))).differences} == {"claude-haiku-4-5-20260101"}


async def test_costs_to_the_micro_dollar_or_as_the_provider_rounds(log: UsageLog, store: Store) -> None:
    await asked(log)
    parts = [(FIRST, "Claude Sonnet 5", "0.00151"), (FIRST, "Claude Sonnet 5", "0.002000")]
    assert (await compared(store, cost_csv(*parts))).is_equal
    assert not (await compared(store, cost_csv(*parts, (FIRST, "Claude Sonnet 5", "0.000002")))).is_equal
    assert (await compared(store, cost_csv((FIRST, "Claude Sonnet 5", "0.00")))).is_equal
    assert differing(await compared(store, cost_csv((FIRST, "Claude Sonnet 5", "0.01")))) == [
        (FIRST, "Claude Sonnet 5", "cost", Decimal("0.00351"), Decimal("0.01"))
    ]


async def test_openais_input_is_all_input(log: UsageLog, store: Store) -> None:
    def page(**result: Any) -> str:
        bucket = {"start_time": START, "end_time": START + 86_400, "results": [{"model": "gpt-6-luna", **result}]}
        return json.dumps({"object": "page", "data": [bucket], "has_more": False})

    await asked(log, model="gpt-6-luna")
    for told in (
        {"input_tokens": 1000, "output_tokens": 200, "input_cached_tokens": 300},
        {"input_tokens": 1000, "output_tokens": 200, "input_cached_tokens": 300, "input_cache_write_tokens": 100},
        {"input_tokens": 1000, "output_tokens": 200},
    ):
        assert (await compared(store, page(**told), provider="anthropic")).is_equal, told


async def test_costs_of_days_without_models(log: UsageLog, store: Store) -> None:
    await asked(log)
    await asked(log, model="claude-opus-5")
    (total,) = await log.summaries(1)
    assert total.cost is not None
    bucket: dict[str, Any] = {
        "starting_at": f"{FIRST}T00:00:00Z",
        "ending_at": f"{FIRST + timedelta(days=1)}T00:00:00Z",
    }
    bucket["results"] = [{"currency": "USD", "amount": str(total.cost * 100), "model": None, "token_type": None}]
    assert (await compared(store, json.dumps({"data": [bucket], "has_more": False}))).is_equal


async def test_what_is_not_known_here_is_said(log: UsageLog, store: Store) -> None:
    await asked(log, usage=TokenUsage(), outcome="stopped")
    await asked(log, usage=TokenUsage(10, 1), outcome="interrupted", tokens_estimated=True)
    await log.open(opened())
    reasons = " ".join((await compared(store, usage_csv((FIRST, "claude-sonnet-5", 600, 300, 100, 200)))).reasons)
    assert "without a last count here: 1 request" in reasons
    assert "Not reported in full to Tuppence: the tokens of 1 request" in reasons
    assert "Not ended yet, and so without a count here: 1 request" in reasons


async def test_other_borders_of_days_are_recognised(log: UsageLog, store: Store) -> None:
    await asked(log)
    await asked(log, BEGIN + timedelta(days=1))
    later = FIRST + timedelta(days=1)
    done = await compared(
        store, usage_csv((FIRST, "claude-sonnet-5", 1200, 600, 200, 400), (later, "claude-sonnet-5", 0, 0, 0, 0))
    )
    assert len(done.differences) == 8
    assert any("other borders" in reason for reason in done.reasons)
