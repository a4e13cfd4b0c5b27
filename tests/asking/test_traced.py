"""Every request is one generation with the tokens and the cost of its usage row, and no span says what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from enrichment.at_work import office as filing_office
from enrichment.at_work import spend
from tracing.collector import CollectedSpan, Collector
from tracing.conftest import Open, Set, collector, nothing_is_set, opened, set_up

from tuppence.llm import Retry
from tuppence.privacy import PrivacySettings, ProviderPrivacy, set_privacy_settings
from tuppence.tracing import Tracing
from tuppence.understudy import Call, Fault, Reply, Text, Understudy, Usage
from tuppence.usage import UsageRow

from .office import ACCOUNT, MEMBER, NUMBER, SECRETS, Office, office

__all__ = ["Open", "Set", "collector", "nothing_is_set", "opened", "set_up"]

pytestmark = pytest.mark.anyio

CANARY = "Quokka"
QUESTION = f"How much does {MEMBER} have left in {ACCOUNT} ({NUMBER}), {CANARY}?"
LOOKS = Reply([Text(f"{CANARY} looks. "), Call("left_over", {"jar": CANARY})], usage=Usage(900, 30, 100, 200))
TELLS = Reply(f"{CANARY} has 7.", usage=Usage(1000, 12, cache_read_tokens=900))


@asynccontextmanager
async def traced_office(
    opened: Open, folder: Path, script: list[Reply | None] | None, retry: Retry | None = None
) -> AsyncIterator[Office]:
    async with opened() as tracing, office(folder, list(script or ()), tracing=tracing, retry=retry) as at:
        yield at


def figures_of_span(span: CollectedSpan) -> tuple[object, ...]:
    said = span.attributes
    return (
        said["tuppence.usage.id"],
        said["gen_ai.provider.name"],
        said["gen_ai.request.model"],
        said.get("gen_ai.usage.input_tokens"),
        said.get("gen_ai.usage.output_tokens"),
        said.get("gen_ai.usage.cache_read.input_tokens"),
        said.get("gen_ai.usage.cache_write.input_tokens"),
        said.get("tuppence.cost.usd"),
        said["tuppence.outcome"],
        said.get("gen_ai.response.time_to_first_chunk"),
    )


def figures_of_row(row: UsageRow) -> tuple[object, ...]:
    usage, first = row.usage, row.first_chunk_microseconds
    return (
        row.id,
        row.provider,
        row.model,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        None if row.cost is None else f"{row.cost.amount:f}",
        row.outcome,
        None if first is None else first / 1_000_000,
    )


def check(collector: Collector, rows: list[UsageRow], server: Understudy) -> list[CollectedSpan]:
    """The generations, once it is sure that they are the rows, and the requests that the server saw."""
    generations = collector.generations
    assert sorted(map(figures_of_span, generations), key=str) == sorted(map(figures_of_row, rows), key=str)
    assert len(rows) == len(server.account.asked)
    everything = repr(collector.requests) + "".join(repr(request.body) for request in collector.requests)
    assert not [each for each in (*SECRETS, CANARY, "sk-lf-secret") if each.casefold() in everything.casefold()]
    return generations


async def test_a_turn_of_several_rounds(collector: Collector, opened: Open, tmp_path: Path) -> None:
    async with traced_office(opened, tmp_path, [LOOKS, TELLS]) as at:
        turn = await at.asked(QUESTION)
        rows = await at.rows()
    generations = check(collector, rows, at.server)
    assert {span.trace_id for span in collector.spans} == {turn.id}
    assert [span.attributes["gen_ai.conversation.id"] for span in generations] == [turn.chat_id] * 2
    assert sorted(span.name for span in collector.spans) == [
        "chat claude-sonnet-5-5",
        "chat claude-sonnet-5-5",
        "execute_tool left_over",
        "invoke_agent tuppence",
        "round 1",
        "round 2",
    ]
    assert [span.attributes["tuppence.round"] for span in generations] == [1, 2]
    assert all(span.attributes["tuppence.cost.usd"] for span in generations)


async def test_a_request_that_had_to_be_repeated(collector: Collector, opened: Open, tmp_path: Path) -> None:
    script: list[Reply | None] = [Reply(error=Fault(529)), Reply(error=Fault(429)), TELLS]
    async with traced_office(opened, tmp_path, script, Retry(attempts=3, first=0.0)) as at:
        assert (await at.asked(QUESTION)).state == "completed"
        rows = await at.rows()
    generations = check(collector, rows, at.server)
    assert [span.status for span in generations] == ["ERROR", "ERROR", "UNSET"]
    assert [span.attributes.get("langfuse.observation.level") for span in generations] == ["ERROR", "ERROR", None]


async def test_an_answer_that_was_stopped(collector: Collector, opened: Open, tmp_path: Path) -> None:
    async with traced_office(opened, tmp_path, [Reply(f"{CANARY} has more", stall_after=5)]) as at:
        asking = asyncio.ensure_future(at.asked(QUESTION))
        await at.spoken.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        rows = await at.rows()
    (generation,) = check(collector, rows, at.server)
    assert (generation.attributes["tuppence.outcome"], generation.status) == ("stopped", "UNSET")
    assert generation.attributes["gen_ai.usage.input_tokens"] == rows[0].usage.input_tokens


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(error=Fault(400, message=f"no {CANARY} please")), "failed"),
        (Reply(f"{CANARY} has more", error_event_after=5), "interrupted"),
        (Reply(f"{CANARY} has more", cut_after_event=5), "interrupted"),
    ],
)
async def test_an_answer_that_failed(
    collector: Collector, opened: Open, tmp_path: Path, reply: Reply, outcome: str
) -> None:
    async with traced_office(opened, tmp_path, [reply]) as at:
        assert (await at.asked(QUESTION)).state == "failed"
        rows = await at.rows()
    (generation,) = check(collector, rows, at.server)
    assert (generation.attributes["tuppence.outcome"], generation.status) == (outcome, "ERROR")
    root = next(span for span in collector.spans if span.parent_id is None)
    assert root.status == "ERROR"


async def test_filing_in_the_background(collector: Collector, opened: Open, tmp_path: Path) -> None:
    async with opened() as tracing, filing_office(tmp_path, tracing=tracing) as at:
        await spend(at.ledger, *[f"SUPERMARKT {CANARY} {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 2)
        run = await at.ran()
        rows = await at.usage.rows(at.ledger.household)
    assert len(rows) > 1
    check(collector, rows, at.server)
    assert {span.trace_id for span in collector.spans} == {run.id}
    assert {span.name for span in collector.spans} == {"auto_categorize", "chat claude-sonnet-5-5"}


async def test_content_is_what_left(collector: Collector, set_up: Set, opened: Open, tmp_path: Path) -> None:
    """With content on, spans hold the words, and never what stand-ins hide."""
    async with (
        opened(TUPPENCE_TRACE_CONTENT="true") as tracing,
        office(tmp_path, [LOOKS, TELLS], tracing=tracing) as at,
    ):
        await set_privacy_settings(at.ledger, PrivacySettings({"anthropic": ProviderPrivacy(on=True)}))
        await at.asked(QUESTION)
    bodies = b"".join(request.body for request in collector.requests).decode(errors="replace")
    assert CANARY in bodies
    assert "Person-" in bodies
    assert not [secret for secret in SECRETS if secret.casefold() in bodies.casefold()]
    (tool,) = [span for span in collector.spans if span.name == "execute_tool left_over"]
    assert "Account-" in repr(tool.attributes)


async def test_without_a_backend_nothing_is_traced_and_all_goes_on(set_up: Set, tmp_path: Path) -> None:
    async with office(tmp_path, [TELLS], tracing=Tracing()) as at:
        assert (await at.asked(QUESTION)).state == "completed"
