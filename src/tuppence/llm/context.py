"""Fitting a request into a model's context window. Pure.

The window is shared by instructions, function definitions, history and the answer. What does not fit is left out in
whole turns, oldest first: a request and its result stay together, and the newest question always stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tuppence.llm.concept import AssistantMessage, ChatRequest, FunctionResult, Message, TextBlock, UserMessage
from tuppence.llm.errors import ContextTooLong

_BYTES_PER_TOKEN = 3
"""Cautious for every script: English prose has about 4 bytes a token, JSON and most other alphabets about 3."""
_PER_MESSAGE = 8
"""Tokens that a message costs besides its words."""
_SAFETY = 0.95
"""The part of the window that is used, as tokens are estimated."""


_LETTERS = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(ord("A"), ord("Z") + 1)) + b" "
_OTHER_ALPHABETS = bytes(range(128, 256))
_UNSEEN_TOKENS = 1_000
"""That providers add on their side: Anthropic's documentation ("Tool use", prices) names 313 to 804 for functions."""


class Fitted(msgspec.Struct, frozen=True):
    """A request that fits, and what that took."""

    request: ChatRequest
    turns_left_out: int
    """Oldest turns (a question with everything up to the next one) that are not in the request."""


def estimated_tokens(text: str) -> int:
    """About how many tokens `text` has, rather too many than too few."""
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def most_input_tokens(request: ChatRequest) -> int:
    """How many tokens `request` can be at most. A bound for limits in money, not an estimate: well above what it is.

    Three letters of words and spaces make a token at least, of digits and signs three make two, and of other alphabets
    no byte makes more than one.
    """
    said = msgspec.json.encode([request.transcript, request.functions, request.instructions])
    others = len(said) - len(said.translate(None, _OTHER_ALPHABETS))
    signs = len(said.translate(None, _LETTERS)) - others
    letters = len(said) - signs - others
    return letters // 3 + signs * 2 // 3 + others + _UNSEEN_TOKENS


def fitted(request: ChatRequest, context_window: int, answer_tokens: int | None = None) -> Fitted:
    """`request` with as much of its history as the window holds.

    context_window: tokens that the model takes, its answer included. answer_tokens: kept free for the answer; None:
    what the request allows it, or a quarter of the window, at most 4,096. Raises ContextTooLong when not even the
    newest question fits with the instructions and functions.
    """
    reserved = answer_tokens or min(request.max_output_tokens or 4096, 4096, context_window // 4)
    room = int(context_window * _SAFETY) - reserved - _fixed_tokens(request)
    turns = _turns(request.transcript)
    sizes = [sum(message_tokens(message) for message in turn) for turn in turns]
    first = len(turns)
    while first > 0 and sizes[first - 1] <= room:
        first -= 1
        room -= sizes[first]
    if turns and first == len(turns):
        raise ContextTooLong(
            f"The question and what was looked up for it are longer than the {context_window:,} tokens that "
            f"{request.model} can take. Ask about less, or choose a model with a larger context window.",
            model=request.model,
        )
    if first == 0:
        return Fitted(request, 0)
    kept = [message for turn in turns[first:] for message in turn]
    return Fitted(msgspec.structs.replace(request, transcript=kept), first)


def message_tokens(message: Message) -> int:
    """About how many tokens a message of the transcript has."""
    match message:
        case UserMessage(text):
            return estimated_tokens(text) + _PER_MESSAGE
        case FunctionResult(_, output):
            return estimated_tokens(output) + _PER_MESSAGE
        case AssistantMessage(content):
            texts = [b.text if isinstance(b, TextBlock) else msgspec.json.encode(b).decode() for b in content]
            return sum(map(estimated_tokens, texts)) + _PER_MESSAGE


def _fixed_tokens(request: ChatRequest) -> int:
    definitions = msgspec.json.encode(list(request.functions)).decode() if request.functions else ""
    return estimated_tokens(request.instructions or "") + estimated_tokens(definitions)


def _turns(transcript: Sequence[Message]) -> list[list[Message]]:
    """The history by questions: each turn begins with its question."""
    turns: list[list[Message]] = []
    for message in transcript:
        if isinstance(message, UserMessage) or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns
