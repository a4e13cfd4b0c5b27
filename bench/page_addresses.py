"""The addresses that bench/pages.py asks for: every list, report and fragment, with the usual filters and periods."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

from large_household import COMMON, RARE

PERIODS = ("last-12-months", "this-year", "last-year", "all")
ORDERS = ("newest", "oldest", "largest", "smallest")
LEFT_OUT = {
    "/": "leads elsewhere",
    "/settings": "leads elsewhere",
    "/sign-in": "no list",
    "/enter/{secret}": "no list",
    "/chat/{chat_id}": "has nothing to do with transactions",
    "/chat/{chat_id}/conversation": "has nothing to do with transactions",
    "/chat/{chat_id}/export": "has nothing to do with transactions",
    "/chat/evidence/{turn_id}/{call_id:path}": "has nothing to do with transactions",
    "/api/chats/{chat_id}": "has nothing to do with transactions",
    "/api/turns/{turn_id}": "has nothing to do with transactions",
    "/api/turns/{turn_id}/events": "has nothing to do with transactions",
    "/api/turns/{turn_id}/results/{call_id:path}": "has nothing to do with transactions",
    "/settings/providers/{name}/test": "asks a provider",
    "/api/providers/{name}/test": "asks a provider",
    "/import/{upload_id}": "reads a file",
    "/import/{upload_id}/state": "reads a file",
    "/import/{upload_id}/undo": "as /import/past/{token}",
    "/api/imports/{upload_id}": "reads a file",
}
"""Routes that are not measured, and why."""
MANY = "exact over very many rows"
UNINDEXED = "two letters that no row holds: each has to be read"


@dataclass(frozen=True, slots=True)
class Address:
    """Something that a browser or a program asks for."""

    path: str
    is_fragment: bool = False
    """A part that a page loads by itself."""
    unbounded: str | None = None
    """Why it may take longer; None: it may not."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is there to ask for."""

    category: int
    """With sub-categories."""
    leaf: int
    transaction: int
    transfer: int
    """One side."""
    largest_import: str
    today: date


def addresses(folder: Path) -> list[Address]:
    """All of them, for the household in `folder`."""
    known = _known(folder)
    return [*_overview(), *_accounts(known), *_reports(known), *_names(known), *_transactions(known), *_others(known)]


def _known(folder: Path) -> Known:
    with closing(sqlite3.connect(folder / "tuppence.db")) as database:

        def first(query: str) -> int:
            return int(database.execute(query).fetchone()[0])

        return Known(
            category=first("SELECT id FROM categories WHERE name = 'Food' AND household_id = 1"),
            leaf=first("SELECT max(id) FROM categories"),
            transaction=first("SELECT id FROM transactions WHERE id > 500000 AND transfer_id IS NULL LIMIT 1"),
            transfer=first("SELECT id FROM transactions WHERE transfer_id IS NOT NULL LIMIT 1"),
            largest_import=database.execute("SELECT token FROM imports ORDER BY rows_new DESC LIMIT 1").fetchone()[0],
            today=date.today(),
        )


def _pages(*paths: str) -> Iterator[Address]:
    return (Address(path) for path in paths)


def _fragments(*paths: str) -> Iterator[Address]:
    return (Address(path, is_fragment=True) for path in paths)


def _overview() -> Iterator[Address]:
    yield from _pages("/overview", "/overview?period=all", "/overview/transfers")
    yield from _fragments("/overview/figures", "/overview/accounts", "/overview/attention", "/overview/transfers/list")
    for period in PERIODS:
        yield from _fragments(f"/overview/net-worth?period={period}", f"/overview/flow?period={period}")


def _accounts(known: Known) -> Iterator[Address]:
    yield from _pages("/accounts", "/accounts/new", "/accounts/1", "/accounts/1?period=all", "/accounts/8")
    parts = ("about", "balances", "latest", "imports")
    yield from _fragments("/accounts/list", *(f"/accounts/{number}/{part}" for number in (1, 8) for part in parts))
    yield from _fragments(f"/accounts/1/imports/{known.largest_import}")
    for period in PERIODS:
        yield from _fragments(f"/accounts/1/history?period={period}", f"/accounts/8/history?period={period}")
    api = "/api/accounts"
    yield from _pages(api, f"{api}?archived=true", f"{api}/1", f"{api}/8", f"{api}/1/balances")


def _reports(known: Known) -> Iterator[Address]:
    odd_year = urlencode({"since": known.today - timedelta(days=700), "until": known.today - timedelta(days=330)})
    odd_years = urlencode({"since": known.today - timedelta(days=3000), "until": known.today - timedelta(days=20)})
    month = urlencode({"since": known.today.replace(day=1), "until": known.today})
    for report in ("income-statement", "net-worth", "merchants"):
        for asked in (*(f"period={period}" for period in PERIODS), odd_year, odd_years, month):
            yield Address(f"/api/reports/{report}?{asked}")
    yield Address("/api/reports/merchants?period=all&limit=1000")
    yield Address("/api/reports/balance-sheet")
    yield Address(f"/api/reports/balance-sheet?as_of={known.today - timedelta(days=2000)}")


