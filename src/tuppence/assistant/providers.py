"""The providers as a household has them: what it saved, and otherwise what the environment says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from tuppence.access.addresses import AddressRefused, checked_address
from tuppence.assistant.abilities import abilities_of, keep_diagnosis
from tuppence.assistant.household_providers import USUAL_MODEL, HouseholdProviders, household_providers
from tuppence.assistant.model_lists import ModelLists, conversational
from tuppence.assistant.open_providers import OpenProviders
from tuppence.assistant.provider_choice import Available, NobodyToAsk, chosen, missing, of_environment, wanted_name
from tuppence.assistant.provider_settings import SavedProvider, private_allowed
from tuppence.egress import EgressLog, asking_for
from tuppence.enrichment.run_work import NobodyAnswers
from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import set_setting
from tuppence.llm import PRESETS, ChatRequest, ChatStream, Preset, Provider, UnknownProvider
from tuppence.llm.answerer import Answerer
from tuppence.llm.doctor import Diagnosis, Doctor, Finding
from tuppence.llm.doctor.patient import MOST_TOKENS, Watch
from tuppence.llm.registry import NoAddress, preset_named
from tuppence.llm.roster import Choice, Configured, NothingFits
from tuppence.tracing import SILENT, Tracing
from tuppence.usage import Purpose, UsageLog, admission, metered

if TYPE_CHECKING:
    from tuppence.access.secrets import KeyFile
    from tuppence.settings import Settings

__all__ = ["NobodyToAsk", "NothingFits", "Offered", "ProviderState", "Providers"]

_LONGEST_PROBE = 4_000  # tokens: no probe but that of the context window is longer
_UNASKABLE = (NobodyToAsk, NothingFits, UnknownProvider, NoAddress, AddressRefused)


class Offered(msgspec.Struct, frozen=True):
    """A model that can be chosen."""

    provider: str
    """The registered name."""
    title: str
    """The provider's name as people know it."""
    model: str
    is_default: bool
    """Whether it is asked when nobody chooses."""

    @property
    def wanted(self) -> str:
        """What to want in order to ask it: "provider/model"."""
        return wanted_name(self.provider, self.model)


class ProviderState(msgspec.Struct, frozen=True):
    """A registered provider as a household has it."""

    preset: Preset
    saved: SavedProvider | None
    """What the household entered; None: nothing."""
    in_environment: bool
    """Whether the environment sets it up."""
    obstacle: str | None
    """Why it cannot be asked although somebody has dealt with it: a sentence."""
    can_be_asked: bool


