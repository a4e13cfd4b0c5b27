"""Settings over HTTP: the household, and what is a person's own."""

from __future__ import annotations

import httpx
import pytest

from tuppence.access.sessions import list_sessions
from tuppence.access.users import User
from tuppence.ledger.household import household_of

from .served import Served

LONG_ENOUGH = "correct horse battery"


@pytest.fixture
def ada(served: Served) -> User:
    return served.user()


def test_the_front_door_leads_to_the_first_tab(client: httpx.Client) -> None:
    assert client.get("/settings").headers["location"] == "/settings/you"


OWNERS_ONLY = [
    ("GET", "/settings/household"),
    ("POST", "/settings/household"),
    ("GET", "/settings/household/example"),
    ("GET", "/settings/providers"),
    ("GET", "/settings/providers/usual"),
    ("POST", "/settings/providers/usual"),
    ("POST", "/settings/providers/ollama"),
    ("DELETE", "/settings/providers/ollama"),
    ("POST", "/settings/providers/ollama/test"),
    ("GET", "/settings/providers/ollama/test"),
    ("GET", "/settings/members"),
    ("POST", "/settings/members/invitations"),
    ("DELETE", "/settings/members/invitations/0"),
    ("POST", "/settings/members/1/role"),
    ("DELETE", "/settings/members/1"),
    ("GET", "/api/providers"),
    ("PUT", "/api/providers/ollama"),
    ("DELETE", "/api/providers/ollama"),
    ("POST", "/api/providers/ollama/test"),
    ("GET", "/api/providers/ollama/test"),
    ("PATCH", "/api/household"),
]


def test_only_owners_decide_for_the_household(served: Served) -> None:
    with served.client(served.user("Bob", "member")) as bob:
        answers = {
            (method, path): bob.request(method, path, json={} if path.startswith("/api") else None).status_code
            for method, path in OWNERS_ONLY
        }
        assert answers == dict.fromkeys(OWNERS_ONLY, 403)
        page = bob.get("/settings/data").text
        assert str(served.parts.settings.home) not in page
        assert "/settings/members" not in page


# --------------------------------------------------------------------------------------------------------- household


def test_the_household_is_renamed_and_reads_other_formats(served: Served, client: httpx.Client) -> None:
    form = {"name": "  The  Lovelaces ", "currency": "eur", "language": "de-AT"}
    saved = client.post("/settings/household", data=form)
    assert saved.status_code == 200
    household = served.run(household_of(served.ledger))
    assert (household.name, household.currency, household.language) == ("The Lovelaces", "EUR", "de-AT")
    page = client.get("/settings/household").text
    assert '<option value="de-AT" selected>German (Austria)</option>' in page
    assert "2.500,00" in page or "2 500,00" in page or "2\u00a0500,00" in page


def test_what_cannot_be_used_changes_nothing(served: Served, client: httpx.Client) -> None:
    refused = client.post("/settings/household", data={"name": "New", "currency": "coins", "language": "klingon"})
    assert refused.status_code == 422
    assert "“coins” is no currency" in refused.text
    assert "“klingon” is no language" in refused.text
    assert 'value="New"' in refused.text
    assert served.run(household_of(served.ledger)).name != "New"
    assert client.post("/settings/household", data={"name": " ", "language": "en"}).status_code == 422


def test_the_example_follows_what_is_chosen(client: httpx.Client) -> None:
    example = client.get("/settings/household/example", params={"currency": "JPY", "language": "en"}).text
    assert "¥2,500<" in example
    assert "−$1,234.50" in client.get("/settings/household/example", params={"currency": "?", "language": "?"}).text


def test_the_household_by_api(client: httpx.Client) -> None:
    assert client.patch("/api/household", json={"currency": "chf"}).json()["currency"] == "CHF"
    assert client.patch("/api/household", json={"name": "Us", "language": "nowhere"}).status_code == 422
    assert client.get("/api/household").json() == {"name": "Household", "currency": "CHF", "language": "en"}


def test_the_data_tab_says_where_and_how(served: Served, client: httpx.Client) -> None:
    page = client.get("/settings/data").text
    assert "tuppence backup FILE" in page
    assert str(served.parts.settings.home) in page


# --------------------------------------------------------------------------------------------------------------- you


def test_a_new_name(served: Served, ada: User) -> None:
    served.user("Bob", "member")
    with served.client(ada) as client:
        assert client.post("/settings/you/name", data={"name": "Augusta"}).status_code == 200
        assert client.get("/api/you").json() == {"id": ada.id, "name": "Augusta", "role": "owner", "scope": "write"}
        taken = client.post("/settings/you/name", data={"name": "BOB"})
        assert taken.status_code == 422
        assert "Somebody is called “BOB” already" in taken.text
        assert client.post("/settings/you/name", data={"name": " "}).status_code == 422


def password(client: httpx.Client, current: str, new: str, again: str | None = None) -> httpx.Response:
    form = {"current": current, "new": new, "again": new if again is None else again}
    return client.post("/settings/you/password", data=form)


