"""Asking a model about transactions: what it is told, and what is asked once more before it is left unanswered."""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from tuppence.enrichment.answer_checking import Checked, checked
from tuppence.enrichment.injections import reads_like_an_instruction
from tuppence.enrichment.tasks import Answers, Question, Task, UnusableItem, Verdict
from tuppence.llm.abilities import Abilities, estimated_usage
from tuppence.llm.answerer import Answerer
from tuppence.llm.concept import ChatRequest, ChatResponse, TokenUsage, UserMessage
from tuppence.llm.context import estimated_tokens
from tuppence.llm.errors import ContextTooLong, LLMError, RequestRejected
from tuppence.usage import NotAdmitted

__all__ = [
    "Answers",
    "Ask",
    "Question",
    "Task",
    "UnusableItem",
    "Verdict",
    "answers",
    "apart",
    "expected_tokens",
    "most_questions",
]

Ask = Callable[[Answerer, ChatRequest], Awaitable[ChatResponse]]
"""Sends one request and gives the whole answer, as `Asker.response` does. Raises LLMError, NotAdmitted."""

MOST_QUESTIONS = 25
"""In one request: with more, models begin to leave some out."""
LONGEST_TEXT = 160
"""Characters of a text of the bank that a model is told; what follows is small print."""
_LONGEST_LABEL = 60
_TOKENS_OF_ITEM = 32
"""Of an answer's item; measured in tests/enrichment/test_asking.py."""
_TOKENS_AROUND = 24
_TOKENS_TO_THINK = 4096
_ROOM_FOR_LINES = 2_000
"""Tokens for what is told besides the instructions; an eighth of a small context window."""
_REFUSED_AS_ASKED = (400, 404, 405, 415, 422)
"""The statuses with which servers refuse functions, or being told that one has to be called."""
_BY_INSTRUCTION = """

You cannot call functions. Answer with one JSON object and nothing else, no words and no code fence around it. It has
this JSON Schema:
"""


async def answers(answerer: Answerer, task: Task, questions: Sequence[Question], ask: Ask) -> Answers:
    """What the model says to `questions`, by at most two requests (each of which is repeated where the network fails).

    What is missing or cannot be used is asked once more; so is everything where the first request is refused, then
    without a function. Raises LLMError when nothing usable came, and NotAdmitted when nothing may be asked, and nothing
    had come before.
    """
    if not questions:
        return Answers({}, ())
    asking = _Asking(answerer, task, ask)
    by_function = answerer.abilities.calls_functions is not False
    try:
        first = await asking.checked(questions, by_function=by_function)
    except RequestRejected as error:
        if not by_function or not _may_be_for_the_function(error):
            raise
        second = await asking.checked(questions, by_function=False)
        return _together(task, questions, [second], _learned(second))
    if not first.missing:
        return _together(task, questions, [first])
    again = [question for question in questions if question.id in first.missing]
    still = by_function and (first.items > 0 or first.is_cut_off)
    try:
        second = await asking.checked(again, by_function=still, after=first)
    except (LLMError, NotAdmitted) as error:
        if not first.verdicts:
            raise
        return _together(task, questions, [first], remark=f"What was missing could not be asked again. {error}")
    return _together(task, questions, [first, second], Abilities() if still == by_function else _learned(second))


def expected_tokens(answerer: Answerer, task: Task, questions: Sequence[Question]) -> TokenUsage:
    """About how many tokens one request with these questions takes, its answer included; a second one is not.

    Raises ContextTooLong when they do not fit.
    """
    by_function = answerer.abilities.calls_functions is not False
    request = _request(answerer, task, questions, by_function=by_function)
    asked = estimated_usage(answerer.abilities.applied_to(request).request, None)
    return TokenUsage(input_tokens=asked.input_tokens, output_tokens=_answer_tokens(len(questions)))


def most_questions(answerer: Answerer, task: Task, questions: Sequence[Question]) -> int:
    """How many of `questions`, from the first on, fit one request; at least 1, though that may not fit either."""
    most = max(len(questions[:MOST_QUESTIONS]), 1)
    window = answerer.abilities.context_window
    if window is None:
        return most

    def is_too_much(many: int) -> bool:
        return _answer_tokens(many) > window // 4 or not _fits(answerer, task, questions[:many])

    return bisect_left(range(2, most + 1), True, key=is_too_much) + 1


def apart(questions: Sequence[Question]) -> list[list[Question]]:
    """`questions` by what may be in one request: the usual ones together, each that reads like an instruction alone."""
    usual: list[Question] = []
    suspicious: list[list[Question]] = []
    for question in questions:
        if is_suspicious(question):
            suspicious.append([question])
        else:
            usual.append(question)
    return [usual, *suspicious] if usual else suspicious


def is_suspicious(question: Question) -> bool:
    """Whether a text of the bank reads like an instruction to the model."""
    texts = (question.description, question.payee, question.memo)
    return reads_like_an_instruction("\n".join(text for text in texts if text))


