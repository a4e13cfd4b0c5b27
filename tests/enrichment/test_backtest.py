"""What is filed without asking is right: over invented households, and over the household in a data folder."""

import asyncio
import json
from pathlib import Path

import pytest
from ledger.statements import bring_in, row, rows_of, statement

from enrichment.filed import paid, several
from enrichment.invented_households import ENGLISH, FRENCH, GERMAN, SPANISH, STYLES, Language, history
from tuppence.enrichment.backtest import Tally, compared, halves, main, months, table
from tuppence.enrichment.entries import Filing
from tuppence.ledger.categories import find_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store


@pytest.mark.parametrize(
    ("language", "style", "least"),
    [(ENGLISH, "usual", 0.5), (GERMAN, "usual", 0.5), (FRENCH, "names tell little", 0.5), (SPANISH, "inconstant", 0.2)],
)
def test_at_least_97_percent_is_right(language: Language, style: str, least: float) -> None:
    tally = Tally()
    for household in range(11, 14):  # not those by which anything was chosen
        tally.add(compared(halves(history(language, STYLES[style], household), [household])))
    assert (tally.coverage() or 0) > least
    assert (tally.precision() or 0) >= 0.97


def test_a_half_teaches_and_the_other_is_asked_about() -> None:
    filed = several(10, 1, "Orlik")
    splits = list(halves(filed, range(3)))
    assert [(len(taught), len(hidden)) for taught, hidden in splits] == [(5, 5)] * 3
    assert compared(splits).asked == 15


def test_each_month_is_asked_about_by_those_before_it() -> None:
    filed = [Filing(paid("Orlik", day=f"2026-{month:02}-05"), 1) for month in (5, 1, 2, 3, 6)]
    splits = [(len(taught), len(hidden)) for taught, hidden in months([*filed, *several(3, 1, "No date")])]
    assert splits == [(3, 1), (4, 1)]


def test_saying_something_where_people_said_nothing_is_wrong() -> None:
    tally = compared([(several(8, 1, "Orlik"), [*several(1, None, "Orlik"), *several(3, 1, "Orlik")])])
    assert (tally.asked, tally.filed["memory"], tally.right["memory"]) == (4, 4, 3)
    assert tally.precision() == 0.75
    assert tally.precision("classifier") is None
    assert Tally().coverage() is None
    assert "75.0%" in table([("x", tally)])


async def household_in(folder: Path) -> Ledger:
    async with await Store.open(folder) as store:
        ledger = await open_ledger(store)
        rows = [row(f"{month:02}-{day:02}", f"-{day}", "ORLIK MARKT") for month in range(1, 7) for day in (3, 9)]
        await bring_in(ledger, statement(*rows))
        change = TransactionChange(category=(await find_category(ledger, "Groceries")).id)
        await file_transactions(ledger, [each.id for each in await rows_of(ledger)], change)
        return ledger


def test_the_household_in_a_data_folder_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    asyncio.run(household_in(tmp_path))
    main([str(tmp_path), "--json"])
    found = json.loads(capsys.readouterr().out)
    memory = {"memory": 6, "classifier": 0}
    assert found["category, month by month"] == {"asked": 6, "filed": memory, "right": memory}
    assert found["category, halves"]["asked"] == 30
    assert found["merchant, halves"]["asked"] == 0
    main([str(tmp_path)])
    assert "category, halves" in capsys.readouterr().out


def test_to_leave_empty_what_people_leave_empty_is_no_filing() -> None:
    tally = compared([(several(8, None, "Orlik"), several(3, None, "Orlik"))])
    assert (tally.asked, tally.filed["memory"]) == (3, 0)
