"""The opened providers of one process: each address with each key once, closed when nobody wants them any more."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING
from weakref import WeakSet

import msgspec

from tuppence.assistant.provider_choice import NobodyToAsk, chosen, of_environment
from tuppence.llm.concept import ChatRequest
from tuppence.llm.provider import Preset, Provider
from tuppence.llm.registry import NoAddress, UnknownProvider
from tuppence.llm.retry import Retry
from tuppence.llm.roster import Configured, NothingFits
from tuppence.llm.stream import Attempt, AttemptEnd, ChatStream
from tuppence.llm.wire import Limits, OnRequest

if TYPE_CHECKING:
    from tuppence.settings import Settings


class Identity(msgspec.Struct, frozen=True):
    """What makes two settings of a provider the same connection."""

    name: str
    address: str
    api_key: str

    def __repr__(self) -> str:
        return f"Identity({self.name!r}, {self.address!r})"


def identity_of(configured: Configured) -> Identity:
    preset = configured.preset
    return Identity(preset.name, configured.base_url or preset.base_url, configured.api_key)


class OpenProviders:
    """Opens providers by the limits of the settings, for `async with`. Nothing is connected before it is asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[Identity, LentProvider] = {}
        self._dismissed: WeakSet[LentProvider] = WeakSet()
        self._wanted: dict[int, frozenset[Identity]] = {}
        self._recorder: OnRequest | None = None

    def recorded_by(self, recorder: OnRequest) -> None:
        """From now on `recorder` is told of every request before it is sent."""
        self._recorder = recorder

    async def prepare(self) -> None:
        """Import the SDK of whoever the environment names first, so that this goes on beside everything else.

        Does nothing when it names nobody: what a household saved is not looked at.
        """
        try:
            first = chosen(self._settings, of_environment(self._settings))[0]
            provider = self.opened(first.configured)
        except (NobodyToAsk, NothingFits, NoAddress, UnknownProvider):
            return  # whoever asks is told, if it still matters then
        await provider.prepare()

    def opened(self, configured: Configured) -> Provider:
        """The provider, the same one each time. Raises NoAddress."""
        identity = identity_of(configured)
        if (provider := self._opened.get(identity)) is None:
            provider = self._opened[identity] = self.new(configured)
        return provider

    def new(self, configured: Configured) -> LentProvider:
        """A provider of its own, which whoever asked for it closes. Raises NoAddress."""
        preset = configured.preset
        if not (configured.base_url or preset.base_url):
            raise NoAddress(
                f"{preset.title} has no address of its own. Enter yours in the settings of the web app, or set "
                f"{preset.address_variable}."
            )
        return LentProvider(
            preset,
            api_key=configured.api_key,
            base_url=configured.base_url,
            limits=msgspec.structs.replace(preset.limits, **self._settings.limits()),
            retry=Retry(attempts=self._settings.attempts),
            on_request=self._record,
        )

    async def keep(self, household: int, wanted: Iterable[Configured]) -> None:
        """From now on the household uses these. Whoever is used by none any more is closed as soon as it is idle."""
        identities = frozenset(map(identity_of, wanted))
        if self._wanted.get(household) == identities:
            return
        before = self._wanted.get(household, frozenset())
        self._wanted[household] = identities
        still_wanted = frozenset[Identity]().union(*self._wanted.values())
        for identity in before - still_wanted:
            if (provider := self._opened.pop(identity, None)) is not None:
                self._dismissed.add(provider)
                await provider.dismiss()

    async def _record(self, host: str, body: bytes) -> None:
        if self._recorder is not None and (told := self._recorder(host, body)) is not None:
            await told

    async def aclose(self) -> None:
        """Close every connection."""
        opened, self._opened = [*self._opened.values(), *self._dismissed], {}
        for provider in opened:
            await provider.aclose()

    async def __aenter__(self) -> OpenProviders:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


class LentProvider(Provider):
    """A provider that knows whether it is in use.

    Once dismissed it closes its connections whenever it is not: whoever still has it may go on with it, also between
    two rounds of a turn, and nothing stays open behind them.
    """

    def __init__(
        self,
        preset: Preset,
        *,
        api_key: str,
        base_url: str | None,
        limits: Limits,
        retry: Retry,
        on_request: OnRequest,
    ) -> None:
        super().__init__(preset, api_key=api_key, base_url=base_url, limits=limits, retry=retry, on_request=on_request)
        self._uses: set[object] = set()
        self._dismissed = False

    def began(self, use: object) -> None:
        """A request is under way."""
        self._uses.add(use)

    async def ended(self, use: object) -> None:
        """It has ended. May be told twice."""
        self._uses.discard(use)
        await self._close_if_idle()

    async def dismiss(self) -> None:
        """Close the connections as soon as nothing is under way, and again after every later use."""
        self._dismissed = True
        if self._client is not None:
            await self._opened_client()  # whoever waits for it goes first, and has begun by then
        await self._close_if_idle()

    async def models(self) -> list[str]:
        """The models that the provider lists, for this key. Raises LLMError."""
        use = object()
        self.began(use)
        try:
            return await super().models()
        finally:
            await self.ended(use)

    async def _close_if_idle(self) -> None:
        if self._dismissed and not self._uses:
            await self.aclose()

    def _stream(self, request: ChatRequest, *, streaming: bool) -> ChatStream:
        return super()._stream(request, streaming=streaming).watched_by(_Use(self))


class _Use:
    """The AttemptWatcher that says of one stream whether a request of it is under way."""

    def __init__(self, provider: LentProvider) -> None:
        self._provider = provider

    async def begins(self, attempt: Attempt) -> None:
        self._provider.began(self)

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
        await self._provider.ended(self)
