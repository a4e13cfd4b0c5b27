"""The model that the doctor probes: asked one small thing at a time, with a clock in hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TypeAlias

import msgspec

from tuppence.llm.abilities import Abilities
from tuppence.llm.concept import (
    ChatRequest,
    ChatResponse,
    FunctionDefinition,
    Message,
    ResponseChunk,
    ToolChoice,
    UserMessage,
)
from tuppence.llm.provider import Provider
from tuppence.llm.stream import Attempt, AttemptEnd, ChatStream

Watch: TypeAlias = Callable[[ChatStream, ChatRequest], ChatStream]
"""Puts watchers on the stream of a request before it is read."""

MOST_TOKENS = 1024
"""Of an answer. None of them needs a tenth of it, but for models that think first."""


class Patience(msgspec.Struct, frozen=True):
    """How long a person likes to wait."""

    first_words: float = 10.0
    """Seconds to the first words; after ten people have turned to something else."""
    tokens_per_second: float = 4.0
    """Words that come slower than this are read faster than they come."""


class Heard(msgspec.Struct, frozen=True):
    """An answer and when it came. All times are seconds since the request was sent."""

    response: ChatResponse
    moments: tuple[float, ...]
    """When each piece of text or reasoning came; empty for an answer that was asked plainly."""
    seconds: float
    first_byte: float | None


class Patient:
    """The model at its provider. What is found out on the way is applied to what is asked later."""

    def __init__(self, provider: Provider, model: str, watch: Watch, patience: Patience) -> None:
        self.provider, self.model, self.patience = provider, model, patience
        self.abilities = Abilities()
        self.answers: list[ChatResponse] = []
        """All that it answered, as it came."""
        self.reached = False
        """Whether there was any sign of a server."""
        self.answers_plainly = False
        """Whether a plain request was answered in words."""
        self._watch = watch

    async def hear(
        self,
        *transcript: Message | str,
        functions: Sequence[FunctionDefinition] = (),
        tool_choice: ToolChoice = "auto",
        most_tokens: int = MOST_TOKENS,
        knowing: Abilities | None = None,
        plainly: bool = False,
    ) -> Heard:
        """The answer to a conversation; a text is a user's message.

        knowing: the abilities by which it is asked; None: those found so far. Raises LLMError.
        """
        abilities = self.abilities if knowing is None else knowing
        messages = [UserMessage(one) if isinstance(one, str) else one for one in transcript]
        request = ChatRequest(
            self.model, messages, functions=functions, tool_choice=tool_choice, max_output_tokens=most_tokens
        )
        asked = abilities.applied_to(request).request
        stream = self.provider.plain_chat_response(asked) if plainly else abilities.stream_from(self.provider, asked)
        return await self._heard(self._watch(stream, asked), abilities)

    async def _heard(self, stream: ChatStream, abilities: Abilities) -> Heard:
        clock, moments = _Clock(), []
        response: ChatResponse | None = None
        async with stream.watched_by(clock):
            async for chunk in stream:
                if isinstance(chunk, ResponseChunk):
                    response = chunk.data
                else:
                    moments.append(monotonic() - clock.began)
        assert response is not None and clock.end is not None, "a stream ends with its response or raises"
        self.answers.append(response)
        meant = abilities.reader().response_of(response)
        return Heard(meant, tuple(moments), clock.end.seconds, clock.end.seconds_to_first_byte)


class _Clock:
    """Watches the attempts of one answer; the last one counts."""

    def __init__(self) -> None:
        self.began = monotonic()
        self.end: AttemptEnd | None = None

    async def begins(self, attempt: Attempt) -> None:
        self.began = monotonic()

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
        self.end = end