def _names(known: Known) -> Iterator[Address]:
    for period in PERIODS:
        yield from _pages(f"/categories?period={period}", f"/merchants?period={period}")
        yield from _pages(f"/categories/{known.category}?period={period}", f"/merchants/1?period={period}")
    yield from _pages("/merchants?order=name", "/merchants?page=20", "/merchants?q=mel", "/merchants/2900", "/tags")
    yield from _fragments("/merchants?q=mel&period=all&page=2", "/categories/tree", "/tags/list")
    yield from _fragments("/categories/new", "/merchants/new", "/tags/new", "/merchants/merge?row=1&row=2")
    for what, number in (("categories", known.category), ("categories", known.leaf), ("merchants", 1)):
        for part in ("about", "edit", "merge", "delete"):
            yield from _fragments(f"/{what}/{number}/{part}")
    yield from _fragments(f"/categories/{known.category}/about?period=all", "/merchants/1/about?period=all")
    yield from _fragments("/tags/1/edit", "/tags/1/merge", "/tags/1/delete")
    yield from _pages("/api/categories", f"/api/categories/{known.category}", "/api/tags", "/api/tags/1")
    yield from _pages("/api/merchants", "/api/merchants?offset=1000&limit=1000", "/api/merchants?q=mel&order=name")
    yield from _pages("/api/merchants/1")


def _filters(known: Known) -> dict[str, str | None]:
    """What is asked of transactions, and why a program that asks for its exact figures may have to wait, if so."""
    today = known.today
    year = f"since={today.year - 2}-01-01&until={today.year - 2}-12-31"
    return {
        "": None,
        "transfers=no": None,
        "account=1": None,
        "account=8": None,
        "account=2&account=5": None,
        f"category={known.category}": None,
        f"category={known.leaf}": None,
        "merchant=1": None,
        "merchant=2900": None,
        "tag=1": None,
        f"since={today.replace(day=1)}": None,
        f"since={today - timedelta(days=365)}": None,
        year: None,
        f"since={today - timedelta(days=1900)}": None,
        f"q={COMMON}": MANY,
        "q=pos": MANY,
        f"q={RARE.lower()}": None,
        "q=zzzzzz": None,
        "q=po": MANY,
        "q=zx": MANY,
        "q=m": MANY,
        "q=pos+melba": None,
        "minimum=100&maximum=200": None,
        "minimum=2000": None,
        "minimum=1": MANY,
        "direction=in": None,
        "direction=out": None,
        "uncategorized=true": None,
        "currency=USD": None,
        f"account=1&category={known.category}": None,
        f"account=3&{year}&direction=out": None,
        f"merchant=1&{year}": None,
        f"q={COMMON}&account=8": None,
        f"q={COMMON}&{year}": MANY,
        f"q={COMMON}&uncategorized=true": MANY,
        f"q={COMMON}&minimum=500": None,
        f"imported={known.largest_import}": None,
        "merchant=1&account=8&direction=in": None,
    }


def _transactions(known: Known) -> Iterator[Address]:
    day, far = known.today - timedelta(days=1800), 500_000
    for asked, unbounded in _filters(known).items():
        page = asked.replace("uncategorized=true", "uncategorized=yes")
        also = f"&{page}" if page else ""
        slow = UNINDEXED if asked == "q=zx" else None
        yield Address(f"/transactions?{page}", is_fragment=True, unbounded=slow)
        for order in ORDERS:
            place = f"{day}.{far}" if order in ("newest", "oldest") else f"3000.{far}"
            yield Address(f"/api/transactions?order={order}&{asked}", unbounded=slow)
            further = f"/transactions/rows?order={order}&after={place}{also}"
            yield Address(further, is_fragment=True, unbounded=slow)
        yield Address(f"/transactions/figures?{page}", is_fragment=True)
        yield Address(f"/api/transactions/figures?{asked}", unbounded=unbounded)
    yield from _pages(
        "/transactions",
        "/transactions?period=last-12-months",
        f"/transactions?open={known.transfer}",
        "/transactions?state=pending",
    )
    yield from _fragments("/transactions/rows?shown=1000", "/transactions/figures?state=pending")
    yield from _pages("/api/transactions?pending=true", "/api/transactions/figures?pending=true")
    for kind, text in (("merchants", ""), ("merchants", "mel"), ("tags", "tag"), ("categories", "fo")):
        yield from _fragments(f"/transactions/names/{kind}?q={text}")
    for number in (known.transaction, known.transfer):
        yield from _fragments(f"/transactions/{number}", f"/transactions/{number}/counterparts")
        yield from _pages(f"/api/transactions/{number}", f"/api/transactions/{number}/counterparts")


def _others(known: Known) -> Iterator[Address]:
    yield from _pages("/import", "/chat", "/chat/all", "/edits", "/usage", "/settings/data")
    yield from _pages("/settings/household", "/settings/you", "/settings/providers", "/settings/members")
    yield from _fragments("/import/waiting", "/import/past", f"/import/past/{known.largest_import}")
    yield from _fragments("/settings/household/example", "/settings/you/sessions", "/settings/providers/usual")
    yield from _fragments("/usage/attempts?before=2026-01-01T00:00:00Z")
    yield from _pages("/api/imports", "/api/edits", "/api/chats", "/api/models", "/api/household", "/api/you")
    yield from _pages("/api/keys", "/api/providers", "/api/usage", "/api/usage/attempts")
