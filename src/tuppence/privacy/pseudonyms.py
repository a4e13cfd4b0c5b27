"""Pseudonyms of a household: requests go out with stand-ins for its values, answers come back with the values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tuppence.llm.concept import (
    AssistantMessage,
    Block,
    ChatFunctionRequest,
    ChatRequest,
    FunctionResult,
    Message,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)
from tuppence.privacy.answers import WORDS_IN_RAW, RestoringReader
from tuppence.privacy.concealment import Concealment
from tuppence.privacy.finder import Finder
from tuppence.privacy.household_values import HouseholdValues
from tuppence.privacy.json_strings import replaced_under
from tuppence.privacy.restorer import Originals
from tuppence.privacy.stand_ins import StandIns


class ConcealedRequest(msgspec.Struct, frozen=True):
    """A request as it may leave."""

    request: ChatRequest
    originals: Originals

    def reader(self) -> RestoringReader:
        """Reads one answer to it."""
        return RestoringReader(self.originals)


class Pseudonyms:
    """One household's. Remembers the texts it has seen, so it is best made for a turn and dropped after it."""

    def __init__(self, secret: bytes, values: HouseholdValues) -> None:
        """secret: at least 16 bytes, the household's own and always the same. Raises ValueError."""
        self._finder = Finder(values)
        self._stand_ins = StandIns(secret, self._finder.words)

    def concealed(self, request: ChatRequest) -> ConcealedRequest:
        """`request` with stand-ins in what the household, its people and its models said; the rest stays as it is.

        Instructions, definitions and names of functions, call ids and JSON keys are never changed, nor is the
        provider's own form of reasoning, which may be signed.
        """
        concealment = self.concealment(_texts_of(request))
        transcript = [_concealed(message, concealment) for message in request.transcript]
        return ConcealedRequest(msgspec.structs.replace(request, transcript=transcript), concealment.originals())

    def concealment(self, beside: Iterable[str]) -> Concealment:
        """The stand-ins for texts that go out together. beside: those texts, and whatever else goes with them."""
        return Concealment(self._stand_ins, self._finder, beside)


def _concealed(message: Message, concealment: Concealment) -> Message:
    match message:
        case UserMessage(text):
            return UserMessage(concealment.text(text))
        case FunctionResult(_, output):
            return msgspec.structs.replace(message, output=concealment.text(output))
        case AssistantMessage(content):
            blocks = tuple(_concealed_block(block, concealment) for block in content)
            return msgspec.structs.replace(message, content=blocks)


def _concealed_block(block: Block, concealment: Concealment) -> Block:
    match block:
        case TextBlock(text):
            raw = block.raw and replaced_under(WORDS_IN_RAW, block.raw, concealment.words)
            return msgspec.structs.replace(block, text=concealment.words(text), raw=raw)
        case ReasoningBlock(text):
            return msgspec.structs.replace(block, text=concealment.words(text))
        case ChatFunctionRequest():
            raw_arguments = block.raw_arguments and concealment.text(block.raw_arguments)
            args = concealment.arguments(block.function_args)
            return msgspec.structs.replace(block, function_args=args, raw_arguments=raw_arguments)
        case _:
            return block


# ------------------------------------------------------------------------------------------------ what goes together


def _texts_of(request: ChatRequest) -> Iterator[str]:
    """Every text of a request that is no model's opaque block: those hold stand-ins that are in use."""
    yield request.instructions or ""
    for function in request.functions:
        yield function.description
        yield msgspec.json.encode(function.parameters).decode()
    for message in request.transcript:
        yield from _texts_in(message)


def _texts_in(message: Message) -> Sequence[str]:
    match message:
        case UserMessage(text):
            return [text]
        case FunctionResult(_, output):
            return [output]
        case AssistantMessage(content):
            return [text for block in content for text in _texts_in_block(block)]


def _texts_in_block(block: Block) -> Sequence[str]:
    match block:
        case TextBlock(text) | ReasoningBlock(text):
            return [text]
        case ChatFunctionRequest():
            return [repr(block.function_args), block.raw_arguments or ""]
        case _:
            return []
