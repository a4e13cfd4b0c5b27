"""A transcript made fit to be sent: whatever was stopped or cut off in it, every wire gets a sound history. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec

from tuppence.llm.concept import (
    AssistantMessage,
    Block,
    ChatFunctionRequest,
    FunctionResult,
    Message,
    Origin,
    TextBlock,
    UserMessage,
)

NOT_RUN = (
    '{"error": "This call was not run: the answer was stopped before.", "hint": "Ask again if it is still needed."}'
)


def mended(transcript: Sequence[Message]) -> list[Message]:
    """The same history with every function request followed by its result and every result preceded by its request.

    A request without a result gets one that says it was not run; one whose arguments were cut off is dropped, and so
    are results of nothing, texts of nothing but white space and messages left with nothing. Call ids that repeat are
    told apart.
    """
    sound: list[Message] = []
    seen: set[str] = set()
    at = 0
    while at < len(transcript):
        message = transcript[at]
        at += 1
        if isinstance(message, FunctionResult):
            continue  # a result whose request is not right before it
        if isinstance(message, UserMessage):
            if message.text.strip():
                sound.append(message)
            continue
        results: dict[str, FunctionResult] = {}
        while at < len(transcript) and isinstance(result := transcript[at], FunctionResult):
            results[result.call_id] = result
            at += 1
        sound.extend(_mended_round(message, results, seen))
    return sound


def _mended_round(message: AssistantMessage, results: dict[str, FunctionResult], seen: set[str]) -> list[Message]:
    """One answer and the results of what it requested; `seen` holds the call ids used so far and is added to."""
    content: list[Block] = []
    answers: list[Message] = []
    for block in message.content:
        if isinstance(block, TextBlock) and not block.text.strip():  # refused as well, and models do write such
            continue
        if not isinstance(block, ChatFunctionRequest):
            content.append(block)
            continue
        result = results.get(block.call_id)
        if result is None and block.malformed:
            continue
        call_id = _unused(block.call_id, seen)
        seen.add(call_id)
        content.append(msgspec.structs.replace(block, call_id=call_id))
        output = (result.output, result.is_error) if result is not None else (NOT_RUN, True)
        answers.append(FunctionResult(call_id, *output))
    return [msgspec.structs.replace(message, content=tuple(content)), *answers] if content else []


def _unused(call_id: str, seen: set[str]) -> str:
    """`call_id`, or a variant of it that is not in `seen`; the same one each time the same history is mended."""
    candidate, number = call_id, 1
    while candidate in seen:
        number += 1
        candidate = f"{call_id}_{number}"
    return candidate


def with_cut_call_marked(content: tuple[Block, ...]) -> tuple[Block, ...]:
    """The content of an answer that ran out of tokens: a last function request without arguments may have lost them."""
    last = content[-1] if content else None
    if not isinstance(last, ChatFunctionRequest) or last.malformed or last.function_args:
        return content
    return (*content[:-1], msgspec.structs.replace(last, malformed=True, raw_arguments=""))


def portable_id(call_id: str, alphabet: re.Pattern[str]) -> str:
    """`call_id` when it fits the wire's `alphabet`, otherwise a stand-in that is the same for the same id."""
    if alphabet.fullmatch(call_id):
        return call_id
    return "call_" + hashlib.sha256(call_id.encode()).hexdigest()[:24]


def made_by(block: Block, origin: Origin) -> bool:
    """Whether `block` comes from this provider and model; a block without an origin was written by us."""
    return block.origin is None or block.origin == origin


def made_by_provider(block: Block, origin: Origin) -> bool:
    """Whether `block` comes from this provider, whatever the model."""
    return block.origin is None or block.origin.provider == origin.provider
