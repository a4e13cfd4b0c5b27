"""Filing in the background on its pages and in the API: quotes, runs that begin, are watched, cancelled and undone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest

from tuppence.access.households import create_household
from tuppence.enrichment.preferences import Pace, Preferences, preferences, set_preferences
from tuppence.enrichment.runs import Order, Run, cancel_run, create_run, list_runs, run_of
from tuppence.ledger.accounts import NewAccount, create_account, list_accounts
from tuppence.ledger.categories import find_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import find_transactions
from tuppence.web.background import PAGE

from .clerking import Clerk, clerk
from .served import Served
from .served import served as serving

TODAY = datetime.date.today()
HX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def model() -> Iterator[Clerk]:
    with clerk() as one:
        yield one


@pytest.fixture(scope="module")
def served(model: Clerk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), **model.settings, works=True) as one:
        yield one


@pytest.fixture
def ledger(served: Served) -> Ledger:
    """Of a household of its own: two bakers were filed alike, one is open, and so is a shop that nobody filed."""
    found = served.run(create_household(served.parts.store, "Home", currency="EUR"))[0]
    served.run(_filled(found))
    return found


async def _filled(ledger: Ledger) -> None:
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    groceries = await find_category(ledger, "Groceries")
    for number in range(5):
        new = NewTransaction(account.id, TODAY, -400 - number, "Crooked Mug")
        made = await add_transaction(ledger, new)
        if number < 4:
            await file_transactions(ledger, [made.id], TransactionChange(category=groceries.id))
    for what in ("LIDL SUPERMARKET", "LIDL SUPERMARKET", "SHELL FUEL STATION"):
        await add_transaction(ledger, NewTransaction(account.id, TODAY, -1000, what))


@pytest.fixture
def client(served: Served, ledger: Ledger) -> Iterator[httpx.Client]:
    with served.client(served.user(f"Ada {ledger.household}", ledger=ledger)) as one:
        yield one


def text_of(response: httpx.Response) -> str:
    """What a page says."""
    assert response.is_success, response.text
    return " ".join(re.sub(r"<[^>]*>", " ", response.text).split())


def quote(client: httpx.Client, **form: Any) -> str:
    return text_of(client.get("/background/quote", params={"kind": "categorize", **form}))


def begun(client: httpx.Client, **form: Any) -> str:
    """The id of a run that was begun on the page."""
    page = client.post("/background/runs", data={"kind": "categorize", **form}, headers=HX)
    assert page.status_code == 200, page.headers.get("HX-Trigger")
    return str(re.findall(r'id="run-([0-9a-f]{32})"', page.text)[0])


def ended(served: Served, ledger: Ledger, run_id: str) -> Run:
    """The run, when it is through."""

    async def waited() -> Run:
        with anyio.fail_after(20):
            while (run := await run_of(ledger, run_id)).state == "running":
                pass
        return run

    return served.run(waited())


# --------------------------------------------------------------------------------------------------------------- quotes


def test_the_quote_says_what_is_free_and_what_is_asked(client: httpx.Client) -> None:
    said = quote(client)
    assert "4 transactions without a category" in said
    assert "1 costs nothing 1 by what you did before" in said
    assert "3 would be asked about 2 wordings in 1 request to understudy at Anthropic" in said
    assert "Start, cost unknown" in said
    assert "$0" not in said


def test_nobody_is_asked_when_that_is_chosen(client: httpx.Client) -> None:
    said = quote(client, wanted="nobody")
    assert "File 1 transaction for nothing" in said
    assert "3 stay as they are Nobody is asked about them" in said
    assert "Start" not in said
    merchants = quote(client, kind="merchants", wanted="nobody")
    assert "Nothing is known about them yet" in merchants
    assert "for nothing" not in merchants


def test_the_price_of_a_known_model_is_said(client: httpx.Client) -> None:
    assert re.search(r"Start, about \$0\.0\d+", quote(client, wanted="anthropic/claude-sonnet-5-5"))


def test_who_cannot_be_asked_keeps_nothing_from_being_free(client: httpx.Client) -> None:
    said = quote(client, wanted="mistral/large")
    assert "There is no key for Mistral" in said
    assert "File 1 transaction for nothing" in said


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"limit": "none"}, "Type a number above zero"),
        ({"limit": "0"}, "Type a number above zero"),
        ({"cap": "much"}, "is no amount of US dollars"),
        ({"cap": "0"}, "above zero"),
        ({"cap": "-1"}, "above zero"),
    ],
)
def test_what_cannot_be_is_said(
    served: Served, ledger: Ledger, client: httpx.Client, form: dict[str, str], said: str
) -> None:
    assert said in quote(client, **form)
    refused = client.post("/background/runs", data={"kind": "categorize", **form}, headers=HX)
    assert refused.status_code == 422
    assert served.run(list_runs(ledger)) == []


def test_a_limit_in_money_is_told_beforehand(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    assert "nobody knows what this model costs" in quote(client, cap="1")
    known = "anthropic/claude-sonnet-5-5"
    assert "nobody knows" not in quote(client, cap="1", wanted=known)
    served.run(set_preferences(ledger, Preferences(run_cap=Decimal("0.000001"))))
    assert "which will not be enough for all" in quote(client, wanted=known)
    assert "which will not be enough" not in quote(client, cap="1", wanted=known)


def test_what_a_search_finds_is_meant(client: httpx.Client) -> None:
    assert "2 transactions are meant" in quote(client, search="q=lidl")
    page = client.get("/background?search=q%3Dlidl").text
    assert "not about all" in page
    assert 'value="q=lidl"' in page
    assert client.get("/background/quote?search=minimum%3Dmuch").status_code == 422


# ----------------------------------------------------------------------------------------------------------------- runs


def test_a_run_files_and_is_undone(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    run = ended(served, ledger, begun(client))
    assert (run.state, run.filed, run.user_id is not None) == ("completed", 4, True)
    page = client.get(f"/background/runs/{run.id}")
    said = text_of(page)
    assert "Done" in said
    assert "4 of 4 transactions through" in said
    assert "Filed 4" in said
    assert "What it filed" in said
    assert "Crooked Mug" in said
    assert "Cost unknown" in said
    assert "hx-get=" not in page.text.partition('id="run-')[2].partition(">")[0], "nothing is fetched any more"
    assert open_ones(served, ledger) == 0
    undone = client.post(f"/background/runs/{run.id}/undo", headers=HX)
    assert '"text": "Undone."' in undone.headers["HX-Trigger"]
    assert "ledger-changed" in undone.headers["HX-Trigger"]
    assert "taken back" in undone.text
    assert "Undo all of it" not in undone.text
    assert open_ones(served, ledger) == 4
    assert client.post(f"/background/runs/{run.id}/undo", headers=HX).status_code == 409


def test_progress_is_shown_and_cancelling_stops_it(
    served: Served, ledger: Ledger, client: httpx.Client, model: Clerk
) -> None:
    model.hold()
    try:
        run_id = begun(client)
        state = f"/background/runs/{run_id}/state?shown=running"
        assert "every 1s" in client.get(state).text
        while "Filed 1" not in text_of(client.get(state)):
            pass
        assert "1 of 4 transactions" in text_of(client.get(state))
        assert "One such run at a time" in client.get("/background").text
        refused = client.post("/background/runs", data={"kind": "categorize"}, headers=HX)
        assert refused.status_code == 409
        assert "under way already" in refused.headers["HX-Trigger"]
        assert "1 of 4" in text_of(client.get("/background/now"))
        cancelled = client.post(f"/background/runs/{run_id}/cancel", headers=HX)
        assert "Cancelled" in text_of(cancelled)
        assert "ledger-changed" in client.get(state).headers["HX-Trigger"]
        assert client.post(f"/background/runs/{run_id}/cancel", headers=HX).status_code == 409
    finally:
        model.go()
    assert served.run(run_of(ledger, run_id)).state == "cancelled"
    assert "cancelled" in text_of(client.get("/background"))


def test_only_suggesting_files_nothing(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    run = ended(served, ledger, begun(client, mode="suggest"))
    assert (run.filed, run.suggested) == (0, 4)
    assert open_ones(served, ledger) == 4
    assert f"/review?run={run.id}" in client.get(f"/background/runs/{run.id}").text


def test_why_it_ended_early_is_said(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    run = ended(served, ledger, begun(client, cap="1"))
    assert run.state == "capped"
    said = text_of(client.get(f"/background/runs/{run.id}"))
    assert "Stopped at the limit" in said
    assert "What a request costs is not known" in said


def test_only_what_costs_nothing(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    run = ended(served, ledger, begun(client, wanted="nobody", limit="1,000"))
    assert (run.state, run.filed, run.requests, run.model) == ("completed", 1, 0, None)
    assert "Cost nothing" in text_of(client.get(f"/background/runs/{run.id}"))


def test_the_history_goes_back(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    async def begun_and_cancelled() -> str:
        run_id = await create_run(ledger, Order(kind="merchants"), transactions=7, asked=None)
        await cancel_run(ledger, run_id)
        return run_id

    runs = [served.run(begun_and_cancelled()) for _ in range(PAGE + 1)]
    page = client.get("/background").text
    assert runs[0] not in page
    assert runs[1] in page
    assert f"before={runs[1]}" in page
    assert runs[0] in client.get(f"/background/history?before={runs[1]}").text
    assert client.get("/background/history?before=none").status_code == 404


def test_names_are_text(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    async def added() -> None:
        (account, *_) = await list_accounts(ledger)
        for _ in range(3):
            new = NewTransaction(account.id, TODAY, -1, "<img src=x onerror=alert(1)>")
            made = await add_transaction(ledger, new)
        category = await find_category(ledger, "Groceries")
        await file_transactions(ledger, [made.id - 1, made.id - 2], TransactionChange(category=category.id))

    served.run(added())
    run = ended(served, ledger, begun(client, wanted="nobody"))
    assert run.filed == 2
    for path in (f"/background/runs/{run.id}", "/background"):
        assert "<img" not in client.get(path).text


def test_another_household_sees_nothing(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    run = ended(served, ledger, begun(client, wanted="nobody"))
    other, _ = served.run(create_household(served.parts.store, "Other"))
    with served.client(served.user(f"Bea {other.household}", ledger=other)) as stranger:
        assert run.id not in stranger.get("/background").text
        for path in ("", "/state"):
            assert stranger.get(f"/background/runs/{run.id}{path}").status_code == 404
        for path in ("cancel", "undo"):
            assert stranger.post(f"/background/runs/{run.id}/{path}").status_code == 404
            assert stranger.post(f"/api/runs/{run.id}/{path}").status_code == 404
    assert served.run(run_of(ledger, run.id)) == run


# ----------------------------------------------------------------------------------------------------- after an import


def test_an_import_is_followed_by_what_is_wanted(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    result = imported(client, "Crooked Mug")
    assert "/background/now" in result
    (run,) = served.run(list_runs(ledger))
    assert (run.cause, run.model) == ("import", None)
    assert ended(served, ledger, run.id).filed == 2  # that of the file, and the one that was open before
    said = text_of(client.get("/background/now"))
    assert "Filed by itself: 2 transactions" in said
    assert "After an import" in client.get("/background").text


def test_nothing_follows_an_import_when_that_is_wanted(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    served.run(set_preferences(ledger, Preferences(after_import="nothing")))
    imported(client, "Crooked Mug")
    assert served.run(list_runs(ledger)) == []
    assert text_of(client.get("/background/now")) == ""


def imported(client: httpx.Client, what: str) -> str:
    """The page of a file that was imported."""
    rows = f"Date,Description,Amount,Currency\n{TODAY.isoformat()},{what},-4.10,EUR\n"
    sent = client.post("/api/imports?wait=20", params={"filename": "a.csv"}, content=rows.encode())
    upload = sent.json()["id"]
    key = sent.json()["accounts"][0]["key"]
    place = {"key": key, "choice": "new", "name": "Giro", "kind": "checking", "currency": "EUR"}
    assert client.post(f"/import/{upload}/places", data=place, headers=HX).status_code == 200
    assert client.post(f"/import/{upload}/confirm", headers=HX).status_code == 200
    while "transaction was added" not in (page := text_of(client.get(f"/import/{upload}"))):
        assert "It was not imported" not in page
    return client.get(f"/import/{upload}").text


# ------------------------------------------------------------------------------------------------------------- settings


def test_what_is_wanted_is_kept(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    form = {
        "rule": "file", "memory": "file", "classifier": "suggest", "model": "suggest", "after_import": "model",
        "merchants": "yes", "run_cap": "0.50", "month_cap": "$1,000", "at_once-anthropic": "8",
        "per_minute-anthropic": "",
    }  # fmt: skip
    assert client.post("/settings/background", data=form, headers=HX).status_code == 200
    wanted = served.run(preferences(ledger))
    assert wanted == Preferences(
        classifier="suggest",
        model="suggest",
        after_import="model",
        merchants_after_import=True,
        run_cap=Decimal("0.5"),
        month_cap=Decimal(1000),
        paces={"anthropic": Pace(8)},
    )
    page = client.get("/settings/background").text
    for value in ('value="0.5"', 'value="1,000"', 'value="8"', 'value="suggest" selected'):
        assert value in page
    assert "what is said by likeness and a model goes to your review" in quote(client)
    client.post("/settings/background", data={**form, "at_once-anthropic": ""}, headers=HX)
    assert served.run(preferences(ledger)).paces == {}


@pytest.mark.parametrize(
    ("field", "typed"),
    [("run_cap", "0"), ("month_cap", "x"), ("at_once-anthropic", "101"), ("per_minute-anthropic", "0"), ("rule", "?")],
)
def test_settings_that_cannot_be_change_nothing(
    served: Served, ledger: Ledger, client: httpx.Client, field: str, typed: str
) -> None:
    form = {"rule": "suggest", "memory": "file", "classifier": "file", "model": "file", "after_import": "free"}
    refused = client.post("/settings/background", data={**form, field: typed}, headers=HX)
    assert refused.status_code == 422
    assert field == "rule" or f'value="{typed}"' in refused.text
    assert served.run(preferences(ledger)) == Preferences()


def test_settings_are_the_owners(served: Served, ledger: Ledger) -> None:
    with served.client(served.user(f"Bob {ledger.household}", "member", ledger)) as member:
        assert member.get("/settings/background").status_code == 403
        assert member.post("/settings/background", data={}).status_code == 403
        assert "/settings/background" not in member.get("/background").text
        assert member.patch("/api/background", json={}).status_code == 403
        assert member.get("/api/background").json()["after_import"] == "free"


# ------------------------------------------------------------------------------------------------------------------ API


def test_api(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    order = {"kind": "categorize", "model": "anthropic/claude-sonnet-5-5", "limit": 4}
    told = client.post("/api/runs/quote", json=order).json()
    assert told["free"] == {"rule": 0, "memory": 1, "classifier": 0, "model": 0}
    assert (told["transactions"], told["asked"], told["questions"], told["requests"]) == (4, 3, 2, 1)
    assert Decimal(told["cost"]) > 0
    assert client.post("/api/runs/quote", json={"kind": "categorize"}).json()["cost"] is None
    made = client.post("/api/runs", json={"kind": "categorize", "free_only": True})
    assert made.status_code == 201
    run_id = made.json()["id"]
    ended(served, ledger, run_id)
    run = client.get(f"/api/runs/{run_id}").json()
    assert (run["state"], run["filed"], run["cost"], run["cost_unknown"]) == ("completed", 1, None, False)
    assert client.get("/api/runs").json() == {"runs": [run], "next": None}
    assert client.post(f"/api/runs/{run_id}/cancel").json()["code"] == "ended"
    undone = client.post(f"/api/runs/{run_id}/undo").json()
    assert undone["text"] == "Undone."
    assert undone["run"]["undone_at"]
    assert client.get("/api/runs/none").status_code == 404
    for wrong in ({"kind": "all"}, {**order, "cap": "0"}, {**order, "limit": 0}, {**order, "transactions": [0]}):
        assert client.post("/api/runs", json=wrong).status_code == 422


def test_preferences_by_api(served: Served, ledger: Ledger, client: httpx.Client) -> None:
    sent = {"model": "suggest", "run_cap": "0.25", "paces": {"openai": {"at_once": 2, "per_minute": 60}}}
    assert client.patch("/api/background", json=sent).status_code == 200
    wanted = Preferences(model="suggest", run_cap=Decimal("0.25"), paces={"openai": Pace(2, 60)})
    assert served.run(preferences(ledger)) == wanted
    assert client.patch("/api/background", json={"run_cap": None, "paces": {}}).json()["run_cap"] is None
    assert served.run(preferences(ledger)) == Preferences(model="suggest")
    for wrong in ({"run_cap": "0"}, {"paces": {"nobody": {"at_once": 1}}}, {"paces": {"openai": {"at_once": 0}}}):
        assert client.patch("/api/background", json=wrong).status_code == 422
    assert client.get("/api/background").json()["model"] == "suggest"


def open_ones(served: Served, ledger: Ledger) -> int:
    """How many transactions have no category."""
    return served.run(find_transactions(ledger, TransactionFilter(uncategorized=True))).total
