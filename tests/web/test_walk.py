"""Every route, walked by whoever has no business there. A new route is walked without being named here.

Two households have something of everything, each marked by a word of its own, which nobody else may ever be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tuppence.web.app import create_app

from .answering import model
from .full_household import Household, Ids, Person, full_household, kept_of, spread_ids
from .routes import Route, routes_of
from .served import Served
from .served import served as serving

NOT_IDS = {"name": "mistral", "kind": "categories", "secret": "no-such-secret"}
"""Parameters of paths that name nothing of a household's."""
PRIVATE = frozenset({"chat_id", "turn_id", "call_id", "confirmation_id", "session_id", "key_id", "egress_id"})
"""Parameters that name what only one member of a household sees."""
OWNERS = (
    "/settings/members",
    "/settings/providers",
    "/settings/household",
    "/settings/background",
    "/usage/prices",
    "/usage/limits",
    "/api/providers",
)
"""Where only the household's owner may go."""
NOWHERE = 987_654_321
NONSENSE = "0" * 32

Body = Callable[[Ids], dict[str, Any]]
"""What is sent to a route, with ids in it."""


def nothing_sent(ids: Ids) -> dict[str, Any]:
    """The body of a route that needs none."""
    del ids
    return {}


BODIES: dict[str, Body] = {
    "PATCH /api/chats/{chat_id}": lambda _: {"title": "Other"},
    "POST /api/chats/{chat_id}/messages": lambda ids: {"text": "What?", "client_id": "walk", "edits": ids["turn_id"]},
    "POST /api/chats/{chat_id}/retry": lambda ids: {"turn": ids["turn_id"]},
    "PATCH /api/accounts/{account_id}": lambda _: {"name": "Other"},
    "POST /api/accounts/{account_id}/balances": lambda _: {"date": "2026-03-02", "amount": "1.00"},
    "POST /api/transactions": lambda ids: {
        "account": ids["account_id"],
        "category": ids["category_id"],
        "merchant": ids["merchant_id"],
        "date": "2026-03-02",
        "amount": "1.00",
        "description": "Cap",
    },
    "PATCH /api/transactions/{identity}": lambda ids: {
        "category": ids["category_id"],
        "merchant": ids["merchant_id"],
        "notes": "Other",
    },
    "PUT /api/transactions/{identity}/transfer": lambda ids: {"other": ids["other"]},
    "PATCH /api/imports/{upload_id}": lambda _: {"without_bad_rows": True},
    "POST /api/categories": lambda ids: {"name": "Other", "kind": "expense", "parent": ids["category_id"]},
    "PATCH /api/categories/{category_id}": lambda ids: {"name": "Other", "parent": ids["category_id_2"]},
    "POST /api/categories/{category_id}/merge": lambda ids: {"into": ids["category_id_2"]},
    "PATCH /api/merchants/{merchant_id}": lambda _: {"name": "Other"},
    "POST /api/merchants/{merchant_id}/merge": lambda ids: {"into": ids["merchant_id_2"]},
    "POST /api/merchants/merge": lambda ids: {"into": ids["merchant_id"], "merchants": [ids["merchant_id_2"]]},
    "PATCH /api/tags/{tag_id}": lambda _: {"name": "Other"},
    "POST /api/tags/{tag_id}/merge": lambda ids: {"into": ids["tag_id_2"]},
    "PUT /api/providers/{name}": lambda _: {"model": "large"},
    "PATCH /api/background": lambda _: {"rule": "suggest"},
    "POST /api/rules": lambda ids: {
        "conditions": {"contains": "cap", "accounts": [ids["account_id"]]},
        "outcome": {"category": ids["category_id"], "merchant": ids["merchant_id"]},
    },
    "POST /api/rules/preview": lambda _: {"conditions": {"contains": "cap"}, "outcome": {"transfer": True}},
    "PATCH /api/rules/{rule_id}": lambda ids: {"outcome": {"category": ids["category_id"]}},
    "PUT /api/rules/{rule_id}/place": lambda _: {"place": 1},
    "POST /api/runs": lambda ids: {"kind": "categorize", "free_only": True, "transactions": [ids["identity"]]},
    "POST /api/runs/quote": lambda _: {"kind": "categorize", "free_only": True},
    "POST /api/suggestions/accept": lambda ids: {"suggestions": [ids["suggestion_id"]]},
    "POST /api/suggestions/reject": lambda ids: {"suggestions": [ids["suggestion_id"]], "whole_group": True},
    "POST /api/suggestions/change": lambda ids: {
        "suggestions": [ids["suggestion_id"]],
        "category": ids["category_id"],
        "merchant": ids["merchant_id"],
    },
    "POST /review/accept": lambda ids: {"ids": ids["suggestion_id"]},
    "POST /review/reject": lambda ids: {"group": ids["suggestion_id"]},
    "POST /review/change": lambda ids: {"ids": ids["suggestion_id"], "category": ids["category_id"]},
    "POST /transactions": lambda ids: {
        "account": ids["account_id"],
        "category": ids["category_id"],
        "day": "2026-03-02",
        "amount": "1.00",
        "description": "Cap",
    },
    "POST /transactions/filing": lambda ids: {
        "row": ids["identity"],
        "category": ids["category_id"],
        "merchant": ids["merchant_id"],
    },
    "POST /transactions/{identity}/filing": lambda ids: {"category": ids["category_id"]},
    "POST /transactions/{identity}/transfer": lambda ids: {"other": ids["other"]},
    "POST /transactions/{identity}/facts": lambda _: {"day": "2026-03-02", "amount": "1.00", "description": "Cap"},
    "POST /accounts/{account_id}": lambda _: {"name": "Other", "kind": "checking", "currency": "EUR"},
    "POST /accounts/{account_id}/balances": lambda _: {"day": "2026-03-02", "amount": "1.00"},
    "POST /categories": lambda ids: {"name": "Other", "kind": "expense", "parent": ids["category_id"]},
    "POST /categories/{category_id}": lambda ids: {"name": "Other", "kind": "expense", "parent": ids["category_id_2"]},
    "POST /categories/{category_id}/merging": lambda ids: {"into": ids["category_id_2"]},
    "POST /categories/{category_id}/removal": lambda ids: {"into": ids["category_id_2"]},
    "POST /merchants/merging": lambda ids: {"row": ids["merchant_id"], "into": ids["merchant_id_2"]},
    "POST /merchants/{merchant_id}": lambda _: {"name": "Other"},
    "POST /tags/{tag_id}": lambda _: {"name": "Other"},
    "POST /tags/{tag_id}/merging": lambda ids: {"into": ids["tag_id_2"]},
    "POST /rules": lambda ids: {
        "contains": "cap",
        "account": ids["account_id"],
        "category": ids["category_id"],
        "merchant": ids["merchant_id"],
    },
    "POST /rules/{rule_id}": lambda ids: {"contains": "cap", "category": ids["category_id"]},
    "POST /rules/{rule_id}/place": lambda _: {"place": 1},
    "POST /rules/{rule_id}/switch": lambda _: {"enabled": "yes"},
    "POST /background/runs": lambda _: {"kind": "merchants", "wanted": "nobody"},
    "POST /import/{upload_id}/answer": lambda _: {"field": "currency", "answer": "EUR"},
    "POST /import/{upload_id}/places": lambda ids: {"key": "x", "choice": ids["account_id"]},
    "POST /settings/members/{user_id}/role": lambda _: {"role": "owner"},
}
QUERIES = {
    "GET /transactions": ("account", "category", "merchant", "tag"),
    "GET /transactions/rows": ("account", "category", "merchant", "tag"),
    "GET /transactions/figures": ("account", "category", "merchant", "tag"),
    "GET /api/transactions": ("account", "category", "merchant", "tag", "after"),
    "GET /api/transactions/figures": ("account", "category", "merchant", "tag"),
}
"""Parameters behind the question mark that are read together, which hides their names."""
MEANT = {
    "account": ("account_id",),
    "added": ("rule_id",),
    "after": ("identity", "out"),
    "before": ("edit_id", "import_id", "chat_id", "turn_id", "run_id"),
    "category": ("category_id",),
    "chat": ("chat_id",),
    "into": ("category_id",),
    "merchant": ("merchant_id",),
    "open": ("identity",),
    "row": ("merchant_id",),
    "rule": ("rule_id",),
    "run": ("run_id",),
    "said": ("edit_id",),
    "shown": ("chat_id",),
    "since": ("turn_id",),
    "tag": ("tag_id",),
    "transaction": ("identity",),
    "turn": ("turn_id",),
    "under": ("category_id",),
}
"""Which ids may be meant by a parameter behind the question mark."""
NO_IDS = {
    "archived", "as_of", "asked", "by", "currency", "cursor", "day", "filename", "format", "host", "kind", "language",
    "limit",
    "model", "nth", "offset", "order", "page", "period", "provider", "q", "search", "source", "then",
    "until", "wait", "who",
}  # fmt: skip
"""Those that mean no ids."""
NEEDED: dict[str, Body] = {
    "GET /usage/attempts": lambda _: {"before": "2999-01-01T00:00:00Z"},
    "GET /rules/preview": lambda ids: {"contains": "cap", "account": ids["account_id"], "category": ids["category_id"]},
    "GET /background/quote": lambda _: {"kind": "categorize", "wanted": "nobody"},
    "GET /merchants/merge": lambda ids: {"row": ids["merchant_id"]},
}
"""What has to be there behind the question mark."""


