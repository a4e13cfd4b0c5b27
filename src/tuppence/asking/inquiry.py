"""An inquiry: one request to a model as it leaves the household, and its answer as the household reads it."""

from __future__ import annotations

from functools import partial

from tuppence.llm import ChatRequest, ChatResponse, ChatStream, ChatStreamChunk
from tuppence.llm.abilities import estimated_usage
from tuppence.llm.answerer import Answerer
from tuppence.privacy import RestoringReader
from tuppence.tracing import Generation
from tuppence.usage import Admission, Gate, Purpose, UsageLog, UsageRow, metered


class Inquiry:
    """One request, which is iterated once.

    async with inquiry.stream as stream:
        async for streamed in stream:
            for chunk in inquiry.meant(streamed): ...
    """

    def __init__(
        self,
        answerer: Answerer,
        request: ChatRequest,
        *,
        log: UsageLog,
        purpose: Purpose,
        admission: Admission,
        gate: Gate | None,
        generation: Generation,
        restoring: RestoringReader | None,
        streaming: bool,
        turns_left_out: int,
    ) -> None:
        """request: as it leaves. gate: what each of its attempts has to pass. restoring: None where nothing was hidden.

        streaming: whether the answer is read while it comes, if the model can do that.
        """
        abilities, provider = answerer.abilities, answerer.provider
        self.answerer, self.request = answerer, request
        self.turns_left_out = turns_left_out
        """Oldest turns for which the model had no room."""
        self.rows: list[UsageRow] = []
        """The attempts so far, closed, with what they cost."""
        self._reader, self._restoring, self._generation = abilities.reader(), restoring, generation
        stream = abilities.stream_from(provider, request) if streaming else provider.plain_chat_response(request)
        self.stream: ChatStream = metered(
            stream,
            log,
            purpose,
            self._attempt_ended,
            estimate=partial(estimated_usage, request) if abilities.reports_usage is False else None,
            gate=gate,
            reservation=admission.reservation,
        )

    def meant(self, streamed: ChatStreamChunk) -> list[ChatStreamChunk]:
        """What a chunk of the stream means to the household: itself, nothing yet, or several chunks."""
        chunks = self._reader.chunks_of(streamed)
        if self._restoring is None:
            return chunks
        return [restored for chunk in chunks for restored in self._restoring.chunks_of(chunk)]

    @property
    def partial(self) -> ChatResponse | None:
        """The answer so far, as the household reads it; None before it has begun."""
        if self.stream.partial is None:
            return None
        response = self._reader.response_of(self.stream.partial)
        return response if self._restoring is None else self._restoring.response_of(response)

    def _attempt_ended(self, row: UsageRow) -> None:
        self.rows.append(row)
        self._generation.ended(row, self.stream.partial)
