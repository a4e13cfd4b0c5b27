"""What a household entered about its providers, put over what the environment says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tuppence.assistant.provider_choice import Available, missing, of_environment, wanted_parts
from tuppence.assistant.provider_settings import SavedProvider, saved_with_keys
from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import setting
from tuppence.llm import PRESETS, Preset
from tuppence.llm.roster import Configured

if TYPE_CHECKING:
    from tuppence.access.secrets import KeyFile
    from tuppence.settings import Settings

USUAL_MODEL = "model"
"""The household's setting that says who is asked when nobody is named: "provider/model"."""

Obstacle: TypeAlias = str
"""Why a provider cannot be asked: a sentence that says what to do."""


class Entered(msgspec.Struct, frozen=True):
    """What a household entered about a provider, with its key."""

    saved: SavedProvider
    key: str | None
    """None: there is none, or it cannot be read any more."""


class HouseholdProviders(msgspec.Struct, frozen=True):
    """The providers of a household at one moment."""

    available: Available
    saved: Mapping[str, SavedProvider]
    """What it entered, by name."""
    doubtful: Mapping[str, str]
    """By name, the addresses that have to be checked before anything is sent there."""


async def household_providers(
    ledger: Ledger, settings: Settings, keyfile: Callable[[], KeyFile], even: str | None = None
) -> HouseholdProviders:
    """The providers of a household as they are now. Raises KeyFileUnusable, StoreUnusable.

    keyfile: called, in a thread, only when there are saved keys. even: the name of one that counts although it is
    switched off.
    """
    rows = await saved_with_keys(ledger)
    usual = await setting(ledger, USUAL_MODEL, str, "") or None
    encrypted = [key for _, key in rows if key is not None]
    keys = await asyncio.to_thread(_decrypted, encrypted, keyfile) if encrypted else {}
    entered = {
        saved.name: Entered(
            msgspec.structs.replace(saved, enabled=saved.enabled or saved.name == even), keys.get(key) if key else None
        )
        for saved, key in rows
    }
    return HouseholdProviders(
        available=available(settings, entered, usual),
        saved={saved.name: saved for saved, _ in rows},
        doubtful=_doubtful(settings, {saved.name: saved for saved, _ in rows}),
    )


def available(settings: Settings, entered: Mapping[str, Entered], usual: str | None) -> Available:
    """Whom the household can ask. What it entered goes before what the environment says."""
    environment = of_environment(settings).configured
    configured: dict[str, Configured] = {}
    obstacles: dict[str, Obstacle] = {}
    for name, preset in PRESETS.items():
        standing = _standing(settings, preset, entered[name]) if name in entered else environment.get(name)
        if isinstance(standing, Configured):
            configured[name] = _with_usual_model(standing, usual)
        elif standing is not None:
            obstacles[name] = standing
    return Available(configured, obstacles, usual)


def _standing(settings: Settings, preset: Preset, entered: Entered) -> Configured | Obstacle:
    """A provider as the household entered it.

    The environment fills in what was left out, but for one thing: its key is never sent to an address that a person
    entered.
    """
    saved, key = entered.saved, entered.key
    if not saved.enabled:
        return f"{preset.title} is switched off in the settings of the web app."
    if saved.has_key and key is None:
        return (
            f"The saved key of {preset.title} cannot be read any more: the file secret.key is not the one it was "
            "encrypted by. Put that back from a backup, or enter the key again in the settings of the web app."
        )
    if saved.base_url is None and key is None and preset.key_variable in settings.keys:
        key = settings.keys[preset.key_variable].get_secret_value()
    if preset.needs_key and not key:
        return (
            missing(preset)
            if saved.base_url is None
            else (
                f"There is no key for {preset.title} at the address that was entered. Enter one in the settings of the "
                "web app."
            )
        )
    address = saved.base_url or settings.addresses.get(preset.address_variable)
    return Configured(preset, key or "", address, saved.model)


def _with_usual_model(configured: Configured, usual: str | None) -> Configured:
    """The provider with the model that the household usually asks of it, where it has said no other."""
    provider, model = wanted_parts(usual or "")
    if provider != configured.preset.name or configured.model is not None:
        return configured
    return msgspec.structs.replace(configured, model=model)


def _doubtful(settings: Settings, saved: Mapping[str, SavedProvider]) -> dict[str, str]:
    """The addresses that people entered, and those on one's own machine of servers that they switched on."""
    addresses = {}
    for name, preset in PRESETS.items():
        if (one := saved.get(name)) is None:
            continue
        if one.base_url is not None:
            addresses[name] = one.base_url
        elif not preset.needs_key and preset.address_variable not in settings.addresses:
            addresses[name] = preset.base_url
    return addresses


def _decrypted(keys: list[str], keyfile: Callable[[], KeyFile]) -> dict[str, str]:
    """The keys by what they are encrypted as; those that cannot be read any more are left out."""
    from tuppence.access.secrets import KeyLost  # cryptography: not for households that keep no keys

    opened, found = keyfile(), {}
    for key in keys:
        try:
            found[key] = opened.decrypt(key)
        except KeyLost:
            continue
    return found
