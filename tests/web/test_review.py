"""The review queue: its page, the count in the rail, and what programs see of it."""

from __future__ import annotations

import html
import json
import re

import httpx
import pytest

from tuppence.enrichment.review import count_suggestions, list_suggestions
from tuppence.ledger.filing import TransactionChange, file_transactions

from .served import Served
from .suggested import Queue, category, filed, queue, suggested

HX = {"HX-Request": "true"}


@pytest.fixture
def waiting(served: Served) -> Queue:
    return served.run(queue(served.ledger))


def groups_of(text: str) -> list[str]:
    """The ids of the groups on a page, which are those of their first suggestions."""
    return re.findall(r'<li class="group" id="g(\d+)"', text)


def group_id(served: Served, title: str) -> int:
    """A suggestion of the group about this one."""
    found = served.run(list_suggestions(served.ledger))
    return next(one.suggestions[0].id for one in found.groups if title.lower() in one.title.lower())


def left(served: Served) -> int:
    return served.run(count_suggestions(served.ledger))


def told(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 200, response.text
    said: dict[str, str] = json.loads(response.headers["HX-Trigger"])["told"]
    return said


def test_an_empty_queue_says_what_to_do(client: httpx.Client) -> None:
    page = client.get("/review").text
    assert "Nothing waits for you" in page
    assert 'href="/transactions?uncategorized=yes"' in page
    assert client.get("/review?kind=tags").text.count("Nothing of this kind waits") == 1


def test_the_queue_says_what_is_suggested_by_whom_and_why(client: httpx.Client, waiting: Queue) -> None:
    page = client.get("/review").text
    assert len(groups_of(page)) == 3
    assert "5 suggestions wait for you" in page
    bakery = page[page.index("Bakery") : page.index('class="singles"')]
    for words in (
        "3 transactions",
        "<bdi>Bread</bdi>",
        "Tuppence, as before, 93% sure",
        "You filed 3 of 3 so",
        "−€6.00",
    ):
        assert words in bakery
    assert page.count('class="each"') == 3, "each transaction of the group by itself"
    kiosk = page[page.index("Kiosk") :]
    assert "The &lt;i&gt;Kiosk&lt;/i&gt;" in kiosk
    assert ">new<" in kiosk
    assert "A rule</span>" in page, "nobody needs to hear how sure a rule is"
    assert "<script>alert" not in page
    assert "<b>Kiosk" not in page


def test_what_is_asked_is_in_the_address(client: httpx.Client, waiting: Queue) -> None:
    assert len(groups_of(client.get("/review?source=model").text)) == 1
    assert len(groups_of(client.get("/review?kind=category&source=memory").text)) == 1
    assert groups_of(client.get("/review?kind=category&source=model").text) == []
    assert client.get("/review?source=nobody").status_code == 422
    found = client.get("/review?kind=tags&source=", headers=HX)
    assert found.headers["HX-Push-Url"] == "/review?kind=tags"
    assert "<html" not in found.text
    assert "%2Freview" not in found.text
    assert 'hx-post="/review/accept?kind=tags"' in found.text


def test_more_groups_follow(served: Served, client: httpx.Client, waiting: Queue) -> None:
    first = served.run(list_suggestions(served.ledger, limit=2))
    assert first.next is not None
    assert len(groups_of(client.get("/review", params={"after": first.next}).text)) == 1
    rest = client.get("/review/groups", params={"after": first.next}, headers=HX).text
    assert groups_of(rest) == groups_of(client.get("/review").text)[2:]
    assert groups_of(client.get("/review?shown=2", headers=HX).text) == groups_of(client.get("/review").text)[:2]
    assert client.get("/review?after=elsewhere").status_code == 422


def test_a_group_is_accepted_at_once_and_comes_back(served: Served, client: httpx.Client, waiting: Queue) -> None:
    said = told(client.post("/review/accept", data={"group": group_id(served, "bakery")}))
    assert said["text"] == "Accepted 3 suggestions."
    assert [served.run(filed(served.ledger, one))[0] for one in waiting.bakery] == ["Bread"] * 3
    assert left(served) == 2
    assert client.post(said["undo"]).status_code == 200
    assert [served.run(filed(served.ledger, one))[0] for one in waiting.bakery] == [None] * 3
    assert left(served) == 5


def test_one_of_a_group_is_decided_by_itself(served: Served, client: httpx.Client, waiting: Queue) -> None:
    found = served.run(list_suggestions(served.ledger, kind="category")).groups[0].suggestions
    told(client.post("/review/accept", data={"ids": found[0].id}))
    told(client.post("/review/reject", data={"ids": f"{found[1].id}"}))
    assert served.run(filed(served.ledger, found[0].transaction_id))[0] == "Bread"
    assert served.run(filed(served.ledger, found[1].transaction_id))[0] is None
    assert left(served) == 3
    again = category(found[1].transaction_id, waiting.bread)
    assert served.run(suggested(served.ledger, again)) == 0, "what was rejected is not suggested again"


def test_a_whole_group_is_rejected_however_many_are_listed(
    served: Served, client: httpx.Client, waiting: Queue
) -> None:
    group = group_id(served, "bakery")
    assert told(client.post("/review/reject", data={"group": group}))["text"] == "Rejected 3 suggestions."
    assert left(served) == 2
    assert told(client.post("/review/reject", data={"group": group}))["text"].startswith("Nothing changed")


def test_something_else_is_said(served: Served, client: httpx.Client, waiting: Queue) -> None:
    answer = client.post("/review/change", data={"group": group_id(served, "bakery"), "category": waiting.hats})
    assert told(answer)["text"] == "Filed 3 transactions otherwise than suggested."
    assert [served.run(filed(served.ledger, one))[0] for one in waiting.bakery] == ["Hats"] * 3
    kiosk = group_id(served, "kiosk")
    told(client.post("/review/change", data={"ids": kiosk, "merchant": "new:Kiosk at the corner"}))
    assert served.run(filed(served.ledger, waiting.kiosk))[1] == "Kiosk at the corner"
    ferry = group_id(served, "ferry")
    assert client.post("/review/change", data={"ids": ferry}).status_code == 422
    told(client.post("/review/change", data={"ids": ferry, "add_tag": "harbour, sea"}))
    assert served.run(filed(served.ledger, waiting.ferry))[2] == ("harbour", "sea")
    assert left(served) == 0


def test_a_decision_is_about_what_is_shown(served: Served, client: httpx.Client, waiting: Queue) -> None:
    """A filter that is on leaves out what it hides, also of the group."""
    group = group_id(served, "bakery")
    assert told(client.post("/review/accept?source=model", data={"group": group}))["undo"] is None
    assert left(served) == 5


def test_what_is_no_suggestion(client: httpx.Client, waiting: Queue) -> None:
    for way in ("accept", "reject", "change"):
        for given in ({}, {"ids": ""}, {"ids": "x"}, {"ids": "7654321"}, {"group": "-1"}, {"group": "²"}):
            form = {**given, "category": str(waiting.hats)}
            response = client.post(f"/review/{way}", data=form, headers=HX)
            assert response.status_code in (404, 422), (way, given)
            assert "problem" in response.headers["HX-Trigger"]


def test_the_rail_counts_on_pages_alone(served: Served, client: httpx.Client, waiting: Queue) -> None:
    for path in ("/transactions", "/chat", "/settings/you", "/review"):
        rail = client.get(path).text.partition('<nav class="rail"')[2].partition("</nav>")[0]
        count = rail[rail.index('id="review-count"') :]
        assert html.unescape(count[count.index(">") + 1 :]).startswith("5<"), path
    for one in waiting.bakery:
        served.run(file_transactions(served.ledger, [one], TransactionChange(category=waiting.hats)))
    fragment = client.get("/review/count", headers=HX).text
    assert ">2<" in fragment, "what a person decided elsewhere does not wait"
    assert "hidden>" not in fragment
    served.run(file_transactions(served.ledger, [waiting.kiosk], TransactionChange(merchant=None)))
    served.run(file_transactions(served.ledger, [waiting.ferry], TransactionChange(add_tags=("sea", "trip"))))
    assert "hidden></span>" in client.get("/review/count", headers=HX).text


# ---------------------------------------------------------------------------------------------------------- programs


def test_programs_read_the_queue(client: httpx.Client, waiting: Queue) -> None:
    found = client.get("/api/suggestions").json()
    assert (found["total"], found["next"], len(found["groups"])) == (5, None, 3)
    bakery = found["groups"][0]
    assert bakery["transactions"] == 3
    one = bakery["suggestions"][0]
    assert (one["kind"], one["category"], one["category_name"]) == ("category", waiting.bread, "Bread")
    assert (one["source"], one["confidence"], one["merchant"], one["tags"]) == ("memory", 93, None, [])
    first = client.get("/api/suggestions?limit=1").json()
    rest = client.get("/api/suggestions", params={"cursor": first["next"]}).json()
    assert [*first["groups"], *rest["groups"]] == found["groups"]
    assert client.get("/api/suggestions?source=rule").json()["groups"][0]["suggestions"][0]["tags"] == ["sea", "trip"]
    assert client.get("/api/suggestions?cursor=x").status_code == 422


def test_programs_decide(served: Served, client: httpx.Client, waiting: Queue) -> None:
    bakery, kiosk, ferry = (group_id(served, title) for title in ("bakery", "kiosk", "ferry"))
    accepted = client.post("/api/suggestions/accept", json={"suggestions": [bakery], "whole_group": True}).json()
    assert accepted["decided"] == 3
    assert client.post(f"/api/edits/{accepted['edit']}/undo").status_code == 200
    assert left(served) == 5
    one = client.post("/api/suggestions/accept", json={"suggestions": [kiosk]}).json()
    assert one["decided"] == 1
    assert served.run(filed(served.ledger, waiting.kiosk))[1] == "The <i>Kiosk</i>"
    rejected = client.post("/api/suggestions/reject", json={"suggestions": [bakery], "whole_group": True}).json()
    assert rejected["decided"] == 3
    changed = client.post("/api/suggestions/change", json={"suggestions": [ferry], "add_tags": ["harbour"]})
    assert changed.json()["decided"] == 1
    assert left(served) == 0


CANNOT_BE = [
    ("accept", {"suggestions": []}, 422),
    ("accept", {"suggestions": [7654321]}, 404),
    ("accept", {"suggestions": [1, 2], "whole_group": True}, 422),
    ("reject", {"suggestions": [7654321], "whole_group": True}, 404),
    ("change", {"suggestions": [1]}, 422),
    ("change", {"suggestions": [1], "category": 7654321}, 404),
]


def test_what_programs_cannot_say(client: httpx.Client, waiting: Queue) -> None:
    for way, body, status in CANNOT_BE:
        assert client.post(f"/api/suggestions/{way}", json=body).status_code == status, (way, body)
