"""Passwords: which will do, and how they are kept and compared."""

import unicodedata

import anyio
from anyio import to_thread
from argon2 import Parameters, PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from tuppence.ledger.names import name_key

SHORTEST = 10
LONGEST = 1000
_FEWEST_DIFFERENT = 5
_FEWEST_BESIDES_THE_NAME = 4


class PasswordUnfit(ValueError):
    """The password will not do; the message says why and what would."""


def check_password(password: str, name: str) -> None:
    """Raise PasswordUnfit unless `password` will do for the user called `name`. Lengths are in characters."""
    if len(password) < SHORTEST:
        raise PasswordUnfit(
            f"The password needs at least {SHORTEST} characters. Several words in a row are a good one."
        )
    if len(password) > LONGEST:
        raise PasswordUnfit(f"The password may have at most {LONGEST} characters. Choose a shorter one.")
    if len(set(password)) < _FEWEST_DIFFERENT:
        raise PasswordUnfit("The password repeats too few different characters. Several words in a row are a good one.")
    key, password_key = name_key(name), name_key(password)
    if key and key in password_key and len(password_key.replace(key, "")) < _FEWEST_BESIDES_THE_NAME:
        raise PasswordUnfit("The password is little more than your name. Choose something that nobody knows of you.")


class Passwords:
    """Hashes passwords by argon2id and compares them, in threads, a few at once: each takes 64 MiB for a moment."""

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY, at_once: int = 2) -> None:
        """parameters: argon2's own; hashes made with others are still understood, and are outdated."""
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._turns = anyio.CapacityLimiter(at_once)
        self._decoy: str | None = None

    async def hashed(self, password: str) -> str:
        """What is stored of a password: argon2's own encoding, salt and parameters included."""
        return await to_thread.run_sync(self._hasher.hash, _as_bytes(password), limiter=self._turns)

    async def fits(self, password: str, stored: str | None) -> bool:
        """Whether `stored` was made of `password`.

        stored: None when there is no such user or no password; the answer is no, and takes as long as any other.
        """
        if self._decoy is None:
            self._decoy = await self.hashed("nobody's")
        compared = self._decoy if stored is None else stored
        same = await to_thread.run_sync(self._verify, compared, _as_bytes(password[:LONGEST]), limiter=self._turns)
        return same and stored is not None and len(password) <= LONGEST

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than today's, so that it should be made anew when it can be."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False


def _as_bytes(password: str) -> bytes:
    """The same bytes from every keyboard: accents and widths can be typed in more than one way."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
