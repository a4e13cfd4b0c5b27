"""Who sees what of a household: its stand-ins for providers with whom privacy is on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tuppence.ledger.household import Ledger
from tuppence.privacy.ledger_values import Facts, facts_of, payee_names
from tuppence.privacy.pseudonyms import Pseudonyms
from tuppence.privacy.secret import made_secret


class HouseholdPrivacy:
    """One household's, as it was when it was first asked. To be made for a turn, or for a run in the background."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._facts: Facts | None = None
        self._pseudonyms: dict[bool, Pseudonyms] = {}
        """By whether payees are hidden, too."""
        self._asking = asyncio.Lock()

    async def pseudonyms(self, provider: str, host: str | None = None) -> Pseudonyms | None:
        """By whose stand-ins the provider of this registered name is asked; None: it is told what there is.

        host: where it is asked (`Provider.host`), by which a server without a key is known to be at home; None: not
        known, and then it is taken to be. Raises StoreUnusable, StoreBusy.
        """
        async with self._asking:
            facts = await self._known_facts()
            wanted = facts.settings.of(provider, host)
            if not wanted.on:
                return None
            if wanted.payees not in self._pseudonyms:
                self._pseudonyms[wanted.payees] = await _pseudonyms(self._ledger, facts, payees=wanted.payees)
            return self._pseudonyms[wanted.payees]

    async def hides_payees(self, provider: str, host: str | None = None) -> bool:
        """Whether payees are hidden from the provider, as above: then it must not be told of merchants by name."""
        async with self._asking:
            wanted = (await self._known_facts()).settings.of(provider, host)
            return wanted.on and wanted.payees

    async def _known_facts(self) -> Facts:
        if self._facts is None:
            self._facts = await facts_of(self._ledger)
        return self._facts


async def pseudonyms_of(ledger: Ledger, *, payees: bool) -> Pseudonyms:
    """The household's stand-ins as they are now. Raises StoreUnusable, StoreBusy."""
    return await _pseudonyms(ledger, await facts_of(ledger), payees=payees)


async def _pseudonyms(ledger: Ledger, facts: Facts, *, payees: bool) -> Pseudonyms:
    secret = facts.secret or await made_secret(ledger)
    if not payees:
        return Pseudonyms(secret, facts.values)
    values = replace(facts.values, payees=await payee_names(ledger))
    return await asyncio.to_thread(Pseudonyms, secret, values)  # thousands of names take a while