@dataclass(frozen=True)
class Town:
    """Two households in one house."""

    served: Served
    routes: list[Route]
    ours: Household
    theirs: Household


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with ExitStack() as stack:
        one = stack.enter_context(model())
        served = stack.enter_context(
            serving(
                tmp_path_factory.mktemp("home"),
                keys={"ANTHROPIC_API_KEY": "a key"},
                addresses={"ANTHROPIC_BASE_URL": one.understudy.base_url},
                provider="anthropic",
                model="understudy",
            )
        )
        spread_ids(served)
        routes = routes_of(create_app(served.parts))
        yield Town(served, routes, full_household(served, one, "Aardvark"), full_household(served, one, "Zebra"))


def sent(client: httpx.Client, route: Route, ids: Ids, within: Ids | None = None) -> httpx.Response:
    """The answer to the route with `ids` in its path, and `within` in what is sent."""
    within = ids if within is None else within
    body = BODIES.get(str(route), nothing_sent)(within)
    query = NEEDED.get(str(route), nothing_sent)(within)
    given: dict[str, Any] = {}
    if route.writes and route.method != "DELETE":
        given = {"json": body} if route.is_api else {"data": body}
    if str(route) == "POST /api/imports":
        given = {"files": {"file": ("a.csv", b"Date,Amount,Text\n2026-03-01,1.00,a\n")}}
    return client.request(route.method, route.at({**NOT_IDS, **ids}), params=query, **given)


