"""Settings, Privacy: who is shown stand-ins, and what a text would leave as."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.llm import PRESETS
from tuppence.privacy import HouseholdPrivacy, PrivacySettings, ProviderPrivacy, privacy_settings, set_privacy_settings

from .served import Served


def shown(client: httpx.Client, name: str) -> dict[str, Any]:
    (one,) = (one for one in client.get("/api/privacy").json()["providers"] if one["name"] == name)
    assert isinstance(one, dict)
    return one


def switches(page: str) -> dict[str, bool]:
    """What is checked in the form, by the field's name."""
    boxes = re.findall(r'<input type="checkbox" name="((?:on|payees)-[^"]+)" value="yes"( checked)?', page)
    return {name: bool(checked) for name, checked in boxes}


def test_hosted_providers_are_shown_stand_ins_by_themselves(client: httpx.Client) -> None:
    found = switches(client.get("/settings/privacy").text)
    assert {name for name, checked in found.items() if checked} == {
        f"on-{name}" for name, preset in PRESETS.items() if preset.needs_key
    }
    assert set(found) == {f"{what}-{name}" for what in ("on", "payees") for name in PRESETS}
    assert client.get("/settings/you").text.count('href="/settings/privacy"') == 1


def test_what_is_switched_is_kept_where_it_is_not_usual(served: Served, client: httpx.Client) -> None:
    form = {
        "on-anthropic": "yes",
        "payees-anthropic": "yes",
        "on-ollama": "yes",
        "names": "Zoë Berg\n\n  Zoë   Berg \n",
    }
    form |= {f"on-{name}": "yes" for name in PRESETS if PRESETS[name].needs_key and name != "openai"}
    saved = client.post("/settings/privacy", data=form)
    assert saved.status_code == 200 and "Saved" in saved.headers["HX-Trigger"]
    kept = served.run(privacy_settings(served.ledger))
    assert kept.providers == {
        "anthropic": ProviderPrivacy(on=True, payees=True),
        "openai": ProviderPrivacy(on=False),
        "ollama": ProviderPrivacy(on=True),
    }
    assert kept.names == ["Zoë Berg"]
    found = switches(client.get("/settings/privacy").text)
    assert found["on-ollama"] and found["payees-anthropic"] and not found["on-openai"]
    assert served.run(HouseholdPrivacy(served.ledger).pseudonyms("openai")) is None


def test_what_is_wrong_is_said_and_nothing_is_kept(served: Served, client: httpx.Client) -> None:
    page = client.post("/settings/privacy", data={"names": "Jo", "on-ollama": "yes"})
    assert page.status_code == 422
    assert "A name has from 3" in page.text and ">Jo</textarea>" in page.text
    assert switches(page.text)["on-ollama"] and not switches(page.text)["on-anthropic"], "what was chosen stays"
    assert served.run(privacy_settings(served.ledger)) == PrivacySettings()


def test_a_text_can_be_tried(served: Served, client: httpx.Client) -> None:
    served.run(create_account(served.ledger, NewAccount("Holiday <money>", "EUR")))
    text = "Holiday <money> to DE89370400440532013000, -12.50 EUR"
    page = html.unescape(client.post("/settings/privacy/trial", data={"text": text}).text)
    leaves = re.search(r'class="leaving"[^>]*>(.*?)</p>', page)
    assert leaves and re.fullmatch(r"Account-\w{8} to IBAN-\w{8}, -12.50 EUR", leaves[1])
    assert "<bdi>Holiday <money></bdi>" in page
    assert "&lt;money&gt;" in client.post("/settings/privacy/trial", data={"text": text}).text
    nothing = client.post("/settings/privacy/trial", data={"text": "What was spent in May?"}).text
    assert "leave as it is" in nothing
    tried = client.post("/api/privacy/trial", json={"text": text}).json()
    assert tried["leaves"] == leaves[1]
    assert sorted(tried["stand_ins"].values()) == ["DE89370400440532013000", "Holiday <money>"]


def test_programs_read_and_change_it(served: Served, client: httpx.Client) -> None:
    assert shown(client, "ollama") == {
        "name": "ollama",
        "host": "127.0.0.1:11434",
        "set_up": False,
        "hosted": False,
        "on": False,
        "payees": False,
        "usual": True,
    }
    change = {"providers": {"ollama": {"on": True}, "openai": {"payees": True}}, "names": ["Zoë"]}
    changed = client.patch("/api/privacy", json=change).json()
    assert changed == client.get("/api/privacy").json() and changed["names"] == ["Zoë"]
    assert (shown(client, "ollama")["on"], shown(client, "ollama")["usual"]) == (True, False)
    assert (shown(client, "openai")["on"], shown(client, "openai")["payees"]) == (True, True)
    client.patch("/api/privacy", json={"providers": {"ollama": None}})
    assert shown(client, "ollama")["usual"] and shown(client, "openai")["payees"]
    assert client.get("/api/privacy").json()["names"] == ["Zoë"]


@pytest.mark.parametrize(
    "body",
    [
        {"providers": {"nobody": {"on": True}}},
        {"names": ["Jo"]},
        {"names": ["x" * 101]},
        {"providers": {"ollama": {"on": "perhaps"}}},
        {"on": True},
    ],
)
def test_what_cannot_be_kept_is_refused(served: Served, client: httpx.Client, body: dict[str, Any]) -> None:
    assert client.patch("/api/privacy", json=body).status_code == 422
    assert served.run(privacy_settings(served.ledger)) == PrivacySettings()


def test_the_address_decides_about_servers_without_a_key(served: Served, client: httpx.Client) -> None:
    entered = {"base_url": "http://192.168.7.7:8080/v1", "model": "large", "key": None}
    assert client.put("/api/providers/openai-compatible", json=entered).status_code == 200
    one = shown(client, "openai-compatible")
    assert (one["host"], one["set_up"], one["on"]) == ("192.168.7.7:8080", True, False)
    client.delete("/api/providers/openai-compatible")


def test_only_the_owner_sees_and_sets_it(served: Served) -> None:
    served.run(set_privacy_settings(served.ledger, PrivacySettings(names=["Zoë Berg"])))
    with served.client(served.user("Bob", "member")) as bob:
        assert bob.get("/settings/privacy").status_code == 403
        assert bob.get("/api/privacy").status_code == 403
        assert bob.patch("/api/privacy", json={"names": []}).status_code == 403
        assert bob.post("/settings/privacy", data={}).status_code == 403
        assert bob.post("/api/privacy/trial", json={"text": "Zoë"}).status_code == 403
        assert "/settings/privacy" not in bob.get("/settings/you").text
    assert served.run(privacy_settings(served.ledger)).names == ["Zoë Berg"]
