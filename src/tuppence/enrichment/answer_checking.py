"""What of a model's answer can be taken: nothing but what was asked for, and nothing that was not offered. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuppence.enrichment.json_answers import objects_in
from tuppence.enrichment.tasks import ITEM_ID, Task, UnusableItem, Verdict
from tuppence.ledger.names import name_key
from tuppence.llm.concept import ChatFunctionRequest, ChatResponse, StopReason

NO_ANSWER = "not answered"
UNASKED = "about a transaction that was not asked about"
CONTRADICTED = "answered in two different ways"
_STOPPED: Mapping[StopReason | None, str] = {
    "max_tokens": "cut off",
    "context_window": "cut off",
    "refusal": "refused by the model",
    "content_filter": "held back by the provider's filter",
}
_DEEPEST = 4
"""So deep may the items be wrapped: {"name": ..., "arguments": {"filings": [...]}}."""
_NUMBER = re.compile(r"\d{1,18}")
_END_OF_THINKING = "</think>"
_PLACEHOLDERS = frozenset({"", "null", "none", "nil", "n/a", "na", "unknown", "undefined", "-", "?"})


@dataclass(frozen=True, slots=True)
class Checked:
    """What of one answer is usable."""

    verdicts: Mapping[int, Verdict]
    missing: tuple[int, ...]
    """The ids that were asked about and have no verdict, in the order in which they were asked."""
    flaws: Mapping[str, int]
    """What is wrong, in a few words that quote nothing, and how often."""
    items: int
    """So many items there were, usable or not."""
    is_cut_off: bool
    """The model was stopped at the most tokens it may write."""


def checked(response: ChatResponse, task: Task, ids: Sequence[int]) -> Checked:
    """What `response` says of the transactions of these ids."""
    asked = dict.fromkeys(ids)
    verdicts: dict[int, Verdict] = {}
    spoilt: set[int] = set()
    flaws: Counter[str] = Counter()
    items = list(_items(response, task))
    for item in items:
        if (identity := _identity(item, asked)) is None:
            flaws[UNASKED] += 1
            continue
        try:
            verdict = _agreed(verdicts.get(identity), task.verdict(identity, item))
        except UnusableItem as error:
            flaws[str(error)] += 1
            spoilt.add(identity)
        else:
            verdicts[identity] = verdict
    for identity in spoilt:
        verdicts.pop(identity, None)
    missing = tuple(identity for identity in asked if identity not in verdicts)
    if untold := len(set(missing) - spoilt):
        flaws[NO_ANSWER] = untold
    if missing and (why := _STOPPED.get(response.stop_reason)):
        flaws[why] = 1
    return Checked(verdicts, missing, flaws, len(items), response.stop_reason == "max_tokens")


def confidence_in(item: Mapping[str, Any]) -> int | None:
    """How sure the model says it is, from 0 to 100; None when it does not say so in a way that is understood.

    A fraction below 1 is taken for what it surely means: 0.9 is 90.
    """
    value = item.get("confidence")
    if isinstance(value, str):
        try:
            value = float(value.strip().removesuffix("%"))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return round(100 * value) if 0 < value < 1 else int(value)


def is_placeholder(text: str) -> bool:
    """Whether `text` is what some models write where they mean null."""
    return name_key(text) in _PLACEHOLDERS


def _items(response: ChatResponse, task: Task) -> Iterator[Mapping[str, Any]]:
    """The items in the calls of our function; where there are none, those in the text.

    Whether a model thinks in its text may not be known yet; what it weighs there is not its answer.
    """
    calls = [request for request in response.function_requests if request.function_name == task.function]
    found = [item for call in calls for item in _called_with(call, task)]
    return iter(found or _listed(objects_in(response.output_text.rpartition(_END_OF_THINKING)[2]), task))


def _called_with(call: ChatFunctionRequest, task: Task) -> Iterator[Mapping[str, Any]]:
    values = objects_in(call.raw_arguments or "") if call.malformed else [call.function_args]
    return _listed(values, task)


def _listed(values: Iterable[object], task: Task, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The items in `values`: items themselves, or what holds them under the name of the list."""
    if depth > _DEEPEST:
        return
    for value in values:
        if isinstance(value, str) and depth:
            yield from _listed(objects_in(value), task, depth + 1)
        if not isinstance(value, dict):
            continue
        inside = value.get(task.items)
        if ITEM_ID in value:
            yield value
        elif inside is not None:
            yield from _listed(inside if isinstance(inside, list) else [inside], task, depth + 1)
        else:
            yield from _listed(value.values(), task, depth + 1)


def _identity(item: Mapping[str, Any], asked: Collection[int]) -> int | None:
    """Which of the transactions that were asked about `item` means; None: none of them."""
    value = item[ITEM_ID]
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and value in asked else None


def _agreed(one: Verdict | None, other: Verdict) -> Verdict:
    """What two verdicts on one transaction have in common, the less sure one's confidence included.

    Raises UnusableItem when they contradict each other.
    """
    if one is None:
        return other
    names = name_key(one.merchant_name or ""), name_key(other.merchant_name or "")
    if one.category_id != other.category_id or names[0] != names[1]:
        raise UnusableItem(CONTRADICTED)
    less_sure = min(one, other, key=lambda verdict: -1 if verdict.confidence is None else verdict.confidence)
    return less_sure if one.website == other.website else replace(less_sure, website=None)
