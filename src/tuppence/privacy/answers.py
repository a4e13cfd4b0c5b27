"""Answers of a model with the household's values put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from tuppence.llm.concept import (
    Block,
    ChatFunctionRequest,
    ChatResponse,
    ChatStreamChunk,
    OutputTextChunk,
    ReasoningBlock,
    ReasoningChunk,
    ResponseChunk,
    TextBlock,
)
from tuppence.privacy.json_strings import replaced_in_value, replaced_under
from tuppence.privacy.restorer import Originals, Restorer

WORDS_IN_RAW = frozenset({"text", "refusal", "cited_text"})
"""Where the providers' own forms of a text hold its words."""
_Block = TypeVar("_Block", TextBlock, ReasoningBlock)


class RestoringReader:
    """Reads one answer; one object per answer.

    Its chunks keep the promise of a stream: the joined `output_text` chunks are the response's text, and the response
    is last.
    """

    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self._text, self._reasoning = Restorer(originals), Restorer(originals)

    def chunks_of(self, chunk: ChatStreamChunk) -> list[ChatStreamChunk]:
        """What a chunk of the stream means: itself, a chunk with originals, nothing yet, or several chunks."""
        match chunk:
            case OutputTextChunk(data):
                text = self._text.feed(data)
                return [chunk if text == data else OutputTextChunk(text)] if text else []
            case ReasoningChunk(data):
                text = self._reasoning.feed(data)
                return [chunk if text == data else ReasoningChunk(text)] if text else []
            case ResponseChunk(response):
                return [*self._held(), ResponseChunk(self.response_of(response))]

    def response_of(self, response: ChatResponse) -> ChatResponse:
        """What a response, whole or partial, means. Opaque blocks, and what is signed of others, stay as received."""
        content = tuple(map(self._called, response.content))
        content = _with_texts(content, TextBlock, Restorer(self._originals), self._said)
        content = _with_texts(content, ReasoningBlock, Restorer(self._originals), _thought)
        return msgspec.structs.replace(response, content=content)

    def _held(self) -> list[ChatStreamChunk]:
        reasoning, text = self._reasoning.flush(), self._text.flush()
        held: list[ChatStreamChunk] = [ReasoningChunk(reasoning)] if reasoning else []
        return [*held, OutputTextChunk(text)] if text else held

    def _called(self, block: Block) -> Block:
        if not isinstance(block, ChatFunctionRequest):
            return block
        restored = self._originals.restored
        raw_arguments = None if block.raw_arguments is None else restored(block.raw_arguments)
        args = replaced_in_value(block.function_args, restored)
        return msgspec.structs.replace(block, function_args=args, raw_arguments=raw_arguments)

    def _said(self, block: TextBlock, text: str) -> TextBlock:
        raw = block.raw and replaced_under(WORDS_IN_RAW, block.raw, self._originals.restored)
        return msgspec.structs.replace(block, text=text, raw=raw)


def _thought(block: ReasoningBlock, text: str) -> ReasoningBlock:
    return msgspec.structs.replace(block, text=text)


def _with_texts(
    content: tuple[Block, ...], kind: type[_Block], restorer: Restorer, with_text: Callable[[_Block, str], _Block]
) -> tuple[Block, ...]:
    """The content with the texts of one kind restored as the stream restores them: as one text, wherever it is cut."""
    last = max((at for at, block in enumerate(content) if isinstance(block, kind)), default=-1)
    changed: list[Block] = []
    for at, block in enumerate(content):
        if isinstance(block, kind):
            text = restorer.feed(block.text) + (restorer.flush() if at == last else "")
            changed.append(with_text(block, text))
        else:
            changed.append(block)
    return tuple(changed)
