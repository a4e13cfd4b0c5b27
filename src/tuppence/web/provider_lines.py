"""What the settings say of each provider, and how what was entered there is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tuppence.access.secrets import KeyFileUnusable
from tuppence.assistant.provider_settings import SavedProvider, Unchanged, private_allowed, save_provider
from tuppence.assistant.providers import Offered, ProviderState
from tuppence.llm import PRESETS, Preset
from tuppence.settings import Settings
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem, missing
from tuppence.web.provider_tests import ProviderTest, ProviderTests
from tuppence.web.visitor import Visitor

Standing = Literal["ready", "environment", "off", "obstacle", "none"]
"""`ready`: entered here and can be asked; `environment`: set up there, nothing entered here; `none`: not set up."""

STANDINGS: dict[Standing, str] = {
    "ready": "set up",
    "environment": "by the environment",
    "off": "switched off",
    "obstacle": "cannot be asked",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider as the settings show it."""

    state: ProviderState
    address: str | None
    """Where it is asked when nobody enters an address; None: it has no address of its own."""
    variables: tuple[str, ...]
    """Of the environment, by which it is set up; empty when it is not."""
    models: tuple[str, ...]
    """That are known to be offered, the usual one first."""
    test: ProviderTest | None
    """The check that runs, or the last one."""

    @property
    def preset(self) -> Preset:
        """What is registered."""
        return self.state.preset

    @property
    def saved(self) -> SavedProvider | None:
        """What was entered; None: nothing."""
        return self.state.saved

    @property
    def standing(self) -> Standing:
        """Whether it is set up, and by whom."""
        if self.saved is not None and not self.saved.enabled:
            return "off"
        if self.state.obstacle is not None:
            return "obstacle"
        if self.saved is not None:
            return "ready"
        return "environment" if self.state.in_environment else "none"

    @property
    def standing_text(self) -> str:
        """The same in words; empty for one that nobody has set up."""
        return STANDINGS[self.standing]

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        if not self.preset.needs_key:
            return "A model server of your own; it needs no key."
        address = (self.saved.base_url if self.saved else None) or self.address
        if address is None:
            return "Needs a key, and the address of your own resource."
        return f"Needs a key. Questions go to {address.partition('://')[2].partition('/')[0]}."


@contextmanager
def key_file_needed() -> Iterator[None]:
    """Raises Problem where the block finds the key file unusable."""
    try:
        yield
    except KeyFileUnusable as error:
        raise Problem(503, "key_file_unusable", str(error)) from error


async def models_offered(visitor: Visitor, parts: Parts) -> list[Offered]:
    """The models that can be chosen. Raises Problem."""
    with key_file_needed():
        return await parts.providers.choices(visitor.ledger)


async def provider_lines(visitor: Visitor, parts: Parts, tests: ProviderTests) -> list[ProviderLine]:
    """Every registered provider, those that somebody has set up first. Raises Problem."""
    offered = await models_offered(visitor, parts)
    with key_file_needed():
        states = await parts.providers.states(visitor.ledger)
    lines = [
        ProviderLine(
            state=state,
            address=_usual_address(parts.settings, state.preset),
            variables=_variables(parts.settings, state),
            models=tuple(one.model for one in offered if one.provider == state.preset.name),
            test=tests.latest(visitor.ledger, state.preset.name),
        )
        for state in states
    ]
    return sorted(lines, key=lambda line: line.standing == "none")


async def provider_line(visitor: Visitor, parts: Parts, tests: ProviderTests, name: str) -> ProviderLine:
    """One of them. Raises Problem when none of that name is registered."""
    check_name(name)
    return next(line for line in await provider_lines(visitor, parts, tests) if line.preset.name == name)


def check_name(name: str) -> None:
    """Raise Problem unless a provider of that name is registered."""
    if name not in PRESETS:
        raise missing("provider")


async def keep_provider(
    visitor: Visitor,
    parts: Parts,
    tests: ProviderTests,
    name: str,
    *,
    key: str | Unchanged | None,
    base_url: str | None,
    model: str | None,
    enabled: bool,
) -> None:
    """Keep what was entered; checks of what there was before count no more. Raises KeyNeededAgain,
    UnusableKey, AddressRefused, Problem."""
    with key_file_needed():
        await save_provider(
            visitor.ledger,
            parts.keyfile,
            name,
            key=key,
            base_url=base_url,
            model=model,
            enabled=enabled,
            private_allowed=private_allowed(parts.settings, PRESETS[name]),
        )
    await tests.forget(visitor.ledger, name)


def usual_of(offered: list[Offered]) -> Offered | None:
    """The one that is asked when nobody chooses; None when somebody has to."""
    return next((one for one in offered if one.is_default), None)


def _variables(settings: Settings, state: ProviderState) -> tuple[str, ...]:
    if not state.in_environment:
        return ()
    preset = state.preset
    key = (preset.key_variable,) if preset.key_variable in settings.keys else ()
    address = (preset.address_variable,) if preset.address_variable in settings.addresses else ()
    return key + address or ("TUPPENCE_PROVIDER or TUPPENCE_FALLBACK",)


def _usual_address(settings: Settings, preset: Preset) -> str | None:
    """The environment's or its own, without a name, a password or a query, which may be secret."""
    scheme, _, rest = (settings.addresses.get(preset.address_variable) or preset.base_url).partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if rest else None
