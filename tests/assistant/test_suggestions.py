"""Suggested questions: from the household's own data, and sensible without any."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ledger.reports.conftest import household, ledger

from tuppence.assistant.suggestions import WITHOUT_DATA, suggested_questions
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store

__all__ = ["household", "ledger"]

pytestmark = pytest.mark.anyio


async def test_before_anything_was_imported(tmp_path: Path) -> None:
    async with await Store.open(tmp_path) as store:
        assert await suggested_questions(await open_ledger(store), date(2026, 4, 7)) == list(WITHOUT_DATA)


@pytest.mark.parametrize(
    ("today", "when"),
    [(date(2026, 4, 10), "last month"), (date(2026, 9, 1), "in April 2026"), (date(2020, 1, 1), "in February 2026")],
    ids=["now", "long after the last import", "a clock that is wrong"],
)
async def test_about_what_there_is(ledger: Ledger, today: date, when: str) -> None:
    balances = "What is my net worth?" if today.year > 2020 else "Of which accounts is the balance not known?"
    assert await suggested_questions(ledger, today) == [
        f"What did I spend on Housing {when}?",
        f"How much did I pay to Green Basket {when}?",
        balances,
        f"How does what I spent {when} compare with the month before?",
    ]
