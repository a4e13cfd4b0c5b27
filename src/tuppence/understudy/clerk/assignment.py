"""What the clerk is asked for: which transactions are to be filed or named, and what may be said of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuppence.understudy.conversation import Conversation

Operation = Literal["file_transactions", "name_merchants"]
_ITEMS: Mapping[Operation, str] = {"file_transactions": "filings", "name_merchants": "findings"}
_DECODER = json.JSONDecoder()
_OPENING = re.compile(r"[{\[]")

TransactionId = int | str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction as far as it was told."""

    description: str = ""
    payee: str = ""
    money_in: bool | None = None
    """None: no amount was told."""
    text: str = ""
    """Every text of it, joined: what an injected instruction can hide in."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The transactions asked about, in the order of the schema, or of the document where the schema names none."""

    operation: Operation
    ids: tuple[TransactionId, ...]
    transactions: Mapping[TransactionId, Transaction]
    """Those of `ids` that were told."""
    categories: tuple[str, ...]
    """The names a category may have; none for merchants."""
    by_call: bool
    """Whether the function is on offer; otherwise the answer is a JSON object in words."""

    @property
    def items(self) -> str:
        """The one parameter: a list of answers."""
        return _ITEMS[self.operation]


def assignment_in(conversation: Conversation) -> Assignment | None:
    """The assignment that the conversation ends with; None when it is about something else."""
    offered = {function.name: function.parameters for function in conversation.functions}
    for operation, items in _ITEMS.items():
        if offered:
            schema = offered.get(operation) if len(offered) == 1 else None
        else:
            schema = _told_schema(conversation, items)
        if schema is not None:
            return _assignment(operation, schema, conversation, by_call=bool(offered))
    return None


def _assignment(
    operation: Operation, schema: Mapping[str, Any], conversation: Conversation, *, by_call: bool
) -> Assignment:
    told = _transactions(conversation)
    ids = tuple(_allowed(schema, "transaction_id")) or tuple(told)
    by_text = {str(key): transaction for key, transaction in told.items()}
    categories = [name for name in _allowed(schema, "category") if isinstance(name, str)]
    transactions = {one: by_text[str(one)] for one in ids if str(one) in by_text}
    return Assignment(operation, ids, transactions, tuple(categories), by_call)


def _told_schema(conversation: Conversation, items: str) -> Mapping[str, Any] | None:
    """The last JSON Schema with the property `items` in the instructions or in what the person said."""
    if f'"{items}"' not in conversation.instructions and not any(items in one.text for one in conversation.messages):
        return None
    texts = [conversation.instructions, *(said.text for said in conversation.messages if said.speaker == "user")]
    found = [one for text in texts for value in _json_in(text) for one in _objects(value) if _describes(one, items)]
    return found[-1] if found else None


def _describes(schema: Mapping[str, Any], items: str) -> bool:
    properties = schema.get("properties")
    return isinstance(properties, dict) and items in properties


def _transactions(conversation: Conversation) -> dict[TransactionId, Transaction]:
    """The transactions of the last message that tells any, on top of those told before."""
    told: dict[TransactionId, Transaction] = {}
    for said in conversation.messages:
        if said.speaker != "user":
            continue
        now = {one["id"]: _transaction(one) for value in _json_in(said.text) for one in _objects(value) if _is_one(one)}
        told = {**now, **{key: value for key, value in told.items() if key not in now}}
    return told


def _is_one(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("id"), int | str) and not isinstance(value["id"], bool)


def _transaction(told: Mapping[str, Any]) -> Transaction:
    texts = [str(value) for key, value in told.items() if isinstance(value, str) and key not in ("id", "date")]
    amount = str(told.get("amount") or "")
    description = next((str(told[key]) for key in ("description", "text", "name") if told.get(key)), "")
    money_in = "-" not in amount and "−" not in amount if amount else None
    return Transaction(description, str(told.get("payee") or ""), money_in, "\n".join(texts))


def _json_in(text: str) -> Iterator[Any]:
    """The JSON objects and lists that stand in `text`, from left to right, words between them passed over."""
    at = 0
    while match := _OPENING.search(text, at):
        try:
            value, at = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            at = match.end()
        else:
            yield value


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in `value`, at any depth, outer ones first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _allowed(schema: Mapping[str, Any], name: str) -> Sequence[Any]:
    """The values that the property `name` may have by its `enum` or `const`, null left out."""
    for one in _objects(schema):
        properties = one.get("properties")
        if isinstance(properties, dict) and name in properties:
            return list(dict.fromkeys(value for value in _values(properties[name], schema) if value is not None))
    return ()


def _values(schema: Any, root: Mapping[str, Any], depth: int = 0) -> Iterator[Any]:
    if not isinstance(schema, dict) or depth > 8:
        return
    if "const" in schema:
        yield schema["const"]
    yield from (value for value in schema.get("enum") or () if isinstance(value, int | str | None))
    for joined in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(joined) or ():
            yield from _values(option, root, depth + 1)
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        yield from _values((root.get("$defs") or root.get("definitions") or {}).get(name), root, depth + 1)
