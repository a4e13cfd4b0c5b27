"""What stands before every route: headers, names, cookies, paths, where one is sent, and what errors repeat."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import product
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tuppence.access.api_keys import create_api_key
from tuppence.access.users import User, set_password
from tuppence.store.engine import FILENAME
from tuppence.understudy import Reply
from tuppence.web.app import create_app
from tuppence.web.guard import HEADERS
from tuppence.web.pages import static

from .answering import model
from .served import Served
from .served import served as serving

PASSWORD = "four words in a row"
COOKIE = "tuppence_session"


@pytest.fixture
def ada(served: Served) -> User:
    """Somebody who has a password."""
    user = served.user()
    served.run(set_password(served.parts.store, served.parts.passwords, user, PASSWORD))
    return user


def sign_in(client: httpx.Client, password: str = PASSWORD, **more: str) -> httpx.Response:
    return client.post("/sign-in", data={"name": "Ada", "password": password, **more})


def raw(served: Served, request: bytes) -> bytes:
    """The answer to exactly these bytes."""
    host, _, port = served.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


# ------------------------------------------------------------------------------------------------------------ headers


def assert_guarded(response: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert response.headers[name] == value, f"{response.url}: {name}"
    assert "cache-control" in response.headers, response.url


def test_the_policy_lets_nothing_foreign_in() -> None:
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {value for name, value in policy.items()} == {"'none'", "'self'"}


ANSWERS = [
    ("GET", "/settings/you", 200),
    ("GET", "/transactions/rows", 200),
    ("GET", "/api/accounts", 200),
    ("GET", "/api/openapi.json", 200),
    ("GET", "/health", 200),
    ("GET", "/", 303),
    ("GET", "/nowhere", 404),
    ("GET", "/api/nowhere", 404),
    ("GET", "/static/x/nothing.css", 404),
    ("GET", "/api/accounts/x", 422),
    ("PUT", "/overview", 405),
    ("PUT", "/api/accounts", 405),
    ("OPTIONS", "/overview", 405),
    ("POST", "/api/accounts", 422),
]


def test_every_answer_is_guarded(client: httpx.Client) -> None:
    for method, path, status in ANSWERS:
        response = client.request(method, path)
        assert response.status_code == status, path
        assert_guarded(response)
        assert response.headers["cache-control"] == "no-store"


def test_every_answer_to_a_stranger_is_guarded(served: Served) -> None:
    with served.client() as client:
        for method, path, _ in ANSWERS:
            assert_guarded(client.request(method, path))


def test_static_files_are_guarded_and_kept(served: Served) -> None:
    with served.client() as client:
        response = client.get(static("css/app.css"))
        assert_guarded(response)
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = client.get(static("css/app.css"), headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304
        assert_guarded(again)


def test_streams_are_guarded(tmp_path: Path) -> None:
    with model(Reply("Yes.")) as one:
        address = {"ANTHROPIC_BASE_URL": one.understudy.base_url}
        keys = {"ANTHROPIC_API_KEY": "a key"}
        with (
            serving(tmp_path, keys=keys, addresses=address, provider="anthropic", model="understudy") as served,
            served.client(served.user()) as client,
        ):
            chat = client.post("/api/chats", json={}).json()["id"]
            asked = client.post(f"/api/chats/{chat}/messages", json={"text": "What?", "client_id": "a"})
            assert_guarded(client.get(f"/api/turns/{asked.json()['turn']}/events"))


def test_mistakes_of_ours_are_guarded_and_tell_nothing(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise RuntimeError("the secret reason")

    def with_mistake(app: FastAPI) -> None:
        app.add_api_route("/health", broken)
        app.router.routes.insert(0, app.router.routes.pop())

    for headers in ({}, {"Accept": "application/json"}, {"HX-Request": "true"}):
        response = asked(served, frozenset(), "/health", headers, change=with_mistake)
        assert response.status_code == 500
        assert_guarded(response)
        assert "secret reason" not in str(response.headers) + response.text


# -------------------------------------------------------------------------------------------------------------- names


def asked(
    served: Served,
    hosts: frozenset[str],
    path: str,
    headers: dict[str, str],
    scheme: str = "http",
    change: Callable[[FastAPI], object] = lambda _: None,
) -> httpx.Response:
    """The answer of an app that knows these names, over the same parts."""

    async def answer() -> httpx.Response:
        app = create_app(served.parts, hosts)
        change(app)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://localhost") as client:
            return await client.get(path, headers=headers)

    return served.run(answer())


NAMES = [
    ("tuppence.example", True),
    ("TUPPENCE.example:8222", True),
    ("tuppence.example.", True),
    ("127.0.0.1:8222", True),
    ("192.0.2.7", True),
    ("[::1]:8222", True),
    ("[2001:db8::1]", True),
    ("elsewhere.example", False),
    ("tuppence.example.elsewhere.example", False),
    ("127.0.0.1.elsewhere.example", False),
    ("127.0.0.1@elsewhere.example", False),
    ("elsewhere.example@127.0.0.1", False),
    ("127.0.0.1/static/", False),
    ("tuppence.example:80:80", False),
    ("tuppence.example, elsewhere.example", False),
    ("[::1", False),
    ("[elsewhere.example]", False),
    ("127.1", False),
    ("2130706433", False),
    ("", False),
]


def test_foreign_names_that_lead_here_are_refused(served: Served) -> None:
    for host, answered in NAMES:
        response = asked(served, frozenset({"tuppence.example"}), "/health", {"Host": host})
        assert response.status_code == (200 if answered else 400), host
        assert_guarded(response)


def test_a_request_without_a_name_is_refused(served: Served) -> None:
    assert raw(served, b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_name_opens_no_path(served: Served) -> None:
    for host in (b"/static/x", b"a/static/?", b"a#", b"\xff", b"a b"):
        answer = raw(served, b"GET /overview HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400"), answer[:300]


# -------------------------------------------------------------------------------------------------------------- paths


PATHS = [
    "/static/../overview",
    "/static/x/../../overview",
    "/static/x/..%2f..%2foverview",
    "/static/%2e%2e/overview",
    "/static/x/%2e%2e/%2e%2e/pages.py",
    "/static/x/..%5c..%5cpages.py",
    "/static/x//etc/passwd",
    "/static/x/%00",
    "/STATIC/../overview",
    "//overview",
    "/%6fverview",
    "/overview/",
    "/overview%00",
    "/overview;x=/static/",
    "/overview?/static/",
    "/sign-in/../overview",
    "/sign-in/overview",
    "/sign-inoverview",
    "/healthy",
    "/enter/..%2foverview",
    "/overview?\xff",
    "/overview?%ff",
    "http://elsewhere.example/overview",
    "*",
]
METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "FOO", "get"]


def test_no_spelling_opens_what_is_closed(served: Served) -> None:
    for method, path in product(METHODS, PATHS):
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        answer = raw(served, head.encode("latin-1"))
        status = int(answer.split(b" ", 2)[1])
        assert 300 <= status < 500, f"{method} {path}: {answer[:300]!r}"
        assert b"net worth" not in answer.lower()
        assert b"import annotations" not in answer
        if status == 303:
            assert b"location: /sign-in" in answer.lower()


# ------------------------------------------------------------------------------------------------------------ cookies


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(served: Served, ada: User) -> None:
    with served.client() as client:
        cookie = sign_in(client).headers["set-cookie"].lower()
        assert cookie.startswith(f"{COOKIE}=")
        assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))
        assert "secure" not in cookie
        behind = client.post(
            "/sign-in", data={"name": "Ada", "password": PASSWORD}, headers={"X-Forwarded-Proto": "https"}
        )
        assert "secure" in behind.headers["set-cookie"].lower().split("; ")


def test_a_session_is_not_chosen_by_whoever_brings_it(served: Served, ada: User) -> None:
    with served.client() as client:
        client.cookies.set(COOKIE, "chosen-by-somebody-else")
        signed_in = sign_in(client)
        assert signed_in.status_code == 303
        token = re.findall(f"{COOKIE}=([^;]+)", signed_in.headers["set-cookie"])[0]
        assert token != "chosen-by-somebody-else"
        stranger = httpx.get(f"{served.base_url}/settings/you", headers={"Cookie": f"{COOKIE}=chosen-by-somebody-else"})
        assert stranger.status_code == 303


def test_signing_out_everywhere_ends_every_session(served: Served, ada: User) -> None:
    with served.client(ada) as here, served.client(ada) as there:
        assert there.get("/settings/you").status_code == 200
        out = here.post("/sign-out", data={"everywhere": "yes"})
        assert out.headers["HX-Redirect"] == "/sign-in"
        assert "max-age=0" in out.headers["set-cookie"].lower()
        assert here.get("/settings/you").status_code == there.get("/settings/you").status_code == 303


def test_signing_out_here_leaves_the_others(served: Served, ada: User) -> None:
    with served.client(ada) as here, served.client(ada) as there:
        token = here.cookies[COOKIE]
        here.post("/sign-out")
        again = httpx.get(f"{served.base_url}/settings/you", headers={"Cookie": f"{COOKIE}={token}"})
        assert again.status_code == 303, "the session has ended, not only the cookie"
        assert there.get("/settings/you").status_code == 200


# -------------------------------------------------------------------------------- where one is sent, and how often


TARGETS = [
    ("/transactions?q=a&b=c", "/transactions?q=a&b=c"),
    ("https://elsewhere.example", "/"),
    ("//elsewhere.example", "/"),
    ("/\\elsewhere.example", "/"),
    ("\\\\elsewhere.example", "/"),
    ("/a\\b", "/"),
    ("/\t/elsewhere.example", "/"),
    ("/\n/elsewhere.example", "/"),
    ("\t//elsewhere.example", "/"),
    (" //elsewhere.example", "/"),
    ("javascript:alert(1)", "/"),
    ("/x\r\nSet-Cookie: a=b", "/"),
    ("", "/"),
]


def test_nobody_is_sent_elsewhere(served: Served, ada: User) -> None:
    for then, goes in TARGETS:
        with served.client() as client:
            assert "elsewhere.example" not in client.get("/sign-in", params={"then": then}).text
            assert sign_in(client, then=then).headers["location"] == goes
            assert client.get("/sign-in", params={"then": then}).headers["location"] == goes


def test_guesses_at_a_password_are_limited(served: Served, ada: User) -> None:
    with served.client() as client:
        statuses = [sign_in(client, "wrong password").status_code for _ in range(11)]
        assert statuses == [422] * 10 + [429]
        refused = sign_in(client)
        assert refused.status_code == 429, "not even the right one any more"
        assert int(refused.headers["retry-after"]) > 0


def test_guesses_at_keys_and_links_are_limited(served: Served, ada: User) -> None:
    with served.client() as client:
        wrong = {"Authorization": "Bearer tpk_wrong"}
        statuses = {client.get("/api/you", headers=wrong).status_code for _ in range(60)}
        assert statuses == {401}
        refused = client.get("/api/you", headers=wrong)
        assert refused.status_code == 429
        assert refused.json()["code"] == "too_many_attempts"
        assert client.get("/enter/wrong").status_code == 429


def test_a_link_lets_one_in_once_however_many_try(served: Served, ada: User) -> None:
    address = served.sign_in_address(ada)
    assert httpx.get(address).status_code == 200, "looking uses nothing"
    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(lambda _: httpx.post(address).status_code, range(8)))
    assert statuses == [303] + [404] * 7


def test_an_invitation_makes_one_member_however_many_try(served: Served, ada: User) -> None:
    address = served.invitation()

    def joined(number: int) -> int:
        form = {"name": f"Bob {number}", "password": PASSWORD, "again": PASSWORD}
        return httpx.post(address, data=form, timeout=30).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(joined, range(4))) == [303, 404, 404, 404]


# ---------------------------------------------------------------------------------------------------- what is repeated


def test_no_answer_repeats_a_secret(served: Served, ada: User) -> None:
    secret = "a-secret-that-was-typed"
    with served.client(ada) as client:
        answers = secret_answers(served, client, secret)
    for response in answers:
        assert secret not in response.text, response.url
        assert secret not in str(response.headers), response.url


def secret_answers(served: Served, client: httpx.Client, secret: str) -> list[httpx.Response]:
    """What is said to whoever sends the secret where one belongs."""
    return [
        sign_in(client, secret),
        client.post("/sign-in", files={"name": ("a", b"Ada"), "password": ("b", secret.encode())}),
        client.get("/api/you", headers={"Authorization": f"Bearer tpk_{secret}"}),
        client.get("/api/you", headers={"Authorization": f"Basic {secret}"}),
        client.get("/settings/you", headers={"Cookie": f"{COOKIE}={secret}"}),
        client.post("/settings/you/password", data={"current": secret, "new": secret, "again": secret + "!"}),
        client.post("/settings/you/password", data={"current": secret, "new": secret, "again": secret}),
        client.put("/api/providers/mistral", json={"key": [secret]}),
        client.put("/api/providers/mistral", json={"key": secret, "base_url": "http://169.254.169.254/"}),
        client.put("/api/providers/mistral", json={"key": secret}),
        client.put("/api/providers/mistral", content=f'{{"key": "{secret}"'),
        client.get("/api/providers"),
        client.get("/settings/providers"),
        client.post("/settings/providers/mistral", data={"key": f"{secret}\n"}),
        client.post("/settings/providers/mistral", data={"key": secret, "base_url": "http://169.254.169.254/"}),
        client.post(served.invitation(), data={"name": "Ada", "password": secret, "again": secret}),
        client.post(served.invitation(), data={"name": "Eve", "password": secret, "again": "another"}),
    ]


def test_no_secret_is_kept_as_it_is(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        user = served.user()
        served.run(set_password(served.parts.store, served.parts.passwords, user, PASSWORD))
        key = served.run(create_api_key(served.parts.store, user, "a program", "write")).token
        link = served.invitation().rpartition("/")[2]
        with served.client(user) as client:
            assert client.put("/api/providers/mistral", json={"key": "sk-of-the-provider"}).is_success
            token = client.cookies[COOKIE]
    with closing(sqlite3.connect(tmp_path / FILENAME)) as connection:
        content = "\n".join(connection.iterdump())
    for secret in (PASSWORD, key, link, token, "sk-of-the-provider"):
        assert secret not in content
