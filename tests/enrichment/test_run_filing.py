"""What comes of what is said in a run, where it is said more than once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tuppence.enrichment.run_filing import take_in_free
from tuppence.enrichment.runs import run_of
from tuppence.enrichment.suggestions import Suggested
from tuppence.ledger.categories import find_category
from tuppence.ledger.edits import list_edits

from .at_work import office, spend

pytestmark = pytest.mark.anyio


rule_said = partial(Suggested, source="rule", confidence=None, reason="a rule")


async def test_what_two_processes_say_of_one_run_is_filed_and_counted_once(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        ledger = opened.ledger
        await spend(ledger, "XQZ 7781 REF")
        run = await opened.ran()
        shop, toys = await spend(ledger, "REWE MARKT", "TOYSTORE 12")
        groceries, fun = await find_category(ledger, "Groceries"), await find_category(ledger, "Entertainment")
        said = [
            rule_said(transaction_id=shop, kind="category", category_id=groceries.id),
            rule_said(transaction_id=toys, kind="category", category_id=fun.id),
            rule_said(transaction_id=toys, kind="tags", tags=("Play",)),
        ]
        for _ in range(2):
            await take_in_free(ledger, run.id, "rule", said, "file")
        assert (await run_of(ledger, run.id)).filed == 2
        assert (await list_edits(ledger))[0].summary == "Filed 2 transactions by your rules"
