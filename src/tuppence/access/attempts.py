"""How often somebody may try: passwords by name and by address, links and API keys by address.

Counted in memory, by one process: a restart forgives.
"""

import hashlib
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from tuppence.ledger.names import name_key


class TooManyAttempts(Exception):
    """Somebody tried too often; the message says when they may try again."""

    def __init__(self, seconds: int) -> None:
        """seconds: until the next attempt is heard, at least 1."""
        wait = f"{seconds} seconds" if seconds < 120 else f"{ceil(seconds / 60)} minutes"
        super().__init__(f"Too many attempts. Try again in {wait}.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """How many failures are borne in a window of time, which begins with the first of them."""

    pair: int = 10
    """Of one name from one address, in 15 minutes."""
    address: int = 40
    """Of all names from one address, in 15 minutes."""
    name: int = 60
    """Of one name from all addresses, in an hour. Higher, as by this limit anybody can keep its owner out."""
    guesses: int = 60
    """Of unknown links and API keys from one address, in 15 minutes."""


USUAL_LIMITS = AttemptLimits()


class Attempts:
    """Counts attempts. Which names exist makes no difference to it. An IPv6 address counts as its /64 network."""

    def __init__(self, limits: AttemptLimits = USUAL_LIMITS) -> None:
        self._pair = RateLimitItemPerMinute(limits.pair, 15, "pair")
        self._address = RateLimitItemPerMinute(limits.address, 15, "address")
        self._name = RateLimitItemPerMinute(limits.name, 60, "name")
        self._guesses = RateLimitItemPerMinute(limits.guesses, 15, "guesses")
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)

    async def count_sign_in(self, name: str, address: str) -> None:
        """Count an attempt to sign in, before the password is looked at. Raises TooManyAttempts."""
        for limit, key in self._sign_in_keys(name, address):
            if not await self._limiter.hit(limit, key):
                raise await self._refusal(limit, key)

    async def forgive_sign_in(self, name: str, address: str) -> None:
        """Take the last attempt back, as it succeeded; and those before it of the same name from the same address."""
        for limit, key in self._sign_in_keys(name, address):
            if limit is self._pair:
                await self._limiter.clear(limit, key)
            else:
                await self._storage.decr(limit.key_for(key))

    async def check_guesses(self, address: str) -> None:
        """Raise TooManyAttempts when too many unknown links and API keys came from the address of late."""
        key = _key(_network(address))
        if not await self._limiter.test(self._guesses, key):
            raise await self._refusal(self._guesses, key)

    async def count_guess(self, address: str) -> None:
        """Count a link or an API key that there is not."""
        await self._limiter.hit(self._guesses, _key(_network(address)))

    def _sign_in_keys(self, name: str, address: str) -> tuple[tuple[RateLimitItem, str], ...]:
        called, network = name_key(name), _network(address)
        return (
            (self._address, _key(network)),  # first: so that one address cannot fill the memory with names
            (self._pair, _key(network, called)),
            (self._name, _key(called)),
        )

    async def _refusal(self, limit: RateLimitItem, key: str) -> TooManyAttempts:
        reset_at, _ = await self._limiter.get_window_stats(limit, key)
        return TooManyAttempts(max(1, ceil(reset_at - time.time())))


def _network(address: str) -> str:
    """What an address counts as: whoever has one IPv6 address has the other 2^64 of its network as well."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, 64), strict=False))


def _key(*parts: str) -> str:
    """Of one length, whatever is tried, and without anything personal."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
