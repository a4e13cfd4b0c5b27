"""Members over HTTP: inviting, roles, removing."""

from __future__ import annotations

import re

import httpx
import pytest

from tuppence.access.links import list_links
from tuppence.access.users import User, list_members

from .served import Served


@pytest.fixture
def bob(served: Served, client: httpx.Client) -> User:
    return served.user("Bob", "member")


def roles(served: Served) -> dict[str, str]:
    return {member.name: member.role for member in served.run(list_members(served.ledger))}


def test_an_invitation_is_shown_once_and_lets_one_person_in(served: Served, client: httpx.Client) -> None:
    made = client.post("/settings/members/invitations", data={"role": "member"})
    assert made.status_code == 201
    address = made.text.partition('readonly value="')[2].partition('"')[0]
    assert address.startswith(f"{served.base_url}/enter/")
    page = client.get("/settings/members").text
    assert address not in page
    assert "A member" in page
    form = {"name": "Charles", "password": "analytical engine", "again": "analytical engine"}
    assert httpx.post(address, data=form).status_code == 303
    assert roles(served) == {"Ada": "owner", "Charles": "member"}
    assert "A member" not in client.get("/settings/members").text
    assert httpx.post(address, data=form | {"name": "Another"}).status_code == 404


def test_an_invitation_is_taken_back(served: Served, client: httpx.Client) -> None:
    made = client.post("/settings/members/invitations", data={"role": "owner"})
    address = made.text.partition('readonly value="')[2].partition('"')[0]
    assert "An owner" in made.text
    (link,) = served.run(list_links(served.ledger))
    assert client.delete(f"/settings/members/invitations/{link.id}").status_code == 200
    assert httpx.get(address).status_code == 404
    assert client.delete(f"/settings/members/invitations/{link.id}").status_code == 404


def test_a_role_is_given_and_the_last_owner_stays(served: Served, client: httpx.Client, bob: User) -> None:
    ada = next(member for member in served.run(list_members(served.ledger)) if member.name == "Ada")
    refused = client.post(f"/settings/members/{ada.id}/role", data={"role": "member"})
    assert refused.status_code == 409
    assert client.post(f"/settings/members/{bob.id}/role", data={"role": "owner"}).status_code == 200
    assert roles(served) == {"Ada": "owner", "Bob": "owner"}
    stepped_down = client.post(f"/settings/members/{ada.id}/role", data={"role": "member"})
    assert stepped_down.headers["HX-Redirect"] == "/settings/you"
    assert client.get("/settings/members").status_code == 403


def test_who_is_removed_is_out_at_once(served: Served, client: httpx.Client, bob: User) -> None:
    with served.client(bob) as his:
        assert his.get("/settings/you").status_code == 200
        assert client.delete(f"/settings/members/{bob.id}").status_code == 200
        assert his.get("/settings/you").status_code == 303
    assert roles(served) == {"Ada": "owner"}
    assert client.delete(f"/settings/members/{bob.id}").status_code == 404


def test_names_are_text_and_nobody_else_gets_sign_in_links(served: Served, client: httpx.Client) -> None:
    served.user("<img src=x>", "member")
    page = client.get("/settings/members").text
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page
    assert not re.search(r"/enter/[\w-]{20}", page)
