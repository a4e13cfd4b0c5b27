"""Examining models in answering: questions to the assistant over a household that is made for it."""

import datetime
from collections.abc import Callable, Sequence
from functools import partial

from tuppence.assistant.assistant import Assistant
from tuppence.assistant.chats import new_chat
from tuppence.assistant.events import FunctionRequested, OutputText, TurnEvent
from tuppence.cli.demo_household import move_in
from tuppence.cli.evaluation.measuring import Estimate, Examination, NotAnswered, Notes, ask_each, spread
from tuppence.cli.wiring import UsageParts, opened_log
from tuppence.enrichment.evaluation_files import ChatAccount, ChatFile, ChatSample, ChatTransaction
from tuppence.enrichment.evaluation_scores import Judged, judged_answer
from tuppence.enrichment.evaluation_shapes import Call
from tuppence.ledger.accounts import NewAccount, account_kind
from tuppence.ledger.household import Ledger, set_currency
from tuppence.ledger.importing import run_import
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow
from tuppence.llm.answerer import Answerer


def chat_examination(file: ChatFile, limit: int | None, max_rounds: int) -> Examination:
    """How the questions of the file are answered, each in a chat of its own."""
    samples = spread(file.samples, limit)
    return Examination("chat", len(samples), partial(_estimate, len(samples)), partial(_ask, file, samples, max_rounds))


async def _estimate(questions: int, answerer: Answerer) -> Estimate:
    return Estimate(questions, None)  # how much is looked up for an answer is the model's choice


async def _ask(
    file: ChatFile,
    samples: Sequence[ChatSample],
    max_rounds: int,
    parts: UsageParts,
    answerer: Answerer,
    notes: Notes,
    step: Callable[[], None],
) -> None:
    today = file.today or datetime.date.today()
    await furnish(parts.ledger, file, today)
    async with opened_log(parts) as log:
        assistant = Assistant(
            ledger=parts.ledger,
            answerers=[answerer],
            usage=parts.log,
            log=log,
            process_id=parts.process_id,
            today=lambda: today,
            max_rounds=max_rounds,
        )

        async def ask(sample: ChatSample) -> list[Judged]:
            return [await _answered(assistant, parts.ledger, sample)]

        await ask_each(samples, ask, notes, step)


async def _answered(assistant: Assistant, ledger: Ledger, sample: ChatSample) -> Judged:
    calls: list[Call] = []
    words: list[str] = []

    def emit(event: TurnEvent) -> None:
        match event:
            case FunctionRequested(name=name, arguments=arguments):
                calls.append(Call(name, arguments))
            case OutputText(text):
                words.append(text)

    turn = await assistant.ask(await new_chat(ledger), sample.prompt, emit)
    if turn.state != "completed":
        raise NotAnswered(turn.reason or "The question could not be answered.")
    return judged_answer(sample, calls, "".join(words))


# ------------------------------------------------------------------------------------------------------- the household


async def furnish(ledger: Ledger, file: ChatFile, today: datetime.date) -> None:
    """Give an empty household what the file says; where that is nothing, let an invented one move in."""
    if not file.accounts:
        await move_in(ledger, today)
        return
    await set_currency(ledger, file.currency)
    imported = tuple(_imported(each, today) for each in file.accounts)
    targets = [NewAccount(each.name, each.currency, account_kind(each.name)) for each in file.accounts]
    await run_import(ledger, BankFile(format="eval", accounts=imported), targets, filename="context")


def _imported(account: ChatAccount, today: datetime.date) -> ImportedAccount:
    return ImportedAccount(
        id=None,
        name=account.name,
        currency=account.currency,
        transactions=[_row(row, line) for line, row in enumerate(account.transactions, 1)],
        closing_balance=None if account.balance is None else account.balance.amount,
        closing_date=None if account.balance is None else today,
    )


def _row(row: ChatTransaction, line: int) -> ImportedRow:
    return ImportedRow(
        date=row.date,
        amount=row.amount.amount,
        currency=row.amount.currency,
        description=row.description,
        pending=False,
        line=line,
        payee=row.payee,
        category=row.category,
    )
