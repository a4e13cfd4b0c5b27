"""To which providers a household shows stand-ins, and to which its own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import set_setting, setting
from tuppence.llm import PRESETS
from tuppence.privacy.household_values import SHORTEST_NAME

SETTING = "privacy"
MOST_NAMES, LONGEST_NAME = 200, 100
_NAMES_AT_HOME = ("localhost", "local", "lan", "home", "home.arpa", "internal", "intranet", "private")


class ProviderPrivacy(msgspec.Struct, frozen=True):
    """What one provider is shown."""

    on: bool
    """Whether it gets stand-ins."""
    payees: bool = False
    """Whether for payees as well; means nothing while it is not on."""


class PrivacySettings(msgspec.Struct, frozen=True):
    """What a household said of its providers."""

    providers: Mapping[str, ProviderPrivacy] = {}
    """By registered name, where somebody said so."""
    names: Sequence[str] = ()
    """Of people, beside those of the household's members."""

    def of(self, provider: str, host: str | None = None) -> ProviderPrivacy:
        """What holds for the provider of this registered name.

        host: where it is asked, as `Provider.host` says it; None when that is not known. Where nobody said anything,
        privacy is on, but for servers that need no key and are asked at home: nothing leaves for those.
        """
        said = self.providers.get(provider)
        return said or ProviderPrivacy(on=is_hosted(provider, host))


def is_hosted(provider: str, host: str | None = None) -> bool:
    """Whether what this provider is told is told to somebody else. host: as above."""
    preset = PRESETS.get(provider)
    return preset is None or preset.needs_key or not (host is None or is_at_home(host))


def is_at_home(host: str) -> bool:
    """Whether a host, with its port or without, is in a private network or this machine, as far as its name tells."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return not ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith(tuple(f".{ending}" for ending in _NAMES_AT_HOME))


def checked_names(names: Iterable[str]) -> list[str]:
    """The names as they are kept: each once, without empty ones. Raises ValueError for what is no name."""
    checked = list(dict.fromkeys(" ".join(name.split()) for name in names if name.split()))
    if len(checked) > MOST_NAMES:
        raise ValueError(f"There can be at most {MOST_NAMES} names.")
    for name in checked:
        if not (SHORTEST_NAME <= len(name) <= LONGEST_NAME and name.isprintable()):
            raise ValueError(
                f"A name has from {SHORTEST_NAME} to {LONGEST_NAME} characters that can be seen: “{name[:40]}” has not."
            )
    return checked


def settings_in(text: str | None) -> PrivacySettings:
    """What the household said, as it is kept; None, or what cannot be read, means that it said nothing."""
    try:
        return PrivacySettings() if text is None else msgspec.json.decode(text, type=PrivacySettings)
    except msgspec.DecodeError:
        return PrivacySettings()


async def privacy_settings(ledger: Ledger) -> PrivacySettings:
    """What the household said; what holds where it never did. Raises StoreUnusable."""
    return await setting(ledger, SETTING, PrivacySettings, PrivacySettings())


async def set_privacy_settings(ledger: Ledger, wanted: PrivacySettings) -> None:
    """From now on this holds, for whatever is begun from now on.

    Raises ValueError for a provider that is not registered and for names that cannot be found, StoreUnusable.
    """
    if unknown := [name for name in wanted.providers if name not in PRESETS]:
        raise ValueError(f"There is no provider “{unknown[0][:100]}”. Choose one of: {', '.join(PRESETS)}.")
    checked_names(wanted.names)
    await set_setting(ledger, SETTING, wanted)
