"""Examining models in filing: which category, or which merchant, belongs to labelled transactions."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial

from anyio import to_thread

from tuppence.asking import Asker
from tuppence.cli.evaluation.measuring import Estimate, Examination, Notes, ask_each, spread
from tuppence.cli.wiring import UsageParts
from tuppence.enrichment.asking import answers, expected_tokens
from tuppence.enrichment.auto_categorize import categorize_task
from tuppence.enrichment.auto_detect_merchants import merchants_task
from tuppence.enrichment.evaluation_files import CategoryFile, MerchantFile
from tuppence.enrichment.evaluation_scores import Judged, judged_category, judged_merchant
from tuppence.enrichment.quotes import in_batches
from tuppence.enrichment.tasks import Question, Task, Verdict
from tuppence.llm.answerer import Answerer
from tuppence.store.tables import now
from tuppence.usage import Purpose, price_of

Judge = Callable[[Verdict | None], Judged]


def category_examination(file: CategoryFile, limit: int | None) -> Examination:
    """Under which categories the transactions of the file belong."""
    samples = spread(file.samples, limit)
    judges: dict[int, Judge] = {
        each.question.id: partial(judged_category, each, categories=file.categories) for each in samples
    }
    task = categorize_task(file.categories)
    questions = [each.question for each in samples]
    return Examination(
        "categorize", len(samples), partial(_estimate, task, questions), partial(_ask, task, questions, judges)
    )


def merchant_examination(file: MerchantFile, limit: int | None) -> Examination:
    """Which businesses stand behind the transactions of the file."""
    samples = spread(file.samples, limit)
    judges: dict[int, Judge] = {each.question.id: partial(judged_merchant, each) for each in samples}
    task = merchants_task(file.known)
    questions = [each.question for each in samples]
    return Examination(
        "merchants", len(samples), partial(_estimate, task, questions), partial(_ask, task, questions, judges)
    )


async def _ask(
    task: Task,
    questions: Sequence[Question],
    judges: Mapping[int, Judge],
    parts: UsageParts,
    answerer: Answerer,
    notes: Notes,
    step: Callable[[], None],
) -> None:
    asker = Asker(parts.ledger, parts.log, Purpose("evaluate", parts.ledger.household))

    async def ask(batch: Sequence[Question]) -> list[Judged]:
        said = (await answers(answerer, task, batch, asker.response)).verdicts
        return [judges[question.id](said.get(question.id)) for question in batch]

    await ask_each(await to_thread.run_sync(in_batches, answerer, task, questions), ask, notes, step)


async def _estimate(task: Task, questions: Sequence[Question], answerer: Answerer) -> Estimate:
    batches = await to_thread.run_sync(in_batches, answerer, task, questions)
    total = Decimal(0)
    for batch in batches:
        tokens = await to_thread.run_sync(expected_tokens, answerer, task, batch)
        cost = await to_thread.run_sync(price_of, tokens, answerer.provider.name, answerer.model, now())
        if cost is None:
            return Estimate(len(batches), None)
        total += cost.amount
    return Estimate(len(batches), total)
