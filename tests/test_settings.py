"""Settings: from the environment first, then from the data folder, and never repeated in a message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from tuppence.settings import SettingsUnusable, read_settings


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("TUPPENCE_", "ANTHROPIC_")):
            monkeypatch.delenv(name)


def test_without_anything_the_usual_holds(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert (settings.home, settings.provider, settings.model, settings.max_rounds) == (tmp_path, None, None, 8)
    assert settings.keys.keys() & {"ANTHROPIC_API_KEY"} == set()
    assert settings.addresses.keys() & {"ANTHROPIC_BASE_URL"} == set()
    assert settings.fallbacks() == []
    assert settings.limits() == {}


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("ANTHROPIC_API_KEY=of the file\nTUPPENCE_MODEL=of the file\nOTHER=x\n")
    monkeypatch.setenv("TUPPENCE_MODEL", "of the environment")
    monkeypatch.setenv("TUPPENCE_IDLE_SECONDS", "2.5")
    settings = read_settings(tmp_path)
    assert settings.keys["ANTHROPIC_API_KEY"].get_secret_value() == "of the file"
    assert settings.model == "of the environment"
    assert settings.limits() == {"idle": 2.5}


def test_an_empty_variable_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")
    assert "ANTHROPIC_API_KEY" not in read_settings(tmp_path).keys


def test_every_providers_key_and_address_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "a key")
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:11434/v1")
    monkeypatch.setenv("TUPPENCE_FALLBACK", "groq, ollama,")
    settings = read_settings(tmp_path)
    assert settings.keys["GROQ_API_KEY"].get_secret_value() == "a key"
    assert settings.addresses["OLLAMA_BASE_URL"] == "http://127.0.0.1:11434/v1"
    assert settings.fallbacks() == ["groq", "ollama"]


def test_keys_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a secret")
    assert "secret" not in repr(read_settings(tmp_path)).replace("SecretStr", "")


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    with pytest.raises(ValidationError):
        settings.model = "another"


@pytest.mark.parametrize(("name", "value"), [("MAX_ROUNDS", "0"), ("MAX_ROUNDS", "many"), ("IDLE_SECONDS", "-1")])
def test_an_unusable_value_names_its_variable_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TUPPENCE_{name}", value)
    with pytest.raises(SettingsUnusable, match=f"^TUPPENCE_{name} cannot be used") as unusable:
        read_settings(tmp_path)
    assert value == "0" or value not in str(unusable.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsUnusable, match="cannot be read as text"):
        read_settings(tmp_path)
