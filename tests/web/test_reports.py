from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from ledger.reports.small_household import small_household

from tuppence.ledger.reports import Period
from tuppence.web.report_periods import named_period, points_of

from .served import Served
from .served import served as serving

SPRING = {"since": "2026-02-01", "until": "2026-04-10"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home) as one:
        one.run(small_household(one.parts.store))
        yield one


@pytest.fixture(scope="module")
def client(filled: Served) -> Iterator[httpx.Client]:
    with filled.client(filled.user()) as one:
        yield one


def asked(client: httpx.Client, report: str, **parameters: str) -> Any:
    response = client.get(f"/api/reports/{report}", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def test_income_statement(client: httpx.Client) -> None:
    report = asked(client, "income-statement", **SPRING)
    dollars, euros = report["statements"]
    assert (dollars["currency"], euros["currency"]) == ("USD", "EUR")
    assert dollars["income"]["amount"] == "6015.00"  # two salaries and a friend's 15.00
    assert euros["spending"] == {"minor": 3000, "currency": "EUR", "amount": "30.00"}
    assert [month["month"] for month in dollars["months"]] == ["2026-02", "2026-03", "2026-04"]
    food = next(line for line in dollars["spending_categories"] if line["name"] == "Food")
    assert {line["name"] for line in food["below"]} >= {"Groceries", "Restaurants"}
    assert report["coverage"]["transactions"] == 18
    assert report["coverage"]["transfers"] == 2


def test_balance_sheet(client: httpx.Client) -> None:
    sheet = asked(client, "balance-sheet", as_of="2026-04-10")
    by_name = {line["name"]: line for line in sheet["balances"]}
    assert by_name["Euros"]["balance"] is None
    assert by_name["Everyday"]["balance"]["amount"] == "300.00"  # 1,500.00 less the rent
    assert [one["currency"] for one in sheet["net_worth"]] == ["USD"]
    assert sheet["net_worth"][0]["liabilities"]["amount"] == "200140.00"


def test_net_worth(client: httpx.Client) -> None:
    report = asked(client, "net-worth", **SPRING)
    assert [point["as_of"] for point in report["points"]] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-10",
    ]
    latest = asked(client, "balance-sheet", as_of="2026-04-10")["net_worth"]
    assert report["points"][-1]["net_worth"] == latest
    assert len(report["points"][-1]["unknown"]) == 1


def test_merchants(client: httpx.Client) -> None:
    report = asked(client, "merchants", **SPRING, limit="1")
    [first] = report["merchants"]
    assert first["name"] == "Green Basket"
    assert (first["money_out"]["minor"], first["money_in"]["minor"]) == (20000, 2500)
    assert report["missing"] == 3
    assert report["without_merchant"][0]["name"] is None


def test_only_one_end_is_given(client: httpx.Client) -> None:
    assert asked(client, "income-statement", until="1999-12-31")["until"] == "1999-12-31"
    assert asked(client, "income-statement", since="2999-01-01")["since"] == "2999-01-01"


@pytest.mark.parametrize("report", ["income-statement", "net-worth", "merchants"])
def test_periods_that_cannot_be(client: httpx.Client, report: str) -> None:
    for wrong in ({"since": "2026-03-02", "until": "2026-03-01"}, {"since": "soon"}, {"period": "never"}):
        assert client.get(f"/api/reports/{report}", params=wrong).status_code == 422


@pytest.mark.parametrize("report", ["income-statement", "net-worth", "merchants"])
def test_all_of_time(client: httpx.Client, report: str) -> None:
    asked(client, report, since="0001-01-01", until="9999-12-31")
    asked(client, report, period="all")


def test_only_its_own_household(client: httpx.Client) -> None:
    names = {line["name"] for line in asked(client, "balance-sheet")["balances"]}
    assert names == {"Everyday", "Rainy day", "Plastic", "Euros", "House loan"}


def test_points_of_a_long_period_are_few() -> None:
    today = datetime.date(2026, 5, 15)
    assert points_of(Period(datetime.date(2026, 3, 10), today), today) == [
        datetime.date(2026, 3, 9),
        datetime.date(2026, 3, 31),
        datetime.date(2026, 4, 30),
        today,
    ]
    quarters = points_of(Period(datetime.date(2001, 1, 1), today), today)
    assert len(quarters) < 120
    assert quarters[1] == datetime.date(2001, 3, 31)
    years = points_of(Period(datetime.date(1926, 1, 1), today), today)
    assert years[1:3] == [datetime.date(1926, 12, 31), datetime.date(1927, 12, 31)]
    assert points_of(Period(today, datetime.date(2999, 1, 1)), today)[-1] == today


@pytest.mark.parametrize(
    ("name", "since", "until"),
    [
        ("last-12-months", "2025-04-01", "2026-03-31"),
        ("this-year", "2026-01-01", "2026-03-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("all", "2026-02-01", "2026-04-08"),
    ],
)
def test_named_periods(filled: Served, name: Any, since: str, until: str) -> None:
    period = filled.run(named_period(filled.ledger, name, datetime.date(2026, 3, 31)))
    assert (period.since.isoformat(), period.until.isoformat()) == (since, until)
