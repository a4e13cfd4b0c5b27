"""Providers by name, and what importing the package does not load."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tuppence.llm import PRESETS, Provider, UnknownProvider, open_provider
from tuppence.llm.registry import NoAddress

HEAVY = ("sqlalchemy", "fastapi", "anthropic", "openai", "httpx", "httpx2", "aiohttp", "pydantic", "typer", "rich")


def test_presets_are_registered_under_their_own_names() -> None:
    assert all(preset.name == name for name, preset in PRESETS.items())
    assert "anthropic" in PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_provider_is_opened_by_name_and_knows_where_it_sends(name: str) -> None:
    provider = open_provider(name, api_key="any", base_url="http://models.example:8080/v1")
    assert isinstance(provider, Provider)
    assert (provider.name, provider.title) == (name, PRESETS[name].title)
    assert provider.host == "models.example:8080"


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(NoAddress, match="OPENAI_BASE_URL") as refused:
        open_provider("openai", api_key="any", base_url="https://me:very-secret@models.example/v1")
    assert "very-secret" not in str(refused.value)


@pytest.mark.parametrize("name", PRESETS)
def test_without_an_address_it_is_the_providers_own_and_encrypted(name: str) -> None:
    preset = PRESETS[name]
    if not preset.base_url:
        with pytest.raises(NoAddress, match=preset.address_variable):
            open_provider(name, api_key="any")
        return
    assert open_provider(name, api_key="any").host in preset.base_url
    assert preset.base_url.startswith("https://") or not preset.needs_key
    assert preset.key_variable.isupper()


def test_an_unknown_name_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(UnknownProvider, match=r"no provider 'anthropc'\. Registered are: .*anthropic"):
        open_provider("anthropc", api_key="any")


def test_the_default_model_is_not_about_to_go_away() -> None:
    deprecated = pytest.importorskip("anthropic._data").DEPRECATED_MODELS
    assert not {preset.default_model for preset in PRESETS.values()} & set(deprecated)


def test_importing_the_package_loads_neither_the_sdks_nor_the_rest_of_the_house() -> None:
    code = "import json, sys, tuppence.llm; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    modules = json.loads(out)
    assert not [name for name in HEAVY if name in modules]
    ours = {name.split(".")[1] for name in modules if name.startswith("tuppence.")}
    assert ours == {"llm"}