class Providers:
    """Whom the households of one process can ask. For `async with`, or call `aclose` at the end."""

    def __init__(
        self,
        settings: Settings,
        opened: OpenProviders | None = None,
        keyfile: KeyFile | None = None,
        *,
        egress: EgressLog | None = None,
        tracing: Tracing = SILENT,
    ) -> None:
        """opened: those that are open already; they are closed with this. None: none.

        keyfile: decrypts saved keys; None: that of the data folder, read when it is first wanted. egress: where every
        request is put on record before it leaves; None: nowhere, for those who ask nobody.
        """
        self._settings = settings
        self._opened = opened or OpenProviders(settings)
        self._keyfile = keyfile
        self._lists = ModelLists()
        self._tracing = tracing
        if egress is not None:
            self._opened.recorded_by(egress.on_request)

    # ------------------------------------------------------------------------------------------------- who is asked

    async def answerers(self, ledger: Ledger, wanted: str | None = None) -> list[Answerer]:
        """Who answers, and after them those that step in, each with what the doctor found out about them.

        wanted: "provider/model", of which each may be missing; None: the usual one. Raises NobodyToAsk, NothingFits,
        UnknownProvider, NoAddress, AddressRefused, KeyFileUnusable, StoreUnusable.
        """
        household = await self._household(ledger)
        first, *others = chosen(self._settings, household.available, wanted)
        asked = [(await self._open(household, first.configured), first.model)]
        for other in others:
            with suppress(AddressRefused):  # somebody who cannot be asked cannot step in
                asked.append((await self._open(household, other.configured), other.model))
        return [Answerer(who, model, await abilities_of(ledger.store, who, model)) for who, model in asked]

    async def answerer(self, ledger: Ledger, wanted: str | None = None) -> Answerer:
        """Who answers in the background, where nobody steps in. Raises NobodyAnswers, StoreUnusable."""
        try:
            return (await self.answerers(ledger, wanted))[0]
        except _UNASKABLE as error:
            raise NobodyAnswers(str(error)) from error

    async def choice(self, ledger: Ledger, wanted: str | None = None) -> Choice:
        """Whom `answerers` would give first. Raises NobodyToAsk, NothingFits, UnknownProvider, KeyFileUnusable."""
        return chosen(self._settings, (await self._household(ledger)).available, wanted)[0]

    async def choose(self, ledger: Ledger, wanted: str | None) -> None:
        """From now on `wanted` ("provider/model") is asked when nobody is named; None: whoever comes first.

        Raises what `choice` raises when it cannot be asked.
        """
        if wanted is None:
            await set_setting(ledger, USUAL_MODEL, None)
            return
        choice = await self.choice(ledger, wanted)
        await set_setting(ledger, USUAL_MODEL, wanted_name(choice.configured.preset.name, choice.model))

    async def choices(self, ledger: Ledger) -> list[Offered]:
        """The models that can be chosen: of each provider its usual one, then those that it lists.

        Waits for no provider: lists that are not known yet are fetched in the background and are here the next time.
        Raises KeyFileUnusable, StoreUnusable.
        """
        household = await self._household(ledger)
        usual = self._usual(household.available)
        with asking_for(ledger.household):
            return [
                Offered(
                    configured.preset.name, configured.preset.title, model, (configured.preset.name, model) == usual
                )
                for configured in household.available.configured.values()
                for model in self._models(household, configured, usual)
            ]

    async def states(self, ledger: Ledger) -> list[ProviderState]:
        """Every registered provider as the household has it. Raises KeyFileUnusable, StoreUnusable."""
        household = await self._household(ledger)
        available, environment = household.available, of_environment(self._settings).configured
        return [
            ProviderState(
                preset=preset,
                saved=household.saved.get(name),
                in_environment=name in environment,
                obstacle=available.obstacles.get(name),
                can_be_asked=name in available.configured,
            )
            for name, preset in PRESETS.items()
        ]

    # ---------------------------------------------------------------------------------------------------- the doctor

    async def test(
        self,
        ledger: Ledger,
        name: str,
        usage: UsageLog,
        *,
        model: str | None = None,
        largest_window: int = 0,
        told: Callable[[Finding], None] = lambda finding: None,
    ) -> Diagnosis:
        """What the doctor finds of a provider, also of one that is switched off; kept when everything was asked.

        model: None: its usual one, or the first that it lists. largest_window: as the `Doctor` takes it; 0 keeps what
        was found earlier. told: gets each finding when it is made. Every request is on record as "doctor", over
        connections of their own. Raises NobodyToAsk, NothingFits, LLMError when there is no model to ask for, and what
        `answerers` raises about addresses and files; NotAdmitted when a limit is reached.
        """
        preset = preset_named(name)
        household = await household_providers(ledger, self._settings, self._opened_keyfile, even=name)
        configured = household.available.configured.get(name)
        if configured is None:
            raise NobodyToAsk(household.available.obstacles.get(name) or missing(preset))
        await self._check(household, preset)
        async with self._opened.new(configured) as provider:
            with asking_for(ledger.household):
                asked = model or configured.default_model or await _first_model(provider, preset)
                watch = await self._watch(ledger, usage, provider, asked, largest_window)
                diagnosis = await Doctor(provider, asked, largest_window=largest_window, watch=watch).diagnosis(told)
            if diagnosis.complete:
                if not largest_window:
                    known = await abilities_of(ledger.store, provider, asked)
                    abilities = msgspec.structs.replace(diagnosis.abilities, context_window=known.context_window)
                    diagnosis = msgspec.structs.replace(diagnosis, abilities=abilities)
                await keep_diagnosis(ledger.store, diagnosis)
            return diagnosis

    # --------------------------------------------------------------------------------------------------------- ending

    async def settled(self) -> None:
        """Return when nothing is being fetched in the background."""
        await self._lists.settled()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._lists.aclose()
        await self._opened.aclose()

    async def __aenter__(self) -> Providers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    # -------------------------------------------------------------------------------------------------------- within

    async def _household(self, ledger: Ledger) -> HouseholdProviders:
        """The household's providers as they are now; connections that it no longer wants are closed."""
        household = await household_providers(ledger, self._settings, self._opened_keyfile)
        await self._opened.keep(ledger.household, household.available.configured.values())
        return household

    async def _open(self, household: HouseholdProviders, configured: Configured) -> Provider:
        """The provider, once its address was looked at again. Raises AddressRefused, NoAddress."""
        await self._check(household, configured.preset)
        return self._opened.opened(configured)

    async def _check(self, household: HouseholdProviders, preset: Preset) -> None:
        """Look at the address again: where its name leads may have changed since. Raises AddressRefused."""
        if (address := household.doubtful.get(preset.name)) is not None:
            await checked_address(address, private_allowed(self._settings, preset))

    async def _watch(
        self, ledger: Ledger, usage: UsageLog, provider: Provider, model: str, largest_window: int
    ) -> Watch:
        """Puts the doctor's requests on record, within the household's limits. Raises LimitReached."""
        purpose, longest = Purpose("doctor", ledger.household), max(largest_window, _LONGEST_PROBE)
        admitted = await admission(
            usage, ledger, purpose, provider.name, model, input_tokens=longest, max_output_tokens=MOST_TOKENS
        )

        def watch(stream: ChatStream, request: ChatRequest) -> ChatStream:
            generation = self._tracing.generation(request, server=provider.host)
            return metered(
                stream,
                usage,
                purpose,
                lambda row: generation.ended(row, stream.partial),
                gate=admitted.gate,
                reservation=admitted.reservation,
            )

        return watch

    def _usual(self, available: Available) -> tuple[str, str] | None:
        """The provider and the model that are asked when nobody is named; None: somebody has to be named."""
        try:
            first = chosen(self._settings, available)[0]
        except (NobodyToAsk, NothingFits, UnknownProvider):
            return None
        return first.configured.preset.name, first.model

    def _models(
        self, household: HouseholdProviders, configured: Configured, usual: tuple[str, str] | None
    ) -> Iterable[str]:
        """The models to choose from, each once, the usual ones first."""
        own = [usual[1]] if usual and usual[0] == configured.preset.name else []
        if configured.default_model is not None:
            own.append(configured.default_model)
        return dict.fromkeys([*own, *self._lists.known(configured, partial(self._open, household))])

    def _opened_keyfile(self) -> KeyFile:
        from tuppence.access.secrets import KeyFile  # cryptography: not for households that keep no keys

        if self._keyfile is None:
            self._keyfile = KeyFile.open(self._settings.home)
        return self._keyfile


async def _first_model(provider: Provider, preset: Preset) -> str:
    """Of those that the provider lists. Raises NothingFits when there is none, LLMError."""
    listed = conversational(await provider.models(), preset)
    if not listed:
        raise NothingFits(f"{preset.title} lists no model to ask. Load one there, or name one in the settings.")
    return listed[0]
