"""What left this machine, in the web app: everything that arrived is listed, and shown to whom it belongs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from egress.requests import recorded

from tuppence.access.users import User
from tuppence.understudy import Call, Reply

from .answering import Model, model
from .served import Served
from .served import served as serving


@pytest.fixture
def answering() -> Iterator[Model]:
    with model() as one:
        yield one


@pytest.fixture
def served(tmp_path: Path, answering: Model) -> Iterator[Served]:
    """The app over an empty household whose questions the understudy answers."""
    with serving(
        tmp_path,
        keys={"ANTHROPIC_API_KEY": "a key"},
        addresses={"ANTHROPIC_BASE_URL": answering.understudy.base_url},
        provider="anthropic",
        model="understudy",
    ) as one:
        yield one


@pytest.fixture
def owner(served: Served) -> User:
    return served.user("Philippa Grantham")


@pytest.fixture
def client(served: Served, owner: User) -> Iterator[httpx.Client]:
    with served.client(owner) as one:
        yield one


def asked(client: httpx.Client, answering: Model, text: str, title: str = "Money") -> tuple[str, str]:
    """A chat in which something was asked, and the turn, after one lookup."""
    answering.add(Reply([Call("get_accounts", {}, id="call_1")]), Reply("That is all."))
    chat = client.post("/api/chats", json={"title": title}).json()["id"]
    body = {"text": text, "client_id": "one"}
    turn = client.post(f"/api/chats/{chat}/messages", json=body).json()["turn"]
    assert "event: turn_completed" in client.get(f"/api/turns/{turn}/events").text
    return chat, turn


def listed(client: httpx.Client, **wanted: Any) -> list[dict[str, Any]]:
    response = client.get("/api/egress", params=wanted)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["requests"]
    return found


def shown_body(page: str) -> str:
    inner = re.search(r'<pre class="body"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert inner is not None
    return html.unescape(re.sub(r"<[^>]*>", "", inner[1]))


def test_what_arrived_is_listed_and_shown(client: httpx.Client, answering: Model) -> None:
    chat, turn = asked(client, answering, "What is left?")
    arrived = [exchange.body for exchange in answering.understudy.account.asked]
    found = listed(client)[::-1]
    assert [(one["size"], one["chat"], one["turn"], one["outcome"]) for one in found] == [
        (len(body), chat, turn, "completed") for body in arrived
    ]
    for one, body in zip(found, arrived, strict=True):
        saved = client.get(f"/api/egress/{one['id']}/body")
        assert saved.content == client.get(f"/egress/{one['id']}/body").content == body
        assert saved.headers["content-disposition"].startswith("attachment")
        page = client.get(f"/egress/{one['id']}").text
        assert json.loads(shown_body(page).replace("as text: ", ""))["model"] == "understudy"
    page = client.get("/egress").text
    assert all(f'href="/egress/{one["id"]}"' in page for one in found)
    assert f'href="/chat/{chat}#turn-{turn}"' in page
    assert f'href="/egress?turn={turn}"' in client.get(f"/chat/{chat}").text


def test_values_that_left_are_marked_and_nothing_is_a_tag(served: Served, client: httpx.Client) -> None:
    text = "Does Philippa pay <script>alert(1)</script>, or Person-DH52JXTG?"
    body = json.dumps({"messages": [{"role": "user", "content": text}]}).encode()
    one = served.run(recorded(served.parts.store, body=body, kinds=None))
    page = client.get(f"/egress/{one}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<mark class="value">Philippa</mark>' in page
    assert '<mark class="stand-in">Person-DH52JXTG</mark>' in page
    assert listed(client)[0]["kinds"] == ["questions", "names"]


def test_who_sees_what(served: Served, client: httpx.Client, answering: Model) -> None:
    with served.client(served.user("Rowan", "member")) as theirs:
        chat, turn = asked(theirs, answering, "A secret?", "A secret")
        (one, *_) = listed(theirs)
        assert (one["chat"], one["body_readable"]) == (chat, True)
        assert theirs.get(f"/egress/{one['id']}").status_code == 200
        (same, *_) = listed(client)
        assert (same["id"], same["chat"], same["turn"], same["body_readable"]) == (one["id"], None, None, False)
        assert same["kinds"] == one["kinds"]
        for path in (f"/egress/{one['id']}", f"/egress/{one['id']}/body", f"/api/egress/{one['id']}/body"):
            assert client.get(path).status_code == 404
        page = client.get("/egress").text
        assert "secret" not in page
        assert "Another’s chat" in page
        assert listed(client, turn=turn) == listed(client, chat=chat) == []
        assert 'hx-post="/egress/days"' not in theirs.get("/egress").text
        assert theirs.post("/egress/days", data={"days": "1"}).status_code == 403
        assert theirs.delete("/egress/bodies").status_code == 403


def test_some_of_them(client: httpx.Client, answering: Model) -> None:
    chat, turn = asked(client, answering, "What is left?")
    everything = listed(client)
    host = everything[0]["host"]
    for wanted in ({"host": host}, {"kind": "questions"}, {"chat": chat}, {"turn": turn}, {"since": "2000-01-01"}):
        assert listed(client, **wanted) == everything
    for wanted in ({"host": "x"}, {"kind": "contacts"}, {"chat": "x"}, {"run": "x"}, {"until": "2000-01-01"}):
        assert listed(client, **wanted) == []
    assert client.get("/api/egress", params={"kind": "x"}).status_code == 422
    first = client.get("/api/egress", params={"limit": 1}).json()
    rest = client.get("/api/egress", params={"before": first["next"]}).json()
    assert first["requests"] + rest["requests"] == everything
    assert rest["next"] is None
    assert "No such request" in client.get("/egress", params={"day": "2000-01-01"}).text
    assert f"<option selected>{host}" in client.get("/egress", params={"host": host}).text
    assert "Requests, latest first" in client.get("/egress?host=&kind=&day=").text
    for nonsense in ("x", "2026-01-01T00:00:00~x", "~", "9999-12-31T23:59:59+00:00~x"):
        assert listed(client, before=nonsense) == everything
        assert client.get("/egress/rows", params={"before": nonsense}).status_code == 200
    for day in ("9999-12-31", "0001-01-01", "x"):
        assert client.get("/egress", params={"day": day}).status_code == 422


def test_pages_go_on(served: Served, client: httpx.Client) -> None:
    ids = {served.run(recorded(served.parts.store)) for _ in range(60)}
    page = client.get("/egress").text
    more = re.search(r'hx-get="(/egress/rows\?[^"]*)"', page)
    assert more is not None
    rest = client.get(html.unescape(more[1])).text
    found = re.findall(r'href="/egress/([0-9a-f]{32})"', page + rest)
    assert len(found) == 60
    assert set(found) == ids
    assert "rows?" not in rest


def test_the_days_are_set_and_everything_is_forgotten(client: httpx.Client, answering: Model) -> None:
    asked(client, answering, "What is left?")
    assert 'name="days" type="text" value="30"' in client.get("/egress").text
    for wrong in ("", "-1", "many", "4000", "1.5", "²"):
        answer = client.post("/egress/days", data={"days": wrong})
        assert answer.status_code == 422
        assert "from 0" in answer.text
    assert 'value="7"' in client.post("/egress/days", data={"days": "7"}).text
    assert all(one["body_kept"] for one in listed(client))
    assert client.delete("/egress/bodies").status_code == 200
    found = listed(client)
    assert not any(one["body_kept"] for one in found)
    assert "not kept any more" in client.get(f"/egress/{found[0]['id']}").text
    assert client.get(f"/egress/{found[0]['id']}/body").status_code == 404


def test_a_deleted_chat_takes_its_bodies_along(client: httpx.Client, answering: Model) -> None:
    chat, _ = asked(client, answering, "What is left?")
    (one, *_) = listed(client)
    assert client.delete(f"/api/chats/{chat}").status_code == 204
    found = listed(client)
    assert [(each["body_kept"], each["body_readable"], each["chat"]) for each in found] == [(False, False, None)] * 2
    assert client.get(f"/egress/{one['id']}").status_code == 404


def test_nothing_left(client: httpx.Client) -> None:
    page = client.get("/egress").text
    assert "Nothing has left yet" in page
    assert 'name="days"' in page
    assert client.get("/egress/rows").status_code == 200
    for nothing in ("x", "0" * 32):
        assert client.get(f"/egress/{nothing}").status_code == 404
        assert client.get(f"/api/egress/{nothing}").status_code == 404