# -------------------------------------------------------------------------------------------------------- requests


class _Asking:
    """Who is asked what."""

    def __init__(self, answerer: Answerer, task: Task, ask: Ask) -> None:
        self._answerer = answerer
        self._task = task
        self._ask = ask

    async def checked(
        self, questions: Sequence[Question], *, by_function: bool, after: Checked | None = None
    ) -> Checked:
        """What is usable of the answer to one request. after: what was usable of the one before. Raises LLMError."""
        request = _request(self._answerer, self._task, questions, by_function=by_function, after=after)
        response = await self._ask(self._answerer, request)
        return checked(response, self._task, [question.id for question in questions])


def _request(
    answerer: Answerer,
    task: Task,
    questions: Sequence[Question],
    *,
    by_function: bool,
    after: Checked | None = None,
) -> ChatRequest:
    """One request. What is the same in all of them comes first; what changes is in the function and the message."""
    definition = task.definition([question.id for question in questions])
    instructions = "\n".join([task.instructions.rstrip(), *_lines_with_room(task, answerer.abilities)])
    if by_function:
        instructions += f"\n\nAnswer by calling {task.function} once, with all of them."
    else:
        instructions += _BY_INSTRUCTION + _json(definition.parameters)
    thinking = _TOKENS_TO_THINK * (2 if after and after.is_cut_off else 1)
    return ChatRequest(
        answerer.model,
        [UserMessage(_document(questions, after))],
        instructions,
        functions=[definition] if by_function else [],
        tool_choice="required" if by_function else "auto",
        max_output_tokens=thinking + 2 * _answer_tokens(len(questions)),
    )


def _document(questions: Sequence[Question], after: Checked | None) -> str:
    """The user's message: one JSON document."""
    told = '"transactions":[' + ",".join(map(_told, questions)) + "]"
    if after is None:
        return "{" + told + "}"
    remark = (
        f"You were asked about these before, and the answers could not be used ({_listed(after.flaws)}). "
        "Answer for each of them, once."
    )
    return '{"remark":' + _json(remark) + "," + told + "}"


def _told(question: Question) -> str:
    """What a model is told of a question, as JSON; what is not known is left out."""
    told = {
        "id": str(question.id),
        "date": question.date and question.date.isoformat(),
        "amount": str(question.amount),
        "description": _shown(question.description, LONGEST_TEXT),
        "payee": _shown(question.payee, LONGEST_TEXT),
        "memo": _shown(question.memo, LONGEST_TEXT),
        "account": _shown(question.account, _LONGEST_LABEL),
        "times": question.times,
    }
    return _json({name: value for name, value in told.items() if value is not None})


def _shown(text: str | None, longest: int) -> str | None:
    """`text` without what is not seen, cut; None for nothing."""
    if not text:
        return None
    visible = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    return " ".join(visible.split())[:longest] or None


def _lines_with_room(task: Task, abilities: Abilities) -> Iterator[str]:
    """The lines of `also_told` for which there is room."""
    room = min(_ROOM_FOR_LINES, (abilities.context_window or _ROOM_FOR_LINES * 8) // 8)
    for line in task.also_told:
        room -= estimated_tokens(line) + 1
        if room < 0:
            return
        yield line


def _answer_tokens(questions: int) -> int:
    return _TOKENS_AROUND + _TOKENS_OF_ITEM * questions


def _fits(answerer: Answerer, task: Task, questions: Sequence[Question]) -> bool:
    try:
        expected_tokens(answerer, task, questions)
    except ContextTooLong:
        return False
    return True


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# --------------------------------------------------------------------------------------------------- what came of it


def _may_be_for_the_function(error: RequestRejected) -> bool:
    """Whether the same question may be taken when it is asked without a function."""
    return not isinstance(error, ContextTooLong) and error.status in _REFUSED_AS_ASKED


def _learned(second: Checked) -> Abilities:
    """What an answer to a request without functions shows, where one with them was of no use."""
    return Abilities(calls_functions=False) if second.verdicts else Abilities()


def _together(
    task: Task,
    questions: Sequence[Question],
    parts: Sequence[Checked],
    learned: Abilities | None = None,
    remark: str | None = None,
) -> Answers:
    """The answers of all requests as one."""
    said: dict[int, Verdict] = {}
    for part in parts:
        said.update(part.verdicts)
    suspicious = any(map(is_suspicious, questions))
    verdicts = [replace(verdict, suspicious=suspicious) for verdict in task.together(list(said.values()))]
    unanswered = tuple(question.id for question in questions if question.id not in said)
    remarks = [f"Answers that could not be used: {_listed(part.flaws)}." for part in parts if part.flaws]
    if remark:
        remarks.append(remark)
    return Answers({one.id: one for one in verdicts}, unanswered, tuple(remarks), learned or Abilities())


def _listed(flaws: Mapping[str, int]) -> str:
    return ", ".join(f"{times} {flaw}" for flaw, times in Counter(flaws).most_common())
