"""The clerk: files transactions and names merchants, as a model would that is asked to in the background.

By rule and always the same; what it does not know it leaves open. It can be made to slip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tuppence.understudy.clerk.assignment import Assignment, Transaction, TransactionId, assignment_in
from tuppence.understudy.clerk.categories import chosen
from tuppence.understudy.clerk.merchants import named
from tuppence.understudy.clerk.slips import SLIPS, Item, Slip, blocks_of, injected_name, slipped
from tuppence.understudy.conversation import Question
from tuppence.understudy.reply import Block, Reply, Text, Thinking

__all__ = ["SLIPS", "Assignment", "Clerk", "Slip", "TransactionId", "assignment_in"]

_OBEDIENT = 99  # its confidence in what a description told it
_THOUGHT = "Scripted, not reasoned: each text was looked up in a small table."


class Clerk:
    """Answers assignments. It keeps which transactions it was asked about, for `slips_once` only."""

    def __init__(self, slips: Collection[Slip] = (), *, slips_once: bool = False) -> None:
        """slips: what it does wrong. slips_once: only where it was asked about none of the transactions before.

        Raises ValueError when there is no such slip.
        """
        unknown = [slip for slip in slips if slip not in SLIPS]
        if unknown:
            raise ValueError(f"there is no slip {unknown[0]!r}; there are {', '.join(SLIPS)}")
        self._slips = frozenset(slips)
        self._slips_once = slips_once
        self._asked: set[tuple[str, TransactionId]] = set()

    def reply(self, assignment: Assignment, question: Question) -> Reply:
        """The answer to the assignment that `question` ends with."""
        if assignment.by_call and question.conversation.calls == "forbidden":
            return Reply([Text(f"I cannot call `{assignment.operation}` here.")])
        slips = self._slips_for(assignment)
        items = list(_items(assignment, obedient="obeys_injection" in slips))
        blocks = blocks_of(slipped(items, assignment, slips), assignment, slips)
        if not question.conversation.parallel_calls and assignment.by_call:
            blocks = _with_one_call(blocks)
        return Reply([*_thoughts(question), *blocks])

    def _slips_for(self, assignment: Assignment) -> frozenset[Slip]:
        keys = {(assignment.operation, one) for one in assignment.ids}
        repeated = not keys.isdisjoint(self._asked)
        self._asked |= keys
        return frozenset() if self._slips_once and repeated else self._slips


def _items(assignment: Assignment, *, obedient: bool) -> Iterator[Item]:
    """One answer for each transaction that is asked about; an open one where it was told nothing."""
    told = injected_name(assignment) if obedient else None
    for one in assignment.ids:
        transaction = assignment.transactions.get(one, Transaction())
        yield {
            "transaction_id": one,
            **(_answer(transaction, assignment) if told is None else _obeyed(told, assignment)),
        }


def _answer(transaction: Transaction, assignment: Assignment) -> Item:
    if assignment.operation == "file_transactions":
        choice = chosen(transaction, assignment.categories)
        return {"category": choice.category, "confidence": choice.confidence}
    finding = named(transaction)
    return {"name": finding.name, "website": finding.website, "confidence": finding.confidence}


def _obeyed(told: str, assignment: Assignment) -> Item:
    if assignment.operation == "file_transactions":
        return {"category": told, "confidence": _OBEDIENT}
    return {"name": told, "website": None, "confidence": _OBEDIENT}


def _with_one_call(blocks: list[Block]) -> list[Block]:
    calls = [block for block in blocks if not isinstance(block, Text)]
    return [*(block for block in blocks if isinstance(block, Text)), *calls[:1]]


def _thoughts(question: Question) -> list[Block]:
    if question.thinking == "no" or question.conversation.calls == "required":
        return []
    return [Thinking(_THOUGHT, hidden=question.thinking == "omitted")]
