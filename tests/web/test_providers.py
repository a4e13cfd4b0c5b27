"""Settings of providers over HTTP: keys go in and never come out, addresses are judged, checks say what they find."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tuppence.assistant.provider_settings import saved_providers
from tuppence.understudy import Understudy

from .answering import Model
from .served import Served, served

KEY = "sk-household-secret"
ENVIRONMENT_KEY = "sk-environment-secret"


@pytest.fixture
def server() -> Iterator[Model]:
    """A model server that answers as it knows to."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    one = Model(Understudy(api_key=KEY, models=("understudy",)), loop)
    one.run(one.understudy.__aenter__())
    yield one
    one.run(one.understudy.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def house(tmp_path: Path, server: Model) -> Iterator[Served]:
    addresses = {
        "ANTHROPIC_BASE_URL": server.understudy.base_url,
        "OPENAI_BASE_URL": server.understudy.openai_base_url,
        "GROQ_BASE_URL": "http://name:password@127.0.0.1:9/v1?secret=password@",
    }
    keys = {"OPENAI_API_KEY": ENVIRONMENT_KEY}
    with served(tmp_path, keys=keys, addresses=addresses, attempts=1, private_addresses=True) as one:
        yield one


@pytest.fixture
def client(house: Served) -> Iterator[httpx.Client]:
    with house.client(house.user()) as one:
        yield one


def entered(client: httpx.Client, name: str = "anthropic", **form: str) -> httpx.Response:
    return client.post(f"/settings/providers/{name}", data={"enabled": "on", **form})


def of_api(client: httpx.Client, name: str = "anthropic") -> dict[str, Any]:
    listed = client.get("/api/providers").json()["providers"]
    return next(one for one in listed if one["name"] == name)


def test_every_provider_is_there_with_its_standing(house: Served, client: httpx.Client) -> None:
    page = client.get("/settings/providers").text
    for name in ("anthropic", "openai", "ollama", "llama.cpp", "azure"):
        assert f'id="{name}"' in page
    assert "by the environment" in page
    assert "(OPENAI_API_KEY, OPENAI_BASE_URL)" in page
    assert {name: of_api(client, name)["standing"] for name in ("openai", "anthropic")} == {
        "openai": "environment",
        "anthropic": "none",
    }
    assert "password" not in client.get("/api/providers").text
    assert "http://127.0.0.1:9/v1" in page
    assert "password@" not in page


def test_a_key_is_kept_encrypted_and_never_comes_back(house: Served, client: httpx.Client, tmp_path: Path) -> None:
    answers = [
        entered(client, key=KEY, model="understudy"),
        client.get("/settings/providers"),
        client.get("/api/providers"),
        client.get("/api/models"),
        entered(client, key=KEY, base_url="http://169.254.169.254"),
        entered(client, key="no key of mine", base_url=""),
        client.put("/api/providers/anthropic", json={"key": KEY, "base_url": "ftp://example.com"}),
    ]
    assert [answer.status_code for answer in answers][4:] == [422, 422, 422]
    assert "A key is kept" in answers[0].text
    for answer in answers:
        assert KEY not in answer.text
        assert ENVIRONMENT_KEY not in answer.text
        assert "no key of mine" not in answer.text
    assert of_api(client)["entered"]["has_key"] is True
    for file in tmp_path.glob("*.db*"):
        assert KEY.encode() not in file.read_bytes()


def test_an_empty_key_keeps_it_until_the_address_changes(house: Served, client: httpx.Client, server: Model) -> None:
    entered(client, key=KEY)
    assert entered(client, key="", model="understudy").status_code == 200
    assert of_api(client)["entered"] | {"updated_at": ""} == {
        "enabled": True,
        "has_key": True,
        "base_url": None,
        "model": "understudy",
        "updated_at": "",
    }
    elsewhere = server.understudy.base_url + "/elsewhere"
    refused = entered(client, key="", base_url=elsewhere)
    assert refused.status_code == 422
    assert "enter its key again" in refused.text
    assert elsewhere in refused.text
    assert client.put("/api/providers/anthropic", json={"base_url": elsewhere}).json()["code"] == "key_needed_again"
    assert entered(client, key=KEY, base_url=elsewhere).status_code == 200
    assert of_api(client)["entered"]["base_url"] == elsewhere


def test_the_browser_keeps_a_key_that_was_typed_beside_a_wrong_address(client: httpx.Client) -> None:
    assert "hx-preserve" in entered(client, key=KEY, base_url="nowhere").text
    assert "hx-preserve" not in entered(client, key=KEY).text


def test_switching_off_and_removing(house: Served, client: httpx.Client) -> None:
    assert client.post("/settings/providers/openai", data={}).status_code == 200
    assert of_api(client, "openai")["standing"] == "off"
    assert client.delete("/settings/providers/openai").status_code == 200
    assert of_api(client, "openai")["standing"] == "environment"
    assert client.put("/api/providers/anthropic", json={"key": KEY}).json()["standing"] == "ready"
    assert client.put("/api/providers/anthropic", json={"key": None}).json()["standing"] == "obstacle"
    assert "There is no key for Anthropic" in client.get("/settings/providers").text
    assert client.delete("/api/providers/anthropic").status_code == 204
    assert house.run(saved_providers(house.ledger)) == []


def test_who_answers_by_default_is_chosen(client: httpx.Client) -> None:
    entered(client, key=KEY, model="understudy")
    assert client.post("/settings/providers/usual", data={"wanted": "anthropic/understudy"}).status_code == 200
    assert '<option value="anthropic/understudy" selected>' in client.get("/settings/providers").text
    assert client.post("/settings/providers/usual", data={"wanted": "groq/x"}).status_code == 409
    assert client.post("/settings/providers/usual", data={"wanted": "nobody/x"}).status_code == 409
    client.delete("/settings/providers/anthropic")
    assert "was chosen and cannot be asked now" in client.get("/settings/providers/usual").text
    assert client.post("/settings/providers/usual", data={"wanted": ""}).status_code == 200


def test_a_provider_that_there_is_not(client: httpx.Client) -> None:
    for path in ("/settings/providers/nobody", "/api/providers/nobody"):
        assert client.delete(path).status_code == 404
        assert client.post(f"{path}/test").status_code == 404
        assert client.get(f"{path}/test").status_code == 404


# ------------------------------------------------------------------------------------------------------------ checks


def checked(client: httpx.Client, name: str = "anthropic") -> dict[str, Any]:
    """The end of a check that was begun."""
    ends = time.monotonic() + 20
    while (state := client.get(f"/api/providers/{name}/test").json())["running"]:
        assert time.monotonic() < ends
    return dict(state)


def test_a_check_says_what_it_finds(client: httpx.Client, server: Model) -> None:
    entered(client, key=KEY, model="understudy")
    assert client.get("/api/providers/anthropic/test").status_code == 404
    begun = client.post("/settings/providers/anthropic/test")
    assert "<progress" in begun.text
    state = checked(client)
    assert (state["usable"], state["model"], state["obstacle"]) == (True, "understudy", None)
    assert "streaming" in [finding["check"] for finding in state["findings"]]
    shown = client.get("/settings/providers/anthropic/test").text
    assert "can be used." in shown
    assert "hx-trigger" not in shown
    assert "can be used." in client.get("/settings/providers").text  # whoever left comes back to it
    figures = client.get("/api/usage", params={"by": "operation"}).json()["figures"]
    assert [(one["key"], one["requests"]) for one in figures] == [("doctor", len(server.understudy.account.asked))]
    assert len(server.understudy.account.asked) > 3


def test_a_check_is_begun_once_and_forgotten_when_the_settings_change(client: httpx.Client) -> None:
    entered(client, key=KEY, model="understudy")
    assert client.post("/api/providers/anthropic/test").status_code == 202
    assert client.post("/api/providers/anthropic/test").status_code == 202
    entered(client, model="understudy")
    assert client.get("/api/providers/anthropic/test").status_code == 404


def test_a_check_with_a_wrong_key_says_so(client: httpx.Client) -> None:
    entered(client, key="sk-wrong", model="understudy")
    client.post("/api/providers/anthropic/test")
    state = checked(client)
    assert state["usable"] is False
    assert state["findings"][-1]["check"] == "key"
    assert "sk-wrong" not in str(state)


def test_a_check_that_cannot_be_made_says_why(client: httpx.Client) -> None:
    client.post("/api/providers/azure/test")
    state = checked(client, "azure")
    assert (state["usable"], state["findings"]) == (None, [])
    assert "no key for Azure OpenAI" in state["obstacle"]