def lone(client: httpx.Client, route: Route, ids: Ids, within: Ids | None = None) -> tuple[int, str]:
    """The same without what differs from answer to answer."""
    response = sent(client, route, ids, within)
    text = re.sub(r'name="csrf-token" content="[^"]*"', "", response.text)
    for identity in sorted({str(one) for one in (*ids.values(), *(within or {}).values())}, key=len, reverse=True):
        text = text.replace(identity, "…")
    return response.status_code, text


def test_every_parameter_is_known_to_this_walk(town: Town) -> None:
    known = {*town.ours.all_ids, *NOT_IDS}
    unknown = [str(route) for route in town.routes if not known.issuperset(route.parameters)]
    assert not unknown, f"teach full_household (or NOT_IDS) the parameters of {unknown}"
    asked = {*MEANT} | NO_IDS
    unknown = [f"{route}?{name}" for route in town.routes for name in route.query if name not in asked]
    assert not unknown, f"say in MEANT or NO_IDS what is meant by {unknown}"


def test_every_body_belongs_to_a_route(town: Town) -> None:
    assert {*BODIES, *QUERIES} <= {str(route) for route in town.routes}


def test_the_ids_of_the_walk_lead_somewhere(town: Town) -> None:
    """Otherwise the rest would hold of a walk past closed doors."""
    with town.served.client(town.ours.owner.user) as client:
        for route in town.routes:
            if not route.writes and not route.is_open and str(route) != "GET /api/providers/{name}/test":
                response = sent(client, route, town.ours.all_ids)
                assert response.status_code in (200, 204, 303), f"{route}: {response.status_code}"
                assert town.ours.secret not in response.text, route


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_without_a_session_nothing_is_told(town: Town, accept: str) -> None:
    before = kept_of(town.served, town.ours)
    with town.served.client() as client:
        client.headers["Accept"] = accept
        for route in town.routes:
            response = sent(client, route, town.ours.all_ids)
            if route.is_open:
                continue
            if route.is_api or route.writes:
                assert response.status_code == 401, route
            else:
                assert response.status_code == 303, route
                assert response.headers["location"].partition("?")[0] == "/sign-in", route
            assert town.ours.word not in response.text, route
            fragment = client.request(
                route.method, route.at({**NOT_IDS, **town.ours.all_ids}), headers={"HX-Request": "true"}
            )
            assert route.is_api or (fragment.status_code, fragment.text) == (200, ""), route
    assert kept_of(town.served, town.ours) == before


