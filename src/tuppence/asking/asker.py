"""The asker: the one way in which requests of a household reach a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.asking.inquiry import Inquiry
from tuppence.ledger.household import Ledger
from tuppence.llm import ChatFunctionRequest, ChatRequest, ChatResponse, ResponseChunk
from tuppence.llm.answerer import Answerer
from tuppence.llm.context import most_input_tokens
from tuppence.privacy import ConcealedRequest, HouseholdPrivacy, Pseudonyms
from tuppence.tracing import SILENT, Tracing
from tuppence.usage import Gate, Purpose, UsageLog, UsageRow, admission


class Asker:
    """Asks for one household and one purpose: a turn, or a batch of a run. Made for it and dropped after it."""

    def __init__(
        self,
        ledger: Ledger,
        usage: UsageLog,
        purpose: Purpose,
        *,
        tracing: Tracing = SILENT,
        gate: Gate | None = None,
        privacy: HouseholdPrivacy | None = None,
    ) -> None:
        """gate: what each attempt has to pass besides the household's limits. privacy: one that has looked already."""
        self.purpose, self.tracing = purpose, tracing
        self._ledger, self._usage, self._gate = ledger, usage, gate
        self._privacy = privacy or HouseholdPrivacy(ledger)
        self._pseudonyms: Pseudonyms | None = None  # of whoever was asked last
        self._latest: Inquiry | None = None

    async def inquiry(
        self, answerer: Answerer, request: ChatRequest, *, streaming: bool = True, round_number: int | None = None
    ) -> Inquiry:
        """`request` made ready to be sent. Nothing is sent before its stream is iterated.

        round_number: of the turn; None outside turns. Raises ContextTooLong, LimitReached, StoreUnusable.
        """
        concealed = await self._concealed(answerer, request)
        fit = answerer.abilities.applied_to(request if concealed is None else concealed.request)
        purpose = msgspec.structs.replace(self.purpose, round=round_number)
        most_input = self._most_input(answerer, fit.request)
        admitted = await admission(
            self._usage,
            self._ledger,
            purpose,
            answerer.provider.name,
            answerer.model,
            input_tokens=most_input,
            max_output_tokens=fit.request.max_output_tokens,
        )
        longest = admitted.max_output_tokens or fit.request.max_output_tokens
        asked = msgspec.structs.replace(fit.request, max_output_tokens=longest)
        inquiry = self._latest = Inquiry(
            answerer,
            asked,
            log=self._usage,
            purpose=purpose,
            admission=admitted,
            gate=_both(admitted.gate, self._gate),
            generation=self.tracing.generation(asked, server=answerer.provider.host),
            restoring=None if concealed is None else concealed.reader(),
            streaming=streaming,
            turns_left_out=fit.turns_left_out,
        )
        return inquiry

    def _most_input(self, answerer: Answerer, request: ChatRequest) -> int:
        """Tokens that the request can be at most. Of what the model was asked just before it is known how many it was;
        what was added since is bounded."""
        most, before = most_input_tokens(request), self._latest
        if before is None or before.answerer != answerer or not before.rows:
            return most
        known = before.rows[-1].usage.input_tokens
        return most if known is None else min(most, known + max(most - most_input_tokens(before.request), 0))

    async def response(self, answerer: Answerer, request: ChatRequest) -> ChatResponse:
        """The whole answer to one plain request, as the household reads it. Raises LLMError, NotAdmitted."""
        inquiry = await self.inquiry(answerer, request, streaming=False)
        async with inquiry.stream as stream:
            async for streamed in stream:
                for chunk in inquiry.meant(streamed):
                    if isinstance(chunk, ResponseChunk):
                        return chunk.data
        raise AssertionError("a stream ends with its response or raises")

    @contextmanager
    def traced_function(self, request: ChatFunctionRequest) -> Iterator[Callable[[str, bool], None]]:
        """A span around a function that the model requested; gives what takes its output, and whether it could answer.

        What a span shows of the two has stand-ins where the model was shown stand-ins.
        """
        shown = self.tracing.shows_content
        with self.tracing.function(
            request.function_name, request.call_id, self._hidden(request.function_args) if shown else {}
        ) as traced:
            yield lambda output, ok: traced.returned(self._hidden({"": output})[""] if shown else "", ok)

    def _hidden(self, values: dict[str, Any]) -> dict[str, Any]:
        if self._pseudonyms is None:
            return values
        return self._pseudonyms.concealment([repr(values)]).arguments(values)

    async def _concealed(self, answerer: Answerer, request: ChatRequest) -> ConcealedRequest | None:
        """The request with stand-ins; None where the provider may read everything."""
        self._pseudonyms = await self._privacy.pseudonyms(answerer.provider.name, answerer.provider.host)
        if self._pseudonyms is None:
            return None
        # Of what functions found it takes some milliseconds the first time: others are not kept waiting for that.
        return await asyncio.to_thread(self._pseudonyms.concealed, request)


def _both(first: Gate | None, second: Gate | None) -> Gate | None:
    """A gate that passes what both of them pass."""
    if first is None or second is None:
        return first or second

    async def gate(connection: AsyncConnection, row: UsageRow) -> float | None:
        return await first(connection, row) or await second(connection, row)

    return gate
