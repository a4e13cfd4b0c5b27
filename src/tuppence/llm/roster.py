"""Who answers: the configured providers, the model that is asked when nobody chose one, and who steps in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from tuppence.llm.provider import Preset


class NothingFits(LookupError):
    """No configured provider can be asked for this; the message lists what is available."""


class Configured(msgspec.Struct, frozen=True):
    """A provider that a person has set up."""

    preset: Preset
    api_key: str = ""
    base_url: str | None = None
    """None: the preset's own address."""
    model: str | None = None
    """The model that is asked of it when nobody chose one; None: the preset's default."""

    @property
    def default_model(self) -> str | None:
        """What is asked of it when nobody chose a model; None when one has to be named."""
        return self.model or self.preset.default_model


def configured_presets(
    presets: Iterable[Preset], keys: Mapping[str, str], addresses: Mapping[str, str], named: Collection[str] = ()
) -> list[Configured]:
    """The presets that can be asked, in their order: those with a key, and of those that need none the ones that were
    named or addressed.

    keys, addresses: by their environment variables. named: names of providers that somebody asked for.
    """
    found = []
    for preset in presets:
        key, address = keys.get(preset.key_variable, ""), addresses.get(preset.address_variable)
        wanted = bool(key) if preset.needs_key else bool(key or address or preset.name in named)
        if wanted:
            found.append(Configured(preset, key, address))
    return found


class Choice(msgspec.Struct, frozen=True):
    """Whom to ask, and for which model."""

    configured: Configured
    model: str


class Roster:
    """The configured providers in the order in which they are preferred."""

    def __init__(self, configured: Sequence[Configured], fallback: Sequence[str] = ()) -> None:
        """fallback: names of providers that step in, in this order, when the chosen one cannot answer.

        Raises NothingFits when one of them is not configured.
        """
        self._configured = list(configured)
        self._fallback = [self._named(name) for name in fallback]

    def choose(self, provider: str | None = None, model: str | None = None) -> list[Choice]:
        """Whom to ask: the first is the one that is meant, the others step in as long as nothing has been shown.

        provider: a registered name; None: the first configured one that has the model, as far as names tell.
        model: None: that provider's default. A model that was named is asked of its own provider only; those that step
        in use their defaults.
        Raises NothingFits.
        """
        chosen = self._chosen(provider, model)
        rest = [one for one in self._fallback if one.preset.name != chosen.configured.preset.name]
        return [chosen, *(Choice(one, one.default_model) for one in rest if one.default_model)]

    def _chosen(self, provider: str | None, model: str | None) -> Choice:
        candidates = [self._named(provider)] if provider else self._configured
        if not candidates:
            raise NothingFits("No provider is set up. " + self._available())
        for one in candidates:
            found = model or one.default_model
            if found and (len(candidates) == 1 or one.preset.supports_model(found)):
                return Choice(one, found)
        if model:
            raise NothingFits(f"None of the configured providers offers the model {model!r}. {self._available()}")
        raise NothingFits(f"Say which model {candidates[0].preset.title} is to be asked for. {self._available()}")

    def _named(self, name: str) -> Configured:
        for one in self._configured:
            if one.preset.name == name:
                return one
        raise NothingFits(f"The provider {name!r} is not set up. {self._available()}")

    def _available(self) -> str:
        if not self._configured:
            return "Set a provider's key, such as ANTHROPIC_API_KEY or OPENAI_API_KEY, or a model server's address."
        listed = (f"{one.preset.name} ({one.default_model or 'name a model'})" for one in self._configured)
        return f"Available: {', '.join(listed)}."
