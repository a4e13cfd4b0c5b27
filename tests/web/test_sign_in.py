"""The ways in, as people take them: by a link, by an invitation, by name and password; and out again."""

from __future__ import annotations

import httpx

from .served import Served, csrf_of

PASSWORD = "analytical engine"


def test_nobody_enters_without_a_session(served: Served) -> None:
    with served.client() as client:
        assert client.get("/settings/you").headers["location"] == "/sign-in?then=/settings/you"


def test_signed_in(served: Served, client: httpx.Client) -> None:
    page = client.get("/settings/you")
    assert page.status_code == 200
    assert "Ada" in page.text


def test_whoever_joined_comes_back_by_name_and_password(served: Served) -> None:
    invitation = served.invitation("owner")
    with served.client() as client:
        assert 'name="again"' in client.get(invitation).text
        typed = {"name": "Grace", "password": PASSWORD, "again": "something else"}
        refused = client.post(invitation, data=typed)
        assert refused.status_code == 422
        assert 'value="Grace"' in refused.text
        assert client.post(invitation, data=typed | {"again": PASSWORD}).headers["location"] == "/"
        client.headers["X-CSRF-Token"] = csrf_of(client.get("/settings/you").text)
        assert client.post("/sign-out").headers["HX-Redirect"] == "/sign-in"
        assert client.get("/settings/you").status_code == 303
        wrong = client.post("/sign-in", data={"name": "Grace", "password": "a guess", "then": "/tags"})
        assert wrong.status_code == 422
        assert 'name="then" value="/tags"' in wrong.text
        right = client.post("/sign-in", data={"name": "Grace", "password": PASSWORD, "then": "/tags"})
        assert right.headers["location"] == "/tags"
        assert "Grace" in client.get("/settings/you").text


def test_who_does_not_exist_is_told_the_same(served: Served) -> None:
    with served.client() as client:
        client.post(served.invitation(), data={"name": "Grace", "password": PASSWORD, "again": PASSWORD})
    with served.client() as client:
        known = client.post("/sign-in", data={"name": "Grace", "password": "a guess"})
        unknown = client.post("/sign-in", data={"name": "Nobody", "password": "a guess"})
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace("Grace", "") == unknown.text.replace("Nobody", "")
