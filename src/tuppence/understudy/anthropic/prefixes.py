"""Which part of a request was seen before. Source: Anthropic's guide, "Prompt caching".

A request is a chain of pieces: tools, system, messages, in this order. A breakpoint caches everything up to and
including its piece; a later request reads the longest cached chain that it begins with, byte for byte. Entries do not
expire here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuppence.understudy.anthropic.rules import merged
from tuppence.understudy.reply import Usage, compact_json
from tuppence.understudy.speech import tokens_in

_LOOKBACK = 20


@dataclass(frozen=True, slots=True)
class _Link:
    """One piece in the chain: what identifies the chain up to here, and its tokens up to here."""

    digest: bytes
    tokens: int
    is_breakpoint: bool


class PrefixCache:
    """The chains that were cached so far, by model."""

    def __init__(self, cached_from: int) -> None:
        self._cached_from = cached_from
        self._known: set[bytes] = set()

    def usage_of(self, body: Mapping[str, Any]) -> Usage:
        """The input's tokens by kind, and remember what this request caches."""
        chain = list(_chain(body))
        total = chain[-1].tokens if chain else 0
        breakpoints = [at for at, link in enumerate(chain) if link.is_breakpoint]
        written = max((chain[at].tokens for at in breakpoints), default=0)
        if written < self._cached_from:
            written = 0
        read = max(
            (chain[at].tokens for at in self._reachable(breakpoints) if chain[at].digest in self._known), default=0
        )
        if written:
            self._known.update(chain[at].digest for at in breakpoints if chain[at].tokens >= self._cached_from)
        return Usage(
            fresh_input_tokens=total - max(written, read),
            cache_read_tokens=read,
            cache_write_tokens=max(0, written - read),
        )

    def _reachable(self, breakpoints: list[int]) -> set[int]:
        return {at for end in breakpoints for at in range(max(0, end - _LOOKBACK + 1), end + 1)}


def tokens_of(body: Mapping[str, Any]) -> int:
    """All tokens of the request's input."""
    return max((link.tokens for link in _chain(body)), default=0)


def _chain(body: Mapping[str, Any]) -> Iterator[_Link]:
    digest = hashlib.sha256(str(body.get("model")).encode())
    tokens = 0
    pieces = list(_pieces(body))
    marked_last = bool(body.get("cache_control"))
    for number, (text, is_breakpoint) in enumerate(pieces, start=1):
        digest.update(text.encode(errors="surrogatepass") + b"\0")
        tokens += tokens_in(text)
        yield _Link(digest.digest(), tokens, is_breakpoint or (marked_last and number == len(pieces)))


def _pieces(body: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    for tool in body.get("tools") or ():
        yield _piece(tool)
    system = body.get("system")
    for block in [{"type": "text", "text": system}] if isinstance(system, str) else system or ():
        yield _piece(block)
    # Another choice of tools or another way of thinking is another chain, from the messages on.
    manner = compact_json([body.get("tool_choice"), body.get("thinking")])
    for role, blocks in merged(body["messages"]):
        for block in blocks:
            text, is_breakpoint = _piece(block)
            yield (f"{manner}\0{role}\0{text}" if manner else text), is_breakpoint
            manner = ""


def _piece(block: Mapping[str, Any]) -> tuple[str, bool]:
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    return compact_json(bare), bool(block.get("cache_control"))
