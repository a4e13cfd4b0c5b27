"""What an answer asked for: a card in its chat, bound to one change, for the author of the chat alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tuppence.enrichment.review import count_suggestions
from tuppence.ledger.categories import create_category, list_categories
from tuppence.understudy import Call, Reply

from .answering import Model, model
from .served import Served
from .served import served as serving
from .suggested import queue

HX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Desk:
    """Somebody who chats."""

    served: Served
    model: Model
    client: httpx.Client

    def asked(self, *calls: Call) -> tuple[str, str]:
        """The chat and the turn of a new answer in which these functions are called."""
        self.model.add(Reply(list(calls)), Reply("It is before you."))
        chat = self.client.post("/api/chats", json={}).json()["id"]
        question = {"text": "Do it!", "client_id": "one"}
        turn = self.client.post(f"/api/chats/{chat}/messages", json=question).json()["turn"]
        assert "turn_completed" in self.client.get(f"/api/turns/{turn}/events").text
        return chat, turn

    def cards(self, turn: str) -> list[dict[str, Any]]:
        """What the turn asked for."""
        listed: list[dict[str, Any]] = self.client.get(f"/api/confirmations?turn={turn}").json()["confirmations"]
        return listed

    def categories(self) -> set[str]:
        """The names of all."""
        return {one.name for one in self.served.run(list_categories(self.served.ledger))}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home: Path = tmp_path_factory.mktemp("home")
    with model() as one:
        settings: dict[str, Any] = {
            "provider": "anthropic",
            "model": "understudy",
            "keys": {"ANTHROPIC_API_KEY": "a key"},
        }
        with (
            serving(home, addresses={"ANTHROPIC_BASE_URL": one.understudy.base_url}, **settings) as served,
            served.client(served.user()) as client,
        ):
            yield Desk(served, one, client)


def create(name: str) -> Call:
    return Call("create_category", {"name": name}, id="call_1")


def test_a_card_says_what_is_asked_and_does_it_once(desk: Desk) -> None:
    chat, turn = desk.asked(create("Kites & <b>Co</b>"))
    (card,) = desk.cards(turn)
    page = desk.client.get(f"/chat/{chat}").text
    assert page.count('class="confirmation"') == 1
    assert "Create the category “Kites &amp; &lt;b&gt;Co&lt;/b&gt;”" in page
    assert "Kites & <b>Co</b>" not in desk.categories()
    way = f"/chat/turns/{turn}/confirmations/{card['id']}"
    assert f'data-decides="{way}/confirm"' in page
    done = desk.client.post(f"{way}/confirm", headers=HX)
    assert 'data-state="confirmed"' in done.text
    assert "data-decides" in done.text, "it can be undone"
    assert json.loads(done.headers["HX-Trigger"])["told"]["undo"]
    assert "Kites & <b>Co</b>" in desk.categories()
    assert desk.client.post(f"{way}/confirm", headers=HX).status_code == 409
    assert desk.client.post(f"{way}/reject", headers=HX).status_code == 409
    assert 'data-state="confirmed"' in desk.client.get(f"/chat/{chat}").text
    undone = desk.client.post(f"{way}/undo", headers=HX)
    assert 'data-state="undone"' in undone.text
    assert "Kites & <b>Co</b>" not in desk.categories()
    assert desk.client.post(f"{way}/undo", headers=HX).status_code == 409


def test_a_no_is_kept(desk: Desk) -> None:
    chat, turn = desk.asked(create("Boats"))
    (card,) = desk.cards(turn)
    way = f"/chat/turns/{turn}/confirmations/{card['id']}"
    assert desk.client.post(f"{way}/undo", headers=HX).status_code == 409
    assert "nothing was changed" in desk.client.post(f"{way}/reject", headers=HX).text
    assert desk.client.post(f"{way}/confirm", headers=HX).status_code == 409
    assert "Boats" not in desk.categories()
    assert 'data-state="rejected"' in desk.client.get(f"/chat/{chat}/conversation", headers=HX).text


def test_what_can_no_longer_be_done_says_why_and_stays_open(desk: Desk) -> None:
    _, turn = desk.asked(create("Sledges"))
    (card,) = desk.cards(turn)
    desk.served.run(create_category(desk.served.ledger, "Sledges"))
    answer = desk.client.post(f"/chat/turns/{turn}/confirmations/{card['id']}/confirm", headers=HX)
    assert answer.status_code == 409
    assert "already" in json.loads(answer.headers["HX-Trigger"])["problem"]["text"]
    assert desk.cards(turn)[0]["state"] == "open"


def test_an_answer_that_only_looks_has_no_cards(desk: Desk) -> None:
    chat, turn = desk.asked(Call("get_accounts", {}, id="call_1"))
    page = desk.client.get(f"/chat/{chat}").text
    assert 'class="confirmation"' not in page
    assert 'href="/review">To the review queue' not in page
    assert "data-cards></div>" in desk.client.get(f"/chat/turns/{turn}/confirmations", headers=HX).text


def test_suggestions_of_an_answer_lead_to_the_queue(desk: Desk) -> None:
    waiting = desk.served.run(queue(desk.served.ledger))
    before = desk.served.run(count_suggestions(desk.served.ledger))
    filing = {"transaction_id": waiting.kiosk, "category": "Hats"}
    chat, _ = desk.asked(Call("categorize_transactions", {"filings": [filing]}, id="call_1"))
    assert desk.served.run(count_suggestions(desk.served.ledger)) == before + 1
    page = desk.client.get(f"/chat/{chat}").text
    assert 'href="/review">To the review queue' in page
    assert "<bdi>Hats</bdi>" in desk.client.get("/review?source=model&kind=category").text


def test_only_the_author_answers(desk: Desk) -> None:
    _, turn = desk.asked(create("Skates"))
    (card,) = desk.cards(turn)
    way = f"/chat/turns/{turn}/confirmations"
    with desk.served.client(desk.served.user("Bob", "owner")) as other:
        assert other.get(way, headers=HX).status_code == 404
        assert other.get("/api/confirmations").json()["confirmations"] == []
        assert other.get(f"/api/confirmations?turn={turn}").status_code == 404
        for does in ("confirm", "reject", "undo"):
            assert other.post(f"{way}/{card['id']}/{does}", headers=HX).status_code == 404
        for does in ("confirm", "reject"):
            assert other.post(f"/api/confirmations/{card['id']}/{does}").status_code == 404
    assert desk.cards(turn)[0]["state"] == "open"
    assert "Skates" not in desk.categories()


def test_programs_answer(desk: Desk) -> None:
    _, turn = desk.asked(create("Tents"))
    (card,) = desk.cards(turn)
    assert (card["kind"], card["change"]["name"], card["turn"]) == ("create_category", "Tents", turn)
    assert card in desk.client.get("/api/confirmations").json()["confirmations"]
    done = desk.client.post(f"/api/confirmations/{card['id']}/confirm").json()
    assert "Tents" in desk.categories()
    assert desk.cards(turn)[0]["edit"] == done["edit"]
    assert desk.client.post(f"/api/confirmations/{card['id']}/reject").status_code == 409
    _, turn = desk.asked(create("Ropes"))
    (card,) = desk.cards(turn)
    assert desk.client.post(f"/api/confirmations/{card['id']}/reject").status_code == 204
    assert desk.cards(turn)[0]["state"] == "rejected"
    assert desk.client.post(f"/api/confirmations/{'0' * 32}/confirm").status_code == 404
