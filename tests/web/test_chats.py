"""Chats over HTTP: asking, asking again, keeping in order, and whose they are."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tuppence.access.users import User
from tuppence.understudy import Call, Fault, Reply
from tuppence.web.chats import AT_ONCE

from .answering import Model, model
from .served import Served, served

ELSEWHERE = "0" * 32


@pytest.fixture
def answering() -> Iterator[Model]:
    with model() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path, answering: Model) -> Iterator[Served]:
    settings: dict[str, Any] = {"provider": "anthropic", "model": "understudy", "attempts": 1}
    addresses = {"ANTHROPIC_BASE_URL": answering.understudy.base_url}
    with served(tmp_path, keys={"ANTHROPIC_API_KEY": "a key"}, addresses=addresses, **settings) as one:
        yield one


@pytest.fixture
def ada(house: Served) -> User:
    return house.user()


@pytest.fixture
def client(house: Served, ada: User) -> Iterator[httpx.Client]:
    with house.client(ada) as one:
        yield one


def begun(client: httpx.Client) -> str:
    """The id of a new chat."""
    response = client.post("/api/chats", json={})
    assert response.status_code == 201
    return str(response.json()["id"])


def asked(client: httpx.Client, chat: str, text: str, **more: Any) -> httpx.Response:
    return client.post(f"/api/chats/{chat}/messages", json={"text": text, "client_id": text, **more})


def ended(client: httpx.Client, turn: str) -> str:
    """The stream of a turn, read to its end."""
    return client.get(f"/api/turns/{turn}/events").text


def test_a_question_is_answered_on_the_page(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("You spent **$12**."))
    chat = begun(client)
    turn = asked(client, chat, "How much?").json()["turn"]
    assert "event: turn_completed" in ended(client, turn)
    page = client.get(f"/chat/{chat}").text
    assert "How much?" in page
    assert "You spent **$12**." in page
    assert f'id="turn-{turn}"' in page
    assert 'data-state="completed"' in page


def test_the_same_question_sent_twice_is_asked_once(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("Once."))
    chat = begun(client)
    first, second = asked(client, chat, "How much?"), asked(client, chat, "How much?")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    ended(client, first.json()["turn"])
    assert len(answering.understudy.account.asked) == 1


def test_a_chat_answers_one_question_at_a_time(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("Slow.", stall_after=3))
    chat = begun(client)
    turn = asked(client, chat, "One?").json()["turn"]
    refused = asked(client, chat, "Two?")
    assert refused.status_code == 409
    assert refused.json()["code"] == "chat_busy"
    assert refused.json()["turn"] == turn
    assert client.post(f"/api/turns/{turn}/stop").status_code == 202
    assert "event: turn_stopped" in ended(client, turn)


def test_editing_and_retrying_make_versions(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("Tea."), Reply("Coffee."), Reply("Coffee again."))
    chat = begun(client)
    first = asked(client, chat, "Tea?").json()["turn"]
    ended(client, first)
    second = asked(client, chat, "Coffee?", edits=first).json()["turn"]
    ended(client, second)
    third = client.post(f"/api/chats/{chat}/retry", json={}).json()["turn"]
    ended(client, third)
    assert client.get(f"/api/turns/{third}").json()["versions"] == [first, second, third]
    assert "3 / 3" in client.get(f"/chat/{chat}/conversation").text
    assert client.post(f"/api/turns/{first}/show").json() == {"turns": [first]}
    shown = client.get(f"/chat/{chat}/conversation").text
    assert "1 / 3" in shown
    assert "Tea." in shown
    assert "Coffee again." not in shown


def test_a_failed_answer_says_what_to_do(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply(error=Fault(401)), Reply(error=Fault(429), retry_after=100))
    chat = begun(client)
    ended(client, asked(client, chat, "Key?").json()["turn"])
    assert "/settings/providers" in client.get(f"/chat/{chat}").text
    ended(client, asked(client, chat, "Often?").json()["turn"])
    assert "data-again-in" in client.get(f"/chat/{chat}").text


def test_nothing_asked_cannot_be_asked_again(client: httpx.Client) -> None:
    refused = client.post(f"/api/chats/{begun(client)}/retry", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_asked")


def test_a_model_that_cannot_be_asked(client: httpx.Client) -> None:
    refused = asked(client, begun(client), "You?", model="nobody/nothing")
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_to_ask")


@pytest.mark.parametrize("body", [{}, {"text": "", "client_id": "a"}, {"text": "a"}, {"text": "a", "client_id": ""}])
def test_a_question_has_words_and_an_id(client: httpx.Client, body: dict[str, str]) -> None:
    assert client.post(f"/api/chats/{begun(client)}/messages", json=body).status_code == 422


def test_rename_list_search_and_delete(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("A pelican."))
    chat = begun(client)
    ended(client, asked(client, chat, "Which bird?").json()["turn"])
    assert client.get("/api/chats").json()["chats"][0]["title"] == "Which bird?"
    assert client.patch(f"/api/chats/{chat}", json={"title": " My  birds "}).json()["title"] == "My birds"
    assert client.patch(f"/api/chats/{chat}", json={"title": " "}).status_code == 422
    assert "pelican" in client.get("/api/chats", params={"search": "PELICAN"}).json()["chats"][0]["snippet"]
    assert "My birds" in client.get("/chat/all", params={"search": "pelican"}).text
    assert client.delete(f"/api/chats/{chat}").status_code == 204
    assert client.get(f"/api/chats/{chat}").status_code == 404
    assert client.get("/api/chats").json() == {"chats": [], "next": None}


def test_a_search_goes_on(client: httpx.Client, answering: Model) -> None:
    chats = [begun(client) for _ in range(3)]
    for chat in chats:
        client.patch(f"/api/chats/{chat}", json={"title": "A pelican"})
    client.patch(f"/api/chats/{begun(client)}", json={"title": "A heron"})
    first = client.get("/api/chats", params={"limit": 2, "search": "pelican"}).json()
    second = client.get("/api/chats", params={"limit": 2, "search": "pelican", "before": first["next"]}).json()
    assert [one["id"] for one in first["chats"] + second["chats"]] == chats[::-1]
    assert second["next"] is None


def test_a_long_search_is_paged_on_the_page(client: httpx.Client) -> None:
    for _ in range(AT_ONCE + 1):
        client.patch(f"/api/chats/{begun(client)}", json={"title": "A pelican"})
    first = client.get("/chat/all", params={"search": "pelican"}).text
    assert first.count("<li>") == AT_ONCE
    address = html.unescape(first.partition('hx-get="/chat/all?')[2].partition('"')[0])
    rest = client.get(f"/chat/all?{address}", headers={"HX-Request": "true"}).text
    assert (rest.count("<li>"), "Older chats" in rest) == (1, False)


@pytest.mark.parametrize(
    ("stop_reason", "told", "way"),
    [
        ("max_tokens", "The answer is not complete.", 'data-does="go-on"'),
        ("model_context_window_exceeded", "as long as the model can read", 'data-does="other-model"'),
        ("refusal", "The model did not want to answer.", 'data-does="retry"'),
    ],
)
def test_an_answer_that_was_cut_off_does_not_look_complete(
    client: httpx.Client, answering: Model, stop_reason: str, told: str, way: str
) -> None:
    answering.add(Reply("You spent", stop_reason=stop_reason))
    chat = begun(client)
    events = ended(client, asked(client, chat, "How much?").json()["turn"])
    assert '"cut_off"' in events
    page = client.get(f"/chat/{chat}").text
    assert told in page
    assert way in page


def test_the_list_goes_on(client: httpx.Client, answering: Model) -> None:
    chats = [begun(client) for _ in range(3)]
    first = client.get("/api/chats", params={"limit": 2}).json()
    second = client.get("/api/chats", params={"limit": 2, "before": first["next"]}).json()
    assert [one["id"] for one in first["chats"] + second["chats"]] == chats[::-1]
    assert second["next"] is None


def test_export_names_the_file_by_its_title(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply([Call("get_accounts", {})]), Reply("None."))
    chat = begun(client)
    ended(client, asked(client, chat, "Ünder/which?").json()["turn"])
    export = client.get(f"/chat/{chat}/export")
    assert export.headers["content-type"] == "text/markdown; charset=utf-8"
    assert export.headers["content-disposition"].endswith("filename*=UTF-8''%C3%9Cnder-which%3F.md")
    assert "None." in export.text


def test_titles_and_questions_are_text_everywhere(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("</div><script>alert(1)</script>"))
    chat = begun(client)
    ended(client, asked(client, chat, '"><img src=x onerror=alert(1)>').json()["turn"])
    for path in (f"/chat/{chat}", f"/chat/{chat}/conversation", "/chat/all", "/chat/all?search=img"):
        page = client.get(path).text
        assert "<img" not in page
        assert "<script>" not in page


@pytest.mark.parametrize("role", ["member", "owner"])
def test_a_chat_is_its_authors_only(house: Served, client: httpx.Client, answering: Model, role: Any) -> None:
    answering.add(Reply("Private.", stall_after=4))
    chat = begun(client)
    turn = asked(client, chat, "A secret?").json()["turn"]
    with house.client(house.user("Bob", role)) as bob:
        assert bob.get("/api/chats").json()["chats"] == []
        reads = [
            f"/chat/{chat}",
            f"/chat/{chat}/conversation",
            f"/chat/{chat}/export",
            f"/api/chats/{chat}",
            f"/api/turns/{turn}",
            f"/api/turns/{turn}/events",
            f"/api/turns/{turn}/results/call",
            f"/chat/evidence/{turn}/call",
        ]
        assert {path: bob.get(path).status_code for path in reads} == dict.fromkeys(reads, 404)
        writes = [f"/api/turns/{turn}/stop", f"/api/turns/{turn}/show", f"/api/chats/{chat}/retry"]
        assert {path: bob.post(path, json={}).status_code for path in writes} == dict.fromkeys(writes, 404)
        assert asked(bob, chat, "Mine?").status_code == 404
        assert bob.patch(f"/api/chats/{chat}", json={"title": "Mine"}).status_code == 404
        assert bob.delete(f"/api/chats/{chat}").status_code == 404
        mine = begun(bob)
        assert asked(bob, mine, "Edit?", edits=turn).status_code == 404
        assert bob.post(f"/api/chats/{mine}/retry", json={"turn": turn}).status_code == 404
    assert client.get(f"/api/turns/{turn}").json()["state"] == "running"
    client.post(f"/api/turns/{turn}/stop")
    ended(client, turn)


@pytest.mark.parametrize("chat", [ELSEWHERE, "", "a", "%", "0" * 31, "../chats", "A" * 32])
def test_only_whole_ids_name_chats(client: httpx.Client, chat: str) -> None:
    begun(client)
    assert client.get(f"/chat/{chat}/export").status_code == 404
    assert client.get(f"/api/chats/{chat}x").status_code == 404


def test_models(client: httpx.Client) -> None:
    offered = client.get("/api/models").json()["models"]
    assert [one["model"] for one in offered if one["is_default"]] == ["anthropic/understudy"]


def test_a_new_chat_suggests_questions(client: httpx.Client) -> None:
    page = client.get("/chat").text
    assert "data-suggestion" in page
    assert "Import what your bank gives you" in page


def test_an_interrupted_answer_is_never_shown_as_whole_and_goes_on(
    house: Served, client: httpx.Client, answering: Model
) -> None:
    answering.add(Reply("Half of it", stall_after=5), Reply("All of it."))
    chat = begun(client)
    turn = asked(client, chat, "How much?").json()["turn"]
    exchange = answering.run(answering.understudy.account.request(1))
    answering.run(exchange.sent(5))
    house.run(house.parts.turns.aclose())
    assert "event: turn_failed" in ended(client, turn)
    page = client.get(f"/chat/{chat}").text
    assert 'data-state="failed"' in page
    assert "Interrupted." in page
    assert "Go on" in page
    again = client.post(f"/api/chats/{chat}/retry", json={"turn": turn}).json()["turn"]
    assert "event: turn_completed" in ended(client, again)
    assert "All of it." in client.get(f"/chat/{chat}").text
