"""When there is tracing, and what is said when it cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tuppence.settings import read_settings
from tuppence.tracing import SILENT, opened_tracing
from tuppence.tracing.backends import backends

from .collector import Collector
from .conftest import Set

pytestmark = pytest.mark.anyio

LANGFUSE = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}


def addresses(set_up: Set, **variables: str) -> list[tuple[str, str]]:
    return [(backend.title, backend.url) for backend in backends(set_up(**variables))]


def test_the_addresses_are_those_of_the_standard(set_up: Set) -> None:
    base, traces = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    assert addresses(set_up) == []
    assert addresses(set_up, **{base: "http://a:4318/x/"}) == [("OpenTelemetry", "http://a:4318/x/v1/traces")]
    assert addresses(set_up, **{traces: "https://b/y"}) == [("OpenTelemetry", "https://b/y")]
    assert addresses(set_up, OTEL_TRACES_EXPORTER="none") == []


def test_langfuse_is_found_by_either_of_its_names(set_up: Set) -> None:
    path = "/api/public/otel/v1/traces"
    assert addresses(set_up, **LANGFUSE) == [("Langfuse", f"https://cloud.langfuse.com{path}")]
    assert addresses(set_up, LANGFUSE_HOST="http://old:3000/") == [("Langfuse", f"http://old:3000{path}")]
    assert addresses(set_up, LANGFUSE_BASE_URL="http://new:3000") == [("Langfuse", f"http://new:3000{path}")]
    assert addresses(set_up, LANGFUSE_TRACING_ENABLED="False") == []


@pytest.mark.parametrize("variable", ["LANGFUSE_TRACING_ENABLED", "OTEL_SDK_DISABLED"])
def test_it_can_be_switched_off(set_up: Set, variable: str) -> None:
    value = "true" if variable == "OTEL_SDK_DISABLED" else "false"
    assert addresses(set_up, **LANGFUSE, **{variable: value}) == []


def test_the_keys_may_stand_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LANGFUSE_PUBLIC_KEY=pk\nLANGFUSE_SECRET_KEY=sk\nTUPPENCE_TRACE_CONTENT=true\n")
    settings = read_settings(tmp_path)
    assert [backend.title for backend in backends(settings)] == ["Langfuse"]
    assert settings.trace_content
    assert "sk" not in repr(settings.tracing)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"LANGFUSE_PUBLIC_KEY": "pk"}, "LANGFUSE_SECRET_KEY is missing."),
        ({"LANGFUSE_SECRET_KEY": "sk"}, "LANGFUSE_PUBLIC_KEY is missing."),
        ({**LANGFUSE, "LANGFUSE_HOST": "somewhere"}, "LANGFUSE_HOST is no address."),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "a:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no address."),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no address."),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL cannot be used",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_HEADERS": "Bearer secret"},
            "OTEL_EXPORTER_OTLP_HEADERS cannot be used.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many"},
            "A variable that begins with OTEL_ has a value",
        ),
    ],
)
async def test_what_cannot_work_is_told_and_answers_go_on(
    set_up: Set, caplog: pytest.LogCaptureFixture, variables: dict[str, str], told: str
) -> None:
    async with opened_tracing(set_up(**variables)) as tracing:
        assert tracing is SILENT
    (record,) = caplog.records
    assert record.getMessage().startswith(f"There will be no traces. {told}")
    assert "secret" not in record.getMessage()


async def test_packages_that_are_missing_are_told_and_answers_go_on(
    set_up: Set, collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    async with opened_tracing(set_up(**collector.environment)) as tracing:
        assert tracing is SILENT
    assert 'pip install "tuppence[langfuse]"' in caplog.text


async def test_without_variables_it_is_silent(set_up: Set) -> None:
    async with opened_tracing(set_up()) as tracing:
        assert tracing is SILENT
    async with opened_tracing(set_up(OTEL_SERVICE_NAME="mine")) as tracing:
        assert tracing is SILENT


def test_nothing_of_it_is_imported_before_it_is_set_up() -> None:
    program = (
        "import sys, tuppence.tracing; "
        "tuppence.tracing.SILENT.round(1).__enter__(); "
        "print(*(name for name in sys.modules if name.startswith(('opentelemetry', 'google', 'sqlalchemy'))))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