def test_a_password_is_set_then_changed_by_who_knows_it(served: Served, ada: User) -> None:
    with served.client(ada) as client, served.client(ada) as elsewhere:
        assert password(client, "", LONG_ENOUGH, "another").status_code == 422
        assert password(client, "", "short").status_code == 422
        assert password(client, "", LONG_ENOUGH).status_code == 200
        assert elsewhere.get("/settings/you").status_code == 303  # signed out there
        assert client.get("/settings/you").status_code == 200
        wrong = password(client, "wrong", "quite another one")
        assert wrong.status_code == 422
        assert "not your present password" in wrong.text
        assert "quite another one" not in wrong.text
        assert password(client, LONG_ENOUGH, "quite another one").status_code == 200
    with served.client() as anew:
        form = {"name": "Ada", "password": "quite another one"}
        assert anew.post("/sign-in", data=form).status_code == 303


def test_guesses_at_the_present_password_are_counted(served: Served, ada: User) -> None:
    with served.client(ada) as client:
        assert password(client, "", LONG_ENOUGH).status_code == 200
        for _ in range(9):
            served.run(served.parts.attempts.count_sign_in("Ada", "127.0.0.1"))
        assert "not your present password" in password(client, "wrong", "quite another one").text
        assert "Too many attempts" in password(client, LONG_ENOUGH, "quite another one").text


def test_the_theme_is_on_every_page(client: httpx.Client) -> None:
    assert "data-theme" not in client.get("/settings/you").text
    client.cookies.set("theme", "dark")
    assert '<html lang="en" data-theme="dark">' in client.get("/settings/data").text
    client.cookies.set("theme", '"><script>')
    assert "data-theme" not in client.get("/settings/you").text


def session_of(client: httpx.Client) -> str:
    """The id of the browser's own session."""
    return client.get("/settings/you").text.partition("This browser")[2].partition("/settings/you/sessions/")[2][:64]


def test_sessions_are_ended_one_by_one_and_all_others_at_once(served: Served, ada: User) -> None:
    with served.client(ada) as here, served.client(ada) as there, served.client(ada) as far:
        assert here.get("/settings/you").text.count("This browser") == 1
        assert here.delete(f"/settings/you/sessions/{session_of(there)}").status_code == 200
        assert there.get("/settings/you").status_code == 303
        assert far.get("/settings/you").status_code == 200
        assert here.delete("/settings/you/sessions").status_code == 200
        assert far.get("/settings/you").status_code == 303
        assert here.delete(f"/settings/you/sessions/{session_of(here)}").headers["HX-Redirect"] == "/sign-in"
        assert here.get("/settings/you").status_code == 303


def test_sessions_of_others_are_out_of_reach(served: Served, ada: User) -> None:
    with served.client(ada) as client, served.client(served.user("Bob", "owner")) as bob:
        (session,) = served.run(list_sessions(served.parts.store, ada))
        assert bob.delete(f"/settings/you/sessions/{session.id}").status_code == 404
        assert client.get("/settings/you").status_code == 200


# -------------------------------------------------------------------------------------------------------------- keys


def key_in(page: str) -> str:
    """The token of a new key."""
    return page.partition('readonly value="')[2].partition('"')[0]


def test_a_key_is_shown_once_and_acts_by_its_scope(served: Served, client: httpx.Client) -> None:
    made = client.post("/settings/you/keys", data={"name": "<b>Sheet</b>", "scope": "read"})
    assert made.status_code == 201
    token = key_in(made.text)
    assert token.startswith("tpk_")
    assert "<b>Sheet" not in made.text
    assert token not in client.get("/settings/you").text
    with httpx.Client(base_url=served.base_url, headers={"Authorization": f"Bearer {token}"}) as program:
        assert program.get("/api/you").json()["scope"] == "read"
        assert program.patch("/api/household", json={"name": "Mine"}).status_code == 403
        (key,) = client.get("/api/keys").json()["keys"]
        assert key["name"] == "<b>Sheet</b>"
        assert client.delete(f"/settings/you/keys/{key['id']}").status_code == 200
        assert program.get("/api/you").status_code == 401
    assert client.delete(f"/settings/you/keys/{key['id']}").status_code == 404
    assert client.post("/settings/you/keys", data={"name": " "}).status_code == 422


def test_keys_by_api_are_made_by_people_only(served: Served, client: httpx.Client) -> None:
    made = client.post("/api/keys", json={"name": "Sheet", "scope": "write"})
    assert made.status_code == 201
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    with httpx.Client(base_url=served.base_url, headers=headers) as program:
        assert program.patch("/api/household", json={"name": "Mine"}).status_code == 200
        assert program.post("/api/keys", json={"name": "Another"}).json()["code"] == "people_only"
        listed = program.get("/api/keys").json()["keys"]
        assert [key["name"] for key in listed] == ["Sheet"]
        assert "token" not in listed[0]
        assert program.delete(f"/api/keys/{listed[0]['id']}").status_code == 204
        assert program.get("/api/keys").status_code == 401
    assert client.delete(f"/api/keys/{listed[0]['id']}").status_code == 404
