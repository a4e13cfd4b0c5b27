"""What a household wants done in the background, by whom, and for how much."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import set_setting, setting
from tuppence.llm import PRESETS

Mode = Literal["file", "suggest"]
"""Whether what a source says is filed at once, or only suggested."""
AfterImport = Literal["nothing", "free", "model"]
"""What begins by itself after an import: nothing, what costs nothing, or a model as well."""

_NAME = "background"


class Pace(msgspec.Struct, frozen=True):
    """How fast one provider is asked in the background."""

    at_once: int
    """Requests that may be under way at the same time, in all processes together; at least 1."""
    per_minute: int | None = None
    """Requests that may be begun within a minute; None: as many as there are."""


_HOSTED, _LOCAL = Pace(at_once=4), Pace(at_once=1)


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a household wants done in the background."""

    rule: Mode = "file"
    memory: Mode = "file"
    classifier: Mode = "file"
    model: Mode = "file"
    after_import: AfterImport = "free"
    merchants_after_import: bool = False
    """Whether merchants are looked for after an import as well. Only a model finds new ones."""
    run_cap: Decimal | None = None
    """US dollars that one run may cost; None: no limit."""
    month_cap: Decimal | None = None
    """US dollars that all runs of a calendar month (UTC) may cost together; None: no limit."""
    paces: Mapping[str, Pace] = {}
    """By the provider's registered name, where it is not the usual one."""

    def pace(self, provider: str) -> Pace:
        """How fast the provider of this registered name is asked: four at once, on one's own machine one."""
        preset = PRESETS.get(provider)
        return self.paces.get(provider, _LOCAL if preset is not None and not preset.needs_key else _HOSTED)

    def mode(self, source: Literal["rule", "memory", "classifier", "model"]) -> Mode:
        """What happens to that which the source says."""
        found: Mode = getattr(self, source)
        return found


async def preferences(ledger: Ledger) -> Preferences:
    """What the household wants; the defaults where it never said. Raises StoreUnusable."""
    return await setting(ledger, _NAME, Preferences, Preferences())


async def set_preferences(ledger: Ledger, wanted: Preferences) -> None:
    """From now on this holds, also for runs that are under way.

    Raises ValueError for a cap that is not above zero or a pace below 1, StoreUnusable.
    """
    for cap in (wanted.run_cap, wanted.month_cap):
        if cap is not None and not (cap.is_finite() and cap > 0):
            raise ValueError("A limit in money has to be above zero. Leave it empty for none.")
    for pace in wanted.paces.values():
        if pace.at_once < 1 or (pace.per_minute is not None and pace.per_minute < 1):
            raise ValueError("At least one request at a time, and one a minute, has to be allowed.")
    await set_setting(ledger, _NAME, wanted)
