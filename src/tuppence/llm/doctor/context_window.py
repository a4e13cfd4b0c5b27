"""The probe of the context window: how long a conversation may really be, and what happens to a longer one."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from tuppence.llm.abilities import Abilities
from tuppence.llm.doctor.findings import Probed, failed, ok, skipped, warning
from tuppence.llm.doctor.patient import Patient
from tuppence.llm.errors import ContextTooLong, LLMError, RequestRejected

CHECK = "context window"
SMALLEST = 2048
WORD = "copperkettle"
QUESTION = "What was the word at the beginning? Reply with that word alone."
_SENTENCE = "The river runs past the mill and the road goes over the hill to the old town. "
_ANSWER_TOKENS = 512
_BYTES_PER_TOKEN = 4.5  # of plain English prose, until the model has said how many tokens it counted

Outcome: TypeAlias = Literal["recalled", "rejected", "forgotten"]


class Try(msgspec.Struct, frozen=True):
    """A conversation of one size, and what became of it."""

    tokens: int
    """Of the context window that it takes, with the answer."""
    outcome: Outcome


class ContextWindow:
    """Sizes doubling, then one between the largest that fits and the smallest that does not."""

    def __init__(self, largest: int) -> None:
        """largest: tokens up to which it is probed; 0: not at all."""
        self._largest = largest
        self._bytes_per_token = _BYTES_PER_TOKEN

    async def probe(self, patient: Patient) -> Probed:
        """The finding, and the window when a limit was met."""
        if self._largest < SMALLEST:
            return Probed((skipped(CHECK, "Not probed: it takes long conversations, which take time and tokens."),))
        fits: Try | None = None
        size = SMALLEST
        while size <= self._largest:
            try:
                tried = await self._tried(patient, size)
            except LLMError as error:
                if fits is None:
                    raise
                return _untried(fits, size, error)
            if tried.outcome != "recalled":
                return judged(await self._refined(patient, fits, tried), tried)
            fits, size = tried, size * 2
        assert fits is not None
        return Probed((ok(CHECK, f"At least {fits.tokens:,} tokens; more were not tried."),))

    async def _refined(self, patient: Patient, fits: Try | None, misses: Try) -> Try | None:
        """The larger one of what fits and of the middle, if that fits."""
        middle = ((fits.tokens if fits else 0) + misses.tokens) // 2
        try:
            tried = await self._tried(patient, middle)
        except LLMError:  # what fits is known, only less exactly
            return fits
        return tried if tried.outcome == "recalled" else fits

    async def _tried(self, patient: Patient, tokens: int) -> Try:
        prompt = prompt_of(int((tokens - _ANSWER_TOKENS) * self._bytes_per_token))
        try:
            heard = await patient.hear(prompt, most_tokens=_ANSWER_TOKENS)
        except ContextTooLong:
            return Try(tokens, "rejected")
        except RequestRejected:
            if tokens <= SMALLEST:
                raise
            return Try(tokens, "rejected")  # smaller ones were taken, so its size is what is wrong with it
        said = heard.response.output_text + heard.response.reasoning_text
        if WORD not in said.lower():
            return Try(tokens, "forgotten")
        counted = heard.response.usage.input_tokens
        if counted:
            self._bytes_per_token = len(prompt) / counted
            tokens = counted + _ANSWER_TOKENS
        return Try(tokens, "recalled")


def prompt_of(size: int) -> str:
    """A conversation of about `size` bytes with a word at its beginning that is asked for at its end."""
    beginning = f"The word is {WORD}. Remember it. "
    filling = max(0, size - len(beginning) - len(QUESTION)) // len(_SENTENCE)
    return f"{beginning}{_SENTENCE * filling}\n\n{QUESTION}"


def _untried(fits: Try, tokens: int, error: LLMError) -> Probed:
    found = f"At least {fits.tokens:,} tokens; {tokens:,} could not be tried. {error}"
    return Probed((warning(CHECK, found, "Run the doctor again; if it stays so, keep chats shorter than that."),))


def judged(fits: Try | None, misses: Try) -> Probed:
    """The finding of a limit that was met. fits: the largest that was taken whole; None: not even the smallest."""
    if fits is None and misses.outcome == "forgotten":
        found = "It did not recall the word at the beginning of a short conversation, so this cannot be measured."
        return Probed((warning(CHECK, found, "Expect that it forgets. Choose a more able model."),))
    enlarge = "Enlarge it at the server (Ollama: OLLAMA_CONTEXT_LENGTH, llama.cpp: --ctx-size, vLLM: --max-model-len)."
    if fits is None:
        found = f"Not even {misses.tokens // 2:,} tokens are taken."
        return Probed((failed(CHECK, found, enlarge),))
    if misses.outcome == "rejected":
        found = f"About {fits.tokens:,} tokens; {misses.tokens:,} were refused."
    else:
        found = f"About {fits.tokens:,} tokens; of {misses.tokens:,} the beginning was dropped in silence."
    advice = f"Older talk is left out of long chats. {enlarge}"
    return Probed((warning(CHECK, found, advice),), Abilities(context_window=fits.tokens))
