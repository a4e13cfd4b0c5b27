"""Which models providers say they have: asked behind everybody's back, and kept for a while."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from tuppence.access.addresses import AddressRefused
from tuppence.assistant.open_providers import Identity, identity_of
from tuppence.llm import LLMError, Preset, Provider
from tuppence.llm.registry import NoAddress
from tuppence.llm.roster import Configured

_WITHIN = 5.0  # seconds granted to a provider for its list; a local server that sleeps is asked again
_LASTING = 600.0  # seconds for which a list is good
_AGAIN = 60.0  # seconds after which one that could not be had is asked for again

_NOT_FOR_TALKING = re.compile(
    r"embed|moderation|whisper|transcri|dall-e|rerank|realtime"
    r"|(^|[^a-z])(tts|speech|audio|image|imagen|video|sora|veo|guard|bge|minilm|davinci|babbage|aqa)([^a-z]|$)",
    re.IGNORECASE,
)
"""Names of models that make or measure something else than conversation."""

Open = Callable[[Configured], Awaitable[Provider]]


class _List(msgspec.Struct, frozen=True):
    models: tuple[str, ...]
    good_until: float
    """By the event loop's clock."""


class ModelLists:
    """The lists of a process's providers."""

    def __init__(self) -> None:
        self._lists: dict[Identity, _List] = {}
        self._asking: dict[Identity, asyncio.Task[None]] = {}

    def known(self, configured: Configured, open_: Open) -> Sequence[str]:
        """The models as far as they are known now, for conversation only, by name; empty when nothing is known.

        Where that is old or missing, the provider is asked in the background. open_: opens it. Waits for nobody.
        """
        identity = identity_of(configured)
        kept = self._lists.get(identity, _List((), 0.0))
        if identity not in self._asking and kept.good_until <= asyncio.get_running_loop().time():
            task = asyncio.create_task(self._ask(identity, configured, open_))
            self._asking[identity] = task
            task.add_done_callback(lambda _: self._asking.pop(identity))
        return kept.models

    async def settled(self) -> None:
        """Return when every list that was being asked for has come, or failed to."""
        if self._asking:
            await asyncio.wait(list(self._asking.values()))

    async def aclose(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()
        await self.settled()

    async def _ask(self, identity: Identity, configured: Configured, open_: Open) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(_WITHIN):
                models = await (await open_(configured)).models()
        except (LLMError, TimeoutError, AddressRefused, NoAddress):  # told to whoever asks it a question
            earlier = self._lists.get(identity, _List((), 0.0)).models
            self._lists[identity] = _List(earlier, clock() + _AGAIN)
        else:
            self._lists[identity] = _List(tuple(conversational(models, configured.preset)), clock() + _LASTING)


def conversational(models: Sequence[str], preset: Preset) -> list[str]:
    """Those of a provider's models that one can talk to, as far as their names tell, by name and each once."""
    fit = {model for model in models if preset.supports_model(model) and not _NOT_FOR_TALKING.search(model)}
    return sorted(fit, key=str.casefold)
