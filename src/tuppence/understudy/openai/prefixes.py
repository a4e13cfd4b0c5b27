"""Which part of a request was seen before. Source: OpenAI's guide, "Prompt caching".

Caching is automatic: the longest prefix of the input that an earlier request to the same model began with is read from
the cache, counted in steps of 128 tokens from 1024 on. Writing is not reported apart. Entries do not expire here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from tuppence.understudy.reply import Usage
from tuppence.understudy.speech import tokens_in

_STEP = 128
_BYTES_PER_TOKEN = 4


class PrefixCache:
    """The prefixes seen so far, by model."""

    def __init__(self, cached_from: int) -> None:
        self._cached_from = cached_from
        self._step = max(1, min(_STEP, cached_from))
        self._known: set[bytes] = set()

    def usage_of(self, model: str, pieces: Sequence[str]) -> Usage:
        """The input's tokens by kind, and remember its prefixes."""
        text = "".join(pieces)
        digests = list(self._digests(model, text.encode(errors="surrogatepass")))
        seen = next((at for at, digest in enumerate(digests) if digest not in self._known), len(digests))
        self._known.update(digests)
        read = seen * self._step
        read = read if read >= self._cached_from else 0
        return Usage(fresh_input_tokens=tokens_in(text) - read, cache_read_tokens=read, cache_write_tokens=0)

    def _digests(self, model: str, text: bytes) -> Iterator[bytes]:
        """One for the text up to every full step."""
        size = self._step * _BYTES_PER_TOKEN
        digest = hashlib.sha256(model.encode(errors="surrogatepass"))
        for end in range(size, len(text) + 1, size):
            digest.update(text[end - size : end])
            yield digest.digest()
