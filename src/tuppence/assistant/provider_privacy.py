"""Which providers are shown stand-ins, and which the household's own values."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from tuppence.assistant.provider_choice import of_environment
from tuppence.assistant.provider_settings import SavedProvider, saved_providers
from tuppence.ledger.household import Ledger
from tuppence.llm import PRESETS, Preset
from tuppence.privacy import PrivacySettings, ProviderPrivacy, is_hosted, privacy_settings
from tuppence.settings import Settings


class ShownTo(msgspec.Struct, frozen=True):
    """A registered provider, and what it is shown."""

    preset: Preset
    host: str | None
    """Where it is asked; None: it has no address yet."""
    is_set_up: bool
    """Whether the household or the environment set it up."""
    said: ProviderPrivacy | None
    """What the household said; None: nothing."""

    @property
    def privacy(self) -> ProviderPrivacy:
        """What holds."""
        return self.said or self.usual

    @property
    def usual(self) -> ProviderPrivacy:
        """What holds where nobody said anything."""
        return ProviderPrivacy(on=self.is_hosted)

    @property
    def is_hosted(self) -> bool:
        """Whether what it is told is told to somebody else."""
        return is_hosted(self.preset.name, self.host)


async def shown_to_providers(ledger: Ledger, settings: Settings) -> list[ShownTo]:
    """Every registered provider, those that are set up first. Raises StoreUnusable."""
    saved, said = await saved_providers(ledger), await privacy_settings(ledger)
    return shown_to(settings, saved, said)


def shown_to(settings: Settings, saved: Sequence[SavedProvider], said: PrivacySettings) -> list[ShownTo]:
    """The same, of what is known already."""
    by_name = {one.name: one for one in saved}
    environment = of_environment(settings).configured
    found = [
        ShownTo(
            preset=preset,
            host=_host(settings, preset, by_name.get(name)),
            is_set_up=name in by_name or name in environment,
            said=said.providers.get(name),
        )
        for name, preset in PRESETS.items()
    ]
    return sorted(found, key=lambda one: not one.is_set_up)


def _host(settings: Settings, preset: Preset, saved: SavedProvider | None) -> str | None:
    entered = None if saved is None else saved.base_url
    address = entered or settings.addresses.get(preset.address_variable) or preset.base_url
    return urlsplit(address).netloc.rpartition("@")[2] or None
