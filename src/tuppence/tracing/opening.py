"""Tracing as the settings say it: opened once per process, and left after everything that is traced."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tuppence.tracing.backends import Backend, TracingUnusable, backends
from tuppence.tracing.tracing import SILENT, Tracing

if TYPE_CHECKING:
    from tuppence.settings import Settings
    from tuppence.tracing.provider import Sending

_LAST = 2.0  # seconds granted at the end to spans that are still on their way
_INSTALLED_WITH_IT = ("opentelemetry", "google")

_log = logging.getLogger(__name__)


@asynccontextmanager
async def opened_tracing(settings: Settings) -> AsyncIterator[Tracing]:
    """Tracing to the backends that are set up; `SILENT` when there are none.

    What hinders it is logged as one sentence and never raised. Leaving waits up to 2 seconds for spans that are still
    on their way, and not at all where there are none.
    """
    sending = await asyncio.to_thread(_opened, settings) if settings.tracing else None
    if sending is None:
        yield SILENT
        return
    try:
        yield sending.tracing
    finally:
        await asyncio.to_thread(sending.close, _LAST)


def _sending_to(settings: Settings, found: list[Backend]) -> Sending:
    """Tracing to `found`. Raises TracingUnusable when what it needs is not installed or has wrong settings."""
    require_packages()
    from tuppence.tracing.provider import Sending

    try:
        return Sending(settings, found)
    except ValueError as error:  # OpenTelemetry reads variables of its own
        raise TracingUnusable(
            "A variable that begins with OTEL_ has a value that cannot be used. Correct it."
        ) from error


def require_packages() -> None:
    """Import what tracing needs besides Tuppence. Raises TracingUnusable when it is not installed."""
    try:
        import opentelemetry.exporter.otlp.proto.common.trace_encoder
        import opentelemetry.sdk.trace  # noqa: F401
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _INSTALLED_WITH_IT:
            raise
        raise TracingUnusable(
            'What sends traces is not installed. Install it: pip install "tuppence[langfuse]".'
        ) from error


def _opened(settings: Settings) -> Sending | None:
    try:
        found = backends(settings)
        return _sending_to(settings, found) if found else None
    except TracingUnusable as error:
        _log.warning("There will be no traces. %s", error)
        return None