def test_open_is_only_what_has_to_be(town: Town) -> None:
    with town.served.client() as client:
        open_ = {
            str(route) for route in town.routes if sent(client, route, town.ours.all_ids).status_code not in (401, 303)
        }
    assert open_ <= {str(route) for route in town.routes if route.is_open}


def test_another_households_ids_lead_nowhere(town: Town) -> None:
    before = kept_of(town.served, town.theirs)
    wrong = []
    with town.served.client(town.ours.owner.user) as client:
        for route in town.routes:
            for foreign in mixtures(route, town.ours.all_ids, town.theirs.all_ids):
                status, text = lone(client, route, foreign, town.ours.all_ids)
                nothing = lone(client, route, nowhere(foreign, town.theirs.all_ids), town.ours.all_ids)
                if status not in ((303, 404) if not route.writes else (404,)):
                    wrong.append(f"{route}: {status}, not 404")
                if (status, text) != nothing:
                    wrong.append(f"{route}: tells that there is such a thing: {text[:200]}, {nothing[1][:200]}")
                if town.theirs.word in text:
                    wrong.append(f"{route}: tells of another household")
    assert not wrong, "\n".join(wrong)
    assert kept_of(town.served, town.theirs) == before


def test_another_households_ids_in_what_is_sent_lead_nowhere(town: Town) -> None:
    before = kept_of(town.served, town.theirs)
    ours, theirs = town.ours.all_ids, town.theirs.all_ids
    wrong = []
    with town.served.client(town.ours.owner.user) as client:
        for route in town.routes:
            for name in named_in_body(route, ours):
                within = {**ours, name: theirs[name]}
                status, text = lone(client, route, ours, within)
                nothing = lone(client, route, ours, nowhere(within, theirs))
                if status < 400 and route.is_api:
                    wrong.append(f"{route}: takes another household's {name}")
                if (status, text) != nothing:
                    wrong.append(f"{route}: tells that there is such a {name}: {text[:200]}, {nothing[1][:200]}")
                if town.theirs.word in text:
                    wrong.append(f"{route}: tells of another household's {name}")
    assert not wrong, "\n".join(wrong)
    assert kept_of(town.served, town.theirs) == before


def test_another_households_ids_behind_the_question_mark_find_nothing(town: Town) -> None:
    before = kept_of(town.served, town.theirs)
    wrong = []
    with town.served.client(town.ours.owner.user) as client:
        for route in town.routes:
            address = route.at({**NOT_IDS, **town.ours.all_ids})
            for asked in searches(route, town.theirs.all_ids):
                response = client.request(route.method, address, params=asked)
                if town.theirs.word in response.text:
                    wrong.append(f"{route} {asked}: tells of another household")
                if response.status_code >= (400 if not route.writes else 500) and response.status_code not in (
                    404,
                    422,
                ):
                    wrong.append(f"{route} {asked}: {response.status_code}")
                if route.writes and response.is_success:
                    wrong.append(f"{route} {asked}: {response.status_code}")
    assert not wrong, "\n".join(wrong)
    assert kept_of(town.served, town.theirs) == before


@pytest.mark.parametrize("reader", ["owner", "member"])
def test_what_is_one_members_is_no_other_members(town: Town, reader: str) -> None:
    before = kept_of(town.served, town.ours)
    me, other = people(town.ours, reader)
    wrong = []
    with town.served.client(me.user) as client:
        for route in town.routes:
            if route.owner_only or route.is_open:
                continue
            foreign = {**town.ours.ids, **other.ids}
            if PRIVATE.intersection(route.parameters):
                status, text = lone(client, route, foreign)
                if status != 404:
                    wrong.append(f"{route}: {status}, not 404")
                elif (status, text) != lone(client, route, nowhere(foreign, other.ids)):
                    wrong.append(f"{route}: tells that there is such a thing")
            elif route.writes:
                continue
            else:
                text = sent(client, route, foreign).text
            if other.word in text:
                wrong.append(f"{route}: tells what is {other.word}")
            by_chat: list[dict[str, int | str]] = [{"by": "chat"}] if "by" in route.query else []
            for asked in () if route.writes else (*searches(route, other.ids), *by_chat):
                text = client.get(route.at({**NOT_IDS, **town.ours.ids, **me.ids}), params=asked).text
                if other.word in text:
                    wrong.append(f"{route} {asked}: tells what is {other.word}")
        assert client.get("/api/chats", params={"search": "answer"}).json()["chats"][0]["title"] == f"{me.word} chat"
        assert client.get("/api/chats", params={"search": other.word}).json()["chats"] == []
    assert not wrong, "\n".join(wrong)
    after = kept_of(town.served, town.ours)
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"sessions", "links"}, "signing in changes these and nothing may change others"


