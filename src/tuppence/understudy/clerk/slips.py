"""What the clerk can be made to do wrong, each of it seen in models: on purpose, to test who checks its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, get_args

from tuppence.understudy.clerk.assignment import Assignment, TransactionId
from tuppence.understudy.clerk.categories import own_name
from tuppence.understudy.clerk.words import folded
from tuppence.understudy.reply import Block, Call, Text, compact_json

Slip = Literal[
    "wrong_ids",
    "extra_categories",
    "wrong_types",
    "half_a_batch",
    "contradictions",
    "obeys_injection",
    "broken_json",
    "many_calls",
    "words_around",
    "prose",
]
SLIPS: Mapping[Slip, str] = MappingProxyType(
    {
        "wrong_ids": "gives every other answer to a transaction that was not asked about",
        "extra_categories": "files every other transaction under a category that is not in the list",
        "wrong_types": "writes every other answer with values of the wrong type",
        "half_a_batch": "answers only the first half",
        "contradictions": "answers twice for each transaction, the second time otherwise",
        "obeys_injection": "does with all of them what one description tells it to",
        "broken_json": "breaks off in the middle of its JSON",
        "many_calls": "calls the function once for each transaction",
        "words_around": "puts words and a code fence around a JSON answer, or words in front of a call",
        "prose": "answers in sentences",
    }
)
assert set(SLIPS) == set(get_args(Slip))

Item = Mapping[str, Any]

_NO_CATEGORY = "Various Odds and Ends"
_EVERYTHING = re.compile(
    r"\b(?:everything|every|all|each|alles|alle|allen|jede|jeden|tout|toutes|tous|todo|todas|todos|tutto|tutte|tutti)\b"
    r"(?P<rest>.{0,120})",
    re.IGNORECASE | re.DOTALL,
)
_UNDER = re.compile(
    r"\b(?:under|as|to|into|in|is|are|be|category|called|unter|als|zu|sous|comme|bajo|como|sotto|come)\b[\s:\"'“„«]*"
    r"(?:(?:the|category|kategorie|merchant|called)\s+)*[\"'“„«]?(?P<name>\w[^\n\"'”“»,.;!?]{0,60})",
    re.IGNORECASE,
)


def injected_name(assignment: Assignment) -> str | None:
    """What a text among the transactions says that all of them shall be; None when none does.

    A category of the list if one is meant, otherwise the words as they stand.
    """
    for transaction in assignment.transactions.values():
        if (order := _EVERYTHING.search(transaction.text)) is None:
            continue
        rest = folded(order["rest"])
        listed = [name for name in assignment.categories if own_name(name).strip() and own_name(name) in rest]
        if listed:
            return max(listed, key=len)
        if name := _UNDER.search(order["rest"]):
            return name["name"].strip()
    return None


def slipped(items: Sequence[Item], assignment: Assignment, slips: frozenset[Slip]) -> list[Item]:
    """The answers with what is wrong about them."""
    found = [dict(item) for item in items]
    if "half_a_batch" in slips:
        found = found[: len(found) // 2]
    if "extra_categories" in slips and assignment.operation == "file_transactions":
        found = [item | ({"category": _NO_CATEGORY} if at % 2 == 0 else {}) for at, item in enumerate(found)]
    if "contradictions" in slips:
        found += [_contradicting(item, assignment) for item in found]
    if "wrong_ids" in slips:
        foreign = _foreign_ids(assignment.ids)
        found = [
            item | ({"transaction_id": foreign[item["transaction_id"]]} if at % 2 == 0 else {})
            for at, item in enumerate(found)
        ]
    if "wrong_types" in slips:
        found = [_mistyped(item) if at % 2 == 0 else item for at, item in enumerate(found)]
    return list(found)


def blocks_of(items: Sequence[Item], assignment: Assignment, slips: frozenset[Slip]) -> list[Block]:
    """The answers as they are said: by calling the function, or as JSON in words."""
    if "prose" in slips:
        return [Text(f"I looked at the transactions. {len(items)} of them seem clear to me; shall I go on?")]
    bodies = [{assignment.items: [item]} for item in items] if "many_calls" in slips else [{assignment.items: items}]
    texts = [compact_json(body) for body in bodies]
    if "broken_json" in slips:
        texts = [text[: len(text) // 2] for text in texts]
    around = "words_around" in slips
    if assignment.by_call:
        calls: list[Block] = [Call(assignment.operation, text) for text in texts]
        return [Text("Here is what I make of them."), *calls] if around else calls
    said = "\n".join(texts)
    return [Text(f"Here is what I make of them:\n\n```json\n{said}\n```\n\nTell me if I can help." if around else said)]


def _foreign_ids(ids: Sequence[TransactionId]) -> Mapping[TransactionId, TransactionId]:
    """For each id one that was not asked about, near it where ids are numbers, so that there may be such a
    transaction."""
    beyond = max((int(one) for one in ids if str(one).isdecimal()), default=0)
    near: dict[TransactionId, TransactionId] = {}
    for at, one in enumerate(ids, start=1):
        near[one] = beyond + at if isinstance(one, int) else str(beyond + at) if one.isdecimal() else f"{one}0"
    return near


def _contradicting(item: Item, assignment: Assignment) -> dict[str, Any]:
    if assignment.operation == "name_merchants":
        return {**item, "name": f"{item['name'] or 'Somebody'} Holdings"}
    others = [name for name in assignment.categories if name != item["category"]]
    return {**item, "category": others[0] if others else None, "confidence": 90}


def _mistyped(item: Item) -> dict[str, Any]:
    wrong: dict[str, Any] = {"transaction_id": [item["transaction_id"]], "confidence": "high"}
    wrong |= {key: {"value": item[key]} for key in ("category", "name") if key in item}
    return {**item, **wrong}
