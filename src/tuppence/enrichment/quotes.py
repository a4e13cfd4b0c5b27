"""Quotes: what a run would do, and cost, said before it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from anyio import to_thread

from tuppence.enrichment.asking import apart, expected_tokens, most_questions
from tuppence.enrichment.candidates import Groups, askable, candidates, groups_of, questions, unsure_before
from tuppence.enrichment.earlier_answers import earlier_answers
from tuppence.enrichment.entries import Kind, entries_of
from tuppence.enrichment.proposals import Proposal, proposals
from tuppence.enrichment.runs import FREE, Order
from tuppence.enrichment.suggestions import Suggested, SuggestionSource, suggested
from tuppence.enrichment.tasks import Question, Task
from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.llm.answerer import Answerer
from tuppence.store.tables import now
from tuppence.usage import UsageLog

_SAMPLE = 20
"""So many batches are estimated one by one; the others are taken to be like them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a run would do."""

    order: Order
    transactions: int
    """So many it would be about."""
    free: Mapping[SuggestionSource, int]
    """Of so many of them something would be said without asking, by whom it is said first; "model": by what a model
    said of the same words before."""
    asked: int
    """So many the model would be asked about."""
    questions: int
    """In so many different wordings: those told alike are asked about once."""
    requests: int
    """About so many: what is answered badly is asked once more."""
    provider: str | None
    """The registered name; None: nobody is, or can be, asked."""
    provider_title: str | None
    model: str | None
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    """US dollars, expected; zero when nobody is asked, None when the price is unknown."""
    obstacle: str | None
    """Why no model can be asked although there is something to ask: a sentence."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run begins with."""

    ids: Sequence[int]
    """What it is about, newest first."""
    said: Sequence[Suggested]
    """What is known of these without asking anybody."""
    groups: Groups
    """What a model is to be asked about."""


async def outlook(ledger: Ledger, order: Order) -> Outlook:
    """What a run of this order finds now."""
    kind: Kind = "category" if order.kind == "categorize" else "merchant"
    async with ledger.store.reading() as connection:
        ids = await candidates(connection, ledger, order)
    said = [suggested(each) for each in await proposals(ledger, ids) if _belongs(each, order)] if ids else []
    told = {each.transaction_id for each in said if each.kind in (kind, "transfer")}
    async with ledger.store.reading() as connection:
        rest = await askable(connection, ledger, order, [each for each in ids if each not in told])
        if not rest:
            return Outlook(ids, said, [])
        entries = await entries_of(connection, ledger, rest)
        unsure = await unsure_before(connection, ledger, order.kind)
        earlier = await earlier_answers(connection, ledger, kind, unsure)
    known = {entry.id: label for entry in entries if (label := earlier.label(entry)) is not None}
    said += [_said_before(identity, kind, label) for identity, label in known.items()]
    if order.free_only:
        return Outlook(ids, said, [])
    if not order.again:
        unsure |= {entry.id for entry in entries if earlier.is_unsure(entry)}
        rest = [each for each in rest if each not in unsure]
    asked = [each for each in rest if each not in known]
    return Outlook(ids, said, await to_thread.run_sync(groups_of, entries, asked))


def _said_before(identity: int, kind: Kind, label: int) -> Suggested:
    return Suggested(
        transaction_id=identity,
        kind=kind,
        category_id=label if kind == "category" else None,
        merchant_id=label if kind == "merchant" else None,
        source="model",
        confidence=None,
        reason="A model chose it for the same words before",
    )


def _belongs(each: Proposal, order: Order) -> bool:
    """Whether a proposal is a matter of this kind of run: merchants are known for free in both."""
    return order.kind == "categorize" or each.kind == "merchant"


async def batches(ledger: Ledger, answerer: Answerer, task: Task, groups: Groups) -> list[list[Question]]:
    """What is asked at once: as much as the model can take, and what reads like an instruction by itself."""
    async with ledger.store.reading() as connection:
        asked = await questions(connection, ledger, groups)
    return await to_thread.run_sync(in_batches, answerer, task, asked)


def in_batches(answerer: Answerer, task: Task, asked: Sequence[Question]) -> list[list[Question]]:
    """The questions as they are asked at once."""
    found: list[list[Question]] = []
    for together in apart(asked):
        rest = together
        while rest:
            size = max(1, most_questions(answerer, task, rest))
            found.append(list(rest[:size]))
            rest = rest[size:]
    return found


async def quoted(
    ledger: Ledger,
    usage: UsageLog,
    order: Order,
    seen: Outlook,
    answerer: Answerer | None,
    task: Task,
    asked: Sequence[Sequence[Question]],
    why: str | None,
) -> Quote:
    """The quote. why: the reason for which there is no answerer."""
    each = await to_thread.run_sync(_expected, answerer, task, asked) if answerer and asked else TokenUsage(0, 0)
    one = await request_cost(ledger, usage, answerer, each) if answerer else None
    cost = Decimal(0) if not seen.groups else None if one is None else one * len(asked)
    first_said = dict[int, SuggestionSource]()
    for proposal in seen.said:
        first_said.setdefault(proposal.transaction_id, proposal.source)
    return Quote(
        order=order,
        transactions=len(seen.ids),
        free=dict.fromkeys(FREE, 0) | Counter(first_said.values()),
        asked=sum(map(len, seen.groups)),
        questions=len(seen.groups),
        requests=len(asked),
        provider=answerer.provider.name if answerer else None,
        provider_title=answerer.provider.title if answerer else None,
        model=answerer.model if answerer else None,
        input_tokens=(each.input_tokens or 0) * len(asked),
        output_tokens=(each.output_tokens or 0) * len(asked),
        cost=cost,
        obstacle=why if seen.groups else None,
    )


def _expected(answerer: Answerer, task: Task, asked: Sequence[Sequence[Question]]) -> TokenUsage:
    """The tokens of one request, on average."""
    each = [expected_tokens(answerer, task, batch) for batch in asked[:_SAMPLE]]
    return TokenUsage(
        sum(one.input_tokens or 0 for one in each) // len(each),
        sum(one.output_tokens or 0 for one in each) // len(each),
    )


async def request_cost(ledger: Ledger, usage: UsageLog, answerer: Answerer, tokens: TokenUsage) -> Decimal | None:
    """US dollars for a request of so many tokens; None when the price is unknown."""
    cost = await usage.cost_of(ledger.household, tokens, answerer.provider.name, [answerer.model], now())
    return None if cost is None else cost.amount
