"""Who is asked: by what was wanted, what the household chose, what the environment says. Pure, and light to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from tuppence.llm.provider import Preset
from tuppence.llm.registry import PRESETS, preset_named
from tuppence.llm.roster import Choice, Configured, Roster, configured_presets

if TYPE_CHECKING:
    from tuppence.settings import Settings


class NobodyToAsk(LookupError):
    """There is nobody who could be asked, or not the one who was wanted. The message says why and what to do."""


class Available(msgspec.Struct, frozen=True):
    """The providers that can be asked, and why others cannot."""

    configured: Mapping[str, Configured]
    """By name, in the order in which they are preferred."""
    obstacles: Mapping[str, str] = {}
    """Why a provider that somebody has dealt with in the settings cannot be asked, by its name: a sentence."""
    usual: str | None = None
    """Who is asked when nobody is named, as the household chose: "provider/model"."""


def wanted_name(provider: str, model: str) -> str:
    """A provider and a model as one text: "provider/model"; the model may have slashes of its own."""
    return f"{provider}/{model}"


def wanted_parts(wanted: str) -> tuple[str | None, str | None]:
    """The provider and the model in "provider/model", each None where nothing is said of it."""
    provider, _, model = wanted.partition("/")
    return provider.strip() or None, model.strip() or None


def of_environment(settings: Settings) -> Available:
    """Whom the environment names."""
    named = [*([settings.provider] if settings.provider else []), *settings.fallbacks()]
    keys = {variable: key.get_secret_value() for variable, key in settings.keys.items()}
    found = configured_presets(PRESETS.values(), keys, settings.addresses, named)
    return Available({one.preset.name: one for one in found})


def chosen(settings: Settings, available: Available, wanted: str | None = None) -> list[Choice]:
    """Whom to ask: the first is the one that is meant, the others step in, as `Roster.choose` tells.

    wanted: "provider/model", of which each may be missing; None: the usual one. Raises NobodyToAsk, NothingFits when
    nobody has the model, UnknownProvider.
    """
    provider, model = wanted_parts(wanted) if wanted else _usual(settings, available)
    fallbacks = [name for name in settings.fallbacks() if name not in available.obstacles]
    named = [*([provider] if provider else []), *fallbacks]
    if not available.configured and not named:
        raise NobodyToAsk(next(iter(available.obstacles.values()), _NO_KEY))
    for preset in map(preset_named, named):
        if preset.name not in available.configured:
            raise NobodyToAsk(available.obstacles.get(preset.name) or missing(preset))
    return Roster(list(available.configured.values()), fallbacks).choose(provider, model)


def _usual(settings: Settings, available: Available) -> tuple[str | None, str | None]:
    """The provider and the model that are asked when nobody is wanted in particular.

    What the household chose holds as long as it can be asked. Somebody whom the environment names is passed over only
    when the household itself dealt with that provider: otherwise its questions would go where nobody sent them.
    """
    if not settings.insist:
        if available.usual is not None and wanted_parts(available.usual)[0] in available.configured:
            return wanted_parts(available.usual)
        if settings.provider in available.obstacles and available.configured:
            return None, None
    return settings.provider, settings.model


_NO_KEY = (
    "There is no key for any provider. Enter one in the settings of the web app, or set ANTHROPIC_API_KEY or "
    "OPENAI_API_KEY in the environment or in the data folder's .env file."
)


def missing(preset: Preset) -> str:
    """What to say when a provider is wanted that nobody has set up."""
    if preset.needs_key:
        return (
            f"There is no key for {preset.title}. Enter one in the settings of the web app, or set "
            f"{preset.key_variable} in the environment or in the data folder's .env file."
        )
    return (
        f"{preset.title} is not set up. Switch it on in the settings of the web app, or set {preset.address_variable} "
        "in the environment or in the data folder's .env file."
    )
