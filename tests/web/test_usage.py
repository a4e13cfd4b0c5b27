"""Usage over HTTP: figures by day, model, operation and chat, and every request."""

from __future__ import annotations

import datetime
from decimal import Decimal

import httpx
import pytest

from tuppence.access.households import create_household
from tuppence.access.users import Role
from tuppence.assistant.chats import new_chat
from tuppence.assistant.reader import Reader
from tuppence.llm import TokenUsage
from tuppence.web.usage_figures import Days, bars_of, named_days

from .asked import asked
from .served import Served

UNPRICED = "a-model-at-home"
NOON = datetime.datetime.now().astimezone().replace(hour=12, minute=0, second=0, microsecond=0)


def days_ago(days: int) -> datetime.datetime:
    return NOON - datetime.timedelta(days=days)


def test_nothing_asked_leads_to_a_question(client: httpx.Client) -> None:
    page = client.get("/usage").text
    assert "Nothing was asked yet" in page
    assert 'href="/chat"' in page
    assert client.get("/api/usage").json()["total"]["cost"] is None


def test_figures_are_those_of_the_period(served: Served, client: httpx.Client) -> None:
    for days in (1, 2, 40):
        asked(served, days_ago(days))
    assert client.get("/api/usage").json()["total"]["requests"] == 3
    since = {"since": days_ago(2).date().isoformat()}
    figures = client.get("/api/usage", params=since).json()
    assert figures["total"]["tokens"]["input_tokens"] == 2000  # 2 * 1000
    assert [one["key"] for one in figures["figures"]] == [
        days_ago(1).date().isoformat(),
        days_ago(2).date().isoformat(),
    ]
    page = client.get("/usage").text
    assert "2,000" in page
    assert "3,000" in client.get("/usage", params={"period": "all"}).text
    assert "Nothing was asked in this time" in client.get("/usage", params={"until": "2001-01-01"}).text


def test_unknown_estimated_failed_and_running_are_said_to_be(served: Served, client: httpx.Client) -> None:
    asked(served, days_ago(1), model=UNPRICED)
    asked(served, days_ago(1), outcome="stopped", tokens_estimated=True)
    asked(served, days_ago(1), outcome="failed", status=429, error="RateLimited", tokens=TokenUsage())
    asked(served, days_ago(1), outcome="open")
    page = client.get("/usage", params={"by": "model"}).text
    for words in (
        "The cost of 1 request is not known",
        "The cost of 1 request is estimated",
        "1 request failed before an answer",
        "1 request is still running",
        "unknown",
        "RateLimited",
        "429",
        "stopped",
        UNPRICED,
    ):
        assert words in page
    by_model = {one["key"]: one for one in client.get("/api/usage", params={"by": "model"}).json()["figures"]}
    assert (by_model[UNPRICED]["cost"], by_model[UNPRICED]["unknown_costs"]) == (None, 1)
    assert Decimal(by_model["claude-sonnet-5-5"]["cost"]) > 0


@pytest.mark.parametrize("role", ["member", "owner"])
def test_chats_of_others_are_figures_without_names(served: Served, client: httpx.Client, role: Role) -> None:
    bob = served.user("Bob", role)
    secret = served.run(new_chat(served.ledger, "A present for Ada", Reader(bob.id)))
    asked(served, days_ago(1), chat=secret.id)
    for path in ("/usage?by=chat", "/usage?by=day", "/api/usage?by=chat", "/api/usage/attempts"):
        text = client.get(path).text
        assert "A present for Ada" not in text
        assert secret.id not in text
    assert client.get("/api/usage?by=chat").json()["figures"][0]["requests"] == 1
    with served.client(bob) as his:
        assert f'<a href="/chat/{secret.id}" dir="auto">A present for Ada</a>' in his.get("/usage?by=chat").text
        assert his.get("/api/usage?by=chat").json()["figures"][0]["title"] == "A present for Ada"
        assert his.get("/api/usage/attempts").json()["attempts"][0]["chat"] == secret.id


def test_requests_are_paged_and_none_is_left_out(served: Served, client: httpx.Client) -> None:
    made = [asked(served, days_ago(3 - number // 3)).id for number in range(7)]  # three at the same moment, and again
    seen: list[str] = []
    before = None
    while True:
        params = {"limit": 2} | ({} if before is None else {"before": before})
        answer = client.get("/api/usage/attempts", params=params).json()
        seen += [one["id"] for one in answer["attempts"]]
        if (before := answer["next"]) is None:
            break
    assert sorted(seen) == sorted(made)


def test_the_page_shows_those_that_follow(served: Served, client: httpx.Client) -> None:
    for number in range(51):
        asked(served, days_ago(1) - datetime.timedelta(minutes=number))
    page = client.get("/usage").text
    assert page.count('class="attempt"') == 50
    address = page.partition('hx-get="/usage/attempts')[2].partition('"')[0]
    assert client.get(f"/usage/attempts{address}").text.count('class="attempt"') == 1
    assert client.get("/usage/attempts", params={"before": "2026-01-01T00:00:00"}).status_code == 422


def test_periods_that_there_are_not(client: httpx.Client) -> None:
    queries = [
        "since=2026-02-02&until=2026-01-01",
        "since=0001-01-01",
        "until=9999-12-31",
        "period=ever",
        "by=colour",
    ]
    assert {query: client.get(f"/usage?{query}").status_code for query in queries} == dict.fromkeys(queries, 422)


def test_one_household_sees_nothing_of_another(served: Served, client: httpx.Client) -> None:
    asked(served, days_ago(1), model="only-ours")
    ledger, _ = served.run(create_household(served.parts.store, "Next door"))
    with served.client(served.user("Eve", "owner", ledger)) as eve:
        assert "Nothing was asked yet" in eve.get("/usage").text
        assert "only-ours" not in eve.get("/api/usage/attempts").text


def test_named_days() -> None:
    today = datetime.date(2026, 3, 1)
    assert named_days("7-days", today) == Days(datetime.date(2026, 2, 23), today)
    assert named_days("last-month", today) == Days(datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    assert named_days("all", today) == Days(None, None)


def test_bars_have_no_gaps_and_long_periods_are_by_month(served: Served, client: httpx.Client) -> None:
    for days in (1, 3):
        asked(served, days_ago(days))
    today = NOON.date()
    summaries = served.run(served.parts.usage.summaries(served.ledger.household, "day"))
    bars = bars_of(summaries, Days(None, None), today)
    assert bars is not None
    assert [(bar.requests, bar.height) for bar in bars.bars] == [(1, 1000), (0, 0), (1, 1000), (0, 0)]
    asked(served, days_ago(200))
    summaries = served.run(served.parts.usage.summaries(served.ledger.household, "day"))
    year = bars_of(summaries, Days(today - datetime.timedelta(days=364), today), today)
    assert year is not None
    assert all(bar.is_month for bar in year.bars)
    assert sum(bar.requests for bar in year.bars) == 3
    assert year.bars[0].first == days_ago(200).date().replace(day=1)
    assert bars_of([], Days(None, None), today) is None
