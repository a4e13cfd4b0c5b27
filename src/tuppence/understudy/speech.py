"""Words cut into pieces about the size of a model's tokens, and what fits of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tuppence.understudy.reply import Block, Call, Text, Thinking

_WORD = re.compile(r"\s{0,16}\S{1,16}|\s{1,16}")
_ARGUMENT_PIECE = 24


def pieces_of(text: str, in_one_piece: bool = False) -> list[str]:
    """The text in word-sized pieces, or in one; joined they are the text again."""
    if in_one_piece:
        return [text] if text else []
    return _WORD.findall(text)


def argument_pieces_of(text: str, in_one_piece: bool = False) -> list[str]:
    """Function arguments in pieces, or in one; they may end anywhere, as a model's do."""
    if in_one_piece:
        return [text] if text else []
    return [text[at : at + _ARGUMENT_PIECE] for at in range(0, len(text), _ARGUMENT_PIECE)]


def tokens_in(text: str) -> int:
    """A steady estimate of a text's tokens: four bytes of UTF-8 each."""
    return (len(text.encode(errors="surrogatepass")) + 3) // 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """The blocks that were said, and why no more: "limit", the stop sequence met, or None when all was said."""

    blocks: tuple[Block, ...]
    tokens: int
    thinking_tokens: int
    ended_by_limit: bool = False
    stop_sequence: str | None = None


def spoken(blocks: Sequence[Block], limit: int | None, stop_sequences: Sequence[str]) -> Spoken:
    """As much of `blocks` as `limit` tokens (None: no limit) and the stop sequences allow."""
    said: list[Block] = []
    tokens = thinking = 0
    for block in blocks:
        stopped, sequence = _stopped(block, stop_sequences)
        pieces = _pieces(stopped)
        room = len(pieces) if limit is None else max(0, limit - tokens)
        whole = room >= len(pieces)
        tokens += len(pieces) if whole else room
        if isinstance(block, Thinking):
            thinking += len(pieces) if whole else room
        if whole or room:
            said.append(stopped if whole else _shortened(stopped, "".join(pieces[:room])))
        if not whole or sequence is not None:
            return Spoken(tuple(said), tokens, thinking, not whole, sequence if whole else None)
    return Spoken(tuple(said), tokens, thinking)


def _pieces(block: Block) -> list[str]:
    match block:
        case Text(text) | Thinking(text):
            return pieces_of(text)
        case Call():
            return [block.name, *argument_pieces_of(block.arguments_text)]
        case _:
            return []


def _stopped(block: Block, stop_sequences: Sequence[str]) -> tuple[Block, str | None]:
    if not isinstance(block, Text):
        return block, None
    found = [(at, sequence) for sequence in stop_sequences if (at := block.text.find(sequence)) >= 0]
    if not found:
        return block, None
    at, sequence = min(found)
    return replace(block, text=block.text[:at]), sequence


def _shortened(block: Block, said: str) -> Block:
    match block:
        case Call():
            return replace(block, arguments=said.removeprefix(block.name))
        case Text():
            return replace(block, text=said)
        case Thinking():
            return replace(block, text=said)
        case _:
            return block
