"""Where traces go, by the settings. Pure.

Variables of OpenTelemetry: "OpenTelemetry Protocol Exporter" of its specification. Langfuse takes the same protocol:
"OpenTelemetry" in its documentation, from which the path and the headers are.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

if TYPE_CHECKING:
    from tuppence.settings import Settings

_LANGFUSE = "https://cloud.langfuse.com"
_PATH = "/api/public/otel/v1/traces"
_WAYS = ("http/protobuf", "")


class TracingUnusable(Exception):
    """Tracing is set up, but not so that it can work; the message names the variable and says what to do."""


class Backend(msgspec.Struct, frozen=True):
    """Somebody who takes traces."""

    title: str
    """As people know it."""
    url: str
    """Where the spans are posted to."""
    headers: Mapping[str, str]
    """Sent along, keys among them."""
    keys: str
    """The variables that hold the keys, for people."""
    address: str
    """The variable that holds the address, for people."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Backend({self.title!r}, {self.host!r})"


def backends(settings: Settings) -> list[Backend]:
    """Everybody who is set up to take traces; empty when nobody is. Raises TracingUnusable."""
    said = {name: value.get_secret_value().strip() for name, value in settings.tracing.items()}
    if said.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return []
    return [backend for backend in (_langfuse(said), _otlp(said)) if backend is not None]


def environment_name(settings: Settings) -> str | None:
    """What Langfuse groups traces by, such as "production"; None: nothing was said."""
    name = settings.tracing.get("LANGFUSE_TRACING_ENVIRONMENT")
    return name.get_secret_value() if name else None


def _langfuse(said: Mapping[str, str]) -> Backend | None:
    keys = ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
    missing = [name for name in keys if name not in said]
    if len(missing) == len(keys) or said.get("LANGFUSE_TRACING_ENABLED", "").lower() == "false":
        return None
    if missing:
        raise TracingUnusable(
            f"{missing[0]} is missing. Langfuse needs both of {' and '.join(keys)}: set the other, too."
        )
    variable = "LANGFUSE_HOST" if "LANGFUSE_HOST" in said and "LANGFUSE_BASE_URL" not in said else "LANGFUSE_BASE_URL"
    credentials = base64.b64encode(":".join(said[name] for name in keys).encode()).decode()
    return Backend(
        title="Langfuse",
        url=_address(variable, said.get(variable, _LANGFUSE)).rstrip("/") + _PATH,
        headers={"authorization": f"Basic {credentials}", "x-langfuse-ingestion-version": "4"},
        keys=" and ".join(keys),
        address=variable,
    )


def _otlp(said: Mapping[str, str]) -> Backend | None:
    """What the standard variables name; those for traces go before those for everything."""
    whole, base = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    if (whole not in said and base not in said) or said.get("OTEL_TRACES_EXPORTER", "otlp").lower() == "none":
        return None
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if said.get(variable, "") not in _WAYS:
            raise TracingUnusable(f"{variable} cannot be used: traces leave as http/protobuf only. Set it to that.")
    url = _address(whole, said[whole]) if whole in said else _address(base, said[base]).rstrip("/") + "/v1/traces"
    variable = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
    if variable not in said:
        variable = "OTEL_EXPORTER_OTLP_HEADERS"
    return Backend(
        title="OpenTelemetry",
        url=url,
        headers=_headers(variable, said.get(variable, "")),
        keys=variable,
        address=whole if whole in said else base,
    )


def _address(variable: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TracingUnusable(f"{variable} is no address. Set it to one such as http://127.0.0.1:4318.")
    return value


def _headers(variable: str, value: str) -> Mapping[str, str]:
    """ "name=value,other=value", as in W3C baggage: values may be percent-encoded."""
    headers = {}
    for one in filter(None, (part.strip() for part in value.split(","))):
        name, equals, said = one.partition("=")
        name, said = unquote(name).strip().lower(), unquote(said).strip()
        if not (equals and name and name.isascii() and said.isprintable() and said.isascii()):
            raise TracingUnusable(f"{variable} cannot be used. Set it to name=value, more of them after commas.")
        headers[name] = said
    return headers
