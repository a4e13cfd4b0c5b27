"""What a model can be asked of transactions, and what comes of it. Values, and no asking."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuppence.llm.abilities import Abilities
from tuppence.llm.concept import FunctionDefinition
from tuppence.money import Money

ITEM_ID = "transaction_id"
"""The field of an item that says which transaction it is about."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is told of a transaction, or of several that are asked about as one."""

    id: int
    """The id of any of them."""
    description: str
    payee: str | None
    memo: str | None
    amount: Money
    date: datetime.date | None
    """Of booking; None when unknown, as in labelled data without dates."""
    account: str
    """The name of the account."""
    times: int = 1
    """So many transactions are asked about as one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model said to one question."""

    id: int
    category_id: int | None = None
    """None: it abstained, or was not sure enough; always so where merchants were asked for."""
    merchant_name: str | None = None
    """None: it abstained, or was not sure enough; always so where categories were asked for."""
    website: str | None = None
    """The merchant's host name without www; None when unknown."""
    confidence: int | None = None
    """From 0 to 100, by the model's own account; None where it abstained without one."""
    suspicious: bool = False
    """The bank's text reads like an instruction to the model, so that the verdict may be suggested and never filed."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of asking. Every question is in `verdicts` or in `unanswered`, and nothing else is."""

    verdicts: Mapping[int, Verdict]
    """By the id of their question; those in which the model abstained are among them."""
    unanswered: tuple[int, ...]
    """The ids for which no usable answer came."""
    remarks: tuple[str, ...] = ()
    """What was wrong with the answers, in sentences for people; they quote nothing."""
    learned: Abilities = field(default_factory=Abilities)
    """What turned out about the model on the way, for the next asking; usually nothing."""


class UnusableItem(ValueError):
    """What a model said of a transaction is no answer; the message says why, in a few words that quote nothing."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of each transaction, and how the answer is understood."""

    instructions: str
    """The same for every request, so that providers can serve them from their cache."""
    also_told: Sequence[str]
    """Lines that follow the instructions, the most useful first, as many of them as there is room for."""
    function: str
    """The name of the one function by which the model answers."""
    purpose: str
    """What the function does, for the model."""
    items: str
    """The name of its one parameter, a list with an item for each transaction."""
    fields: Mapping[str, Any]
    """The JSON Schemas of an item's fields besides `transaction_id`; all of them are required."""
    verdict: Callable[[int, Mapping[str, Any]], Verdict]
    """What an item says of the transaction of this id. Raises UnusableItem."""
    together: Callable[[Sequence[Verdict]], Sequence[Verdict]] = tuple
    """The verdicts of one asking, made consistent with each other; there are as many as before."""

    def definition(self, ids: Sequence[int]) -> FunctionDefinition:
        """The function for answers about exactly these transactions.

        Ids are text there: not every provider takes a list of allowed numbers.
        """
        fields = {ITEM_ID: {"type": "string", "enum": [str(identity) for identity in ids]}, **self.fields}
        item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        parameters = {
            "type": "object",
            "properties": {self.items: {"type": "array", "items": item}},
            "required": [self.items],
            "additionalProperties": False,
        }
        return FunctionDefinition(self.function, self.purpose, parameters)