def test_a_member_is_no_owner(town: Town) -> None:
    missing = [str(route) for route in town.routes if route.path.startswith(OWNERS) and not route.owner_only]
    assert not missing
    before = kept_of(town.served, town.ours)["provider_settings"]
    with town.served.client(town.ours.member.user) as client:
        for route in town.routes:
            if route.owner_only:
                assert sent(client, route, town.ours.all_ids).status_code == 403, route
    assert kept_of(town.served, town.ours)["provider_settings"] == before


def test_a_key_that_may_only_read_writes_nothing(town: Town) -> None:
    _, reading, _, _ = town.ours.secrets
    before = kept_of(town.served, town.ours)
    with httpx.Client(base_url=town.served.base_url, headers={"Authorization": f"Bearer {reading}"}) as program:
        assert program.get("/api/accounts").status_code == 200
        for route in town.routes:
            if route.writes and not route.is_open:
                response = sent(program, route, town.ours.all_ids)
                assert response.status_code == (403 if route.is_api else 401), route
                assert not route.is_api or response.json()["code"] == "read_only", route
            elif not route.is_api and not route.is_open:
                assert sent(program, route, town.ours.all_ids).status_code == 303, "keys are for programs"
    assert without(kept_of(town.served, town.ours), "api_keys") == without(before, "api_keys")


FOREIGN = [
    {"X-CSRF-Token": ""},
    {"X-CSRF-Token": "0" * 64},
    {"Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_writes_come_from_our_own_pages(town: Town, headers: dict[str, str]) -> None:
    user = town.ours.owner.user
    with town.served.client(user) as client:
        before = kept_of(town.served, town.ours)
        client.headers.update(headers)
        for route in town.routes:
            if route.writes and not (route.is_open and "X-CSRF-Token" in headers):
                assert sent(client, route, town.ours.all_ids).status_code == 403, route
        assert kept_of(town.served, town.ours) == before


@pytest.mark.parametrize("whose", ["theirs", "ours", "another member's"])
def test_the_token_of_another_session_is_none(town: Town, whose: str) -> None:
    of = {"theirs": town.theirs.owner, "ours": town.ours.owner, "another member's": town.ours.member}[whose]
    with town.served.client(of.user) as other, town.served.client(town.ours.owner.user) as client:
        before = kept_of(town.served, town.ours)
        client.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
        for route in town.routes:
            if route.writes and not route.is_open:
                assert sent(client, route, town.ours.all_ids).status_code == 403, route
        assert kept_of(town.served, town.ours) == before


# ------------------------------------------------------------------------------------------------------------ helpers


def mixtures(route: Route, ours: Ids, theirs: Ids) -> Iterator[Ids]:
    """Our ids with one or all of those in the path another household's."""
    names = [name for name in route.parameters if name not in NOT_IDS and name != "call_id"]
    for name in names:
        yield {**ours, name: theirs[name]}
    if len(names) > 1:
        yield {**ours, **{name: theirs[name] for name in names}}


def searches(route: Route, foreign: Ids) -> Iterator[dict[str, int | str]]:
    """What can be asked for behind the question mark that is foreign."""
    for name in (*route.query, *QUERIES.get(str(route), ())):
        for meant in MEANT.get(name, ()):
            if meant in foreign:
                yield {name: foreign[meant]}


def nowhere(ids: Ids, foreign: Ids) -> Ids:
    """The same with ids of nothing in place of foreign ones."""
    return {
        name: value
        if value != foreign.get(name) or name == "call_id"
        else NOWHERE
        if isinstance(value, int)
        else NONSENSE
        for name, value in ids.items()
    }


def named_in_body(route: Route, ids: Ids) -> list[str]:
    """The names of the ids in what is sent to the route."""
    asked: list[str] = []

    class Noting(dict[str, int | str]):
        def __getitem__(self, name: str) -> int | str:
            asked.append(name)
            return super().__getitem__(name)

    BODIES.get(str(route), nothing_sent)(Noting(ids))
    return asked


def people(household: Household, reader: str) -> tuple[Person, Person]:
    """The one of this name, and the other one."""
    both = household.owner, household.member
    return both if reader == "owner" else both[::-1]


def without(kept: dict[str, Any], table: str) -> dict[str, Any]:
    """All tables but one."""
    return {name: rows for name, rows in kept.items() if name != table}
