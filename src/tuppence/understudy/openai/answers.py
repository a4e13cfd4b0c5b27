"""What a reply comes to: the blocks that fit, their tokens, and why there are no more."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Literal

from tuppence.understudy.conversation import Question
from tuppence.understudy.reply import Block, Call, Reply, Usage
from tuppence.understudy.speech import spoken

Ending = Literal["end", "calls", "limit", "filter", "failure", "other"]
_WORDS: dict[str, Ending] = {
    "end_turn": "end",
    "stop": "end",
    "stop_sequence": "end",
    "completed": "end",
    "refusal": "end",
    "tool_use": "calls",
    "tool_calls": "calls",
    "max_tokens": "limit",
    "length": "limit",
    "max_output_tokens": "limit",
    "incomplete": "limit",
    "content_filter": "filter",
    "failed": "failure",
}
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Answer:
    """`word` is the script's own word for why it ended, where it is none that we know. `refused`: the words say no."""

    blocks: tuple[Block, ...]
    usage: Usage
    ending: Ending
    word: str | None = None
    refused: bool = False


def answer_of(reply: Reply, question: Question) -> Answer:
    """The answer that `reply` is to `question`."""
    said = spoken(reply.blocks, question.most_output_tokens, question.stop_sequences)
    usage = reply.usage
    if usage is None:
        counted = Usage(output_tokens=max(1, said.tokens), reasoning_tokens=said.thinking_tokens)
        usage = question.usage.updated(counted)
    ending: Ending = "calls" if any(isinstance(block, Call) for block in said.blocks) else "end"
    if reply.stop_reason is not None:
        ending = _WORDS.get(reply.stop_reason, "other")
    if said.ended_by_limit:
        ending = "limit"
    word = reply.stop_reason if ending == "other" else None
    return Answer(said.blocks, usage, ending, word, reply.stop_reason == "refusal")


def new_token(length: int) -> str:
    """Fresh letters and digits, for ids."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
