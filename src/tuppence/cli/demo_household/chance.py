"""Chance that is the same for everybody: numbers drawn from what they are for, and from nothing else."""

from hashlib import blake2b


def drawn(low: int, high: int, *what_for: object) -> int:
    """A whole number from `low` to `high`, both included, always the same for the same `what_for`."""
    digest = blake2b(repr(what_for).encode(), digest_size=8).digest()
    return low + int.from_bytes(digest) % (high - low + 1)


def happens(permille: int, *what_for: object) -> bool:
    """True for `permille` in a thousand of all `what_for`."""
    return drawn(1, 1000, *what_for) <= permille
