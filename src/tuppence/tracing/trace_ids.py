"""The ids of traces: those of turns and runs, which are random already, so that every process knows them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

_wanted: ContextVar[int | None] = ContextVar("wanted", default=None)


class TraceIds(RandomIdGenerator):
    """Random ids, but for traces that begin within `trace_id_of`."""

    def generate_trace_id(self) -> int:
        return _wanted.get() or super().generate_trace_id()


@contextmanager
def trace_id_of(id_: str | None) -> Iterator[None]:
    """Within the block a new trace has the id `id_`, if that is 128 bits in hexadecimal; otherwise a random one."""
    wanted = int(id_, 16) if id_ is not None and re.fullmatch(r"[0-9a-fA-F]{32}", id_) else None
    outside = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(outside)
