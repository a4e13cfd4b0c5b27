"""`tuppence import`: what it shows beforehand, what it asks, what it brings in, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..command import Command
from ..terminal import terminal

CLEAR = """\
Date,Description,Amount,Currency
2026-03-02,Fennel Market,-41.20,USD
2026-03-05,Slow Kettle,-4.50,USD
2026-03-05,Slow Kettle,-4.50,USD
2026-03-17,Payroll,2500.00,USD
"""
AMBIGUOUS = "Date,Description,Amount\n03/04/2026,Fennel Market,-41.20\n05/04/2026,Slow Kettle,-4.50\n"
WITH_A_BAD_ROW = CLEAR + "2026-03-40,No such day,-1.00,USD\n2026-03-20,Bluebarn,-10.00,USD\n"
TWO_ACCOUNTS = """\
OFXHEADER:100
DATA:OFXSGML
VERSION:102

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>1<ACCTID>111<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260302<TRNAMT>-100.00<FITID>a<NAME>To savings</STMTTRN></BANKTRANLIST>
</STMTRS></STMTTRNRS><STMTTRNRS><STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>1<ACCTID>222<ACCTTYPE>SAVINGS</BANKACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260303<TRNAMT>100.00<FITID>b<NAME>Arrived</STMTTRN></BANKTRANLIST>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


@pytest.fixture
def clear(tmp_path: Path) -> str:
    return written(tmp_path, "clear.csv", CLEAR)


@pytest.fixture
def ambiguous(tmp_path: Path) -> str:
    return written(tmp_path, "ambiguous.csv", AMBIGUOUS)


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def rows(command: Command) -> list[tuple[str, str]]:
    page = json.loads(command.succeeds("transactions", "--order", "oldest", "--json"))
    return [(row["date"], row["amount"]["amount"]) for row in page["transactions"]]


def test_a_dry_run_for_programs_is_one_line_per_file(command: Command, clear: str, ambiguous: str) -> None:
    first, second = command.succeeds("import", clear, ambiguous, "--dry-run", "--json").splitlines()
    read: dict[str, Any] = json.loads(first)
    assert list(read) == ["file", "accounts", "problems", "questions"]
    (account,) = read["accounts"]
    assert read["file"] == "clear.csv"
    assert {key: account[key] for key in account if key != "rows"} == {
        "id": None,
        "currency": "USD",
        "transactions": 4,
        "pending": 0,
        "first_date": "2026-03-02",
        "last_date": "2026-03-17",
        "sum": {"USD": "2449.80"},  # 2500.00 - 41.20 - 2 * 4.50
        "opening_balance": None,
        "closing_balance": None,
    }
    assert account["rows"][0] == {
        "date": "2026-03-02",
        "amount": "-41.20",
        "currency": "USD",
        "description": "Fennel Market",
        "pending": False,
    }
    (question,) = json.loads(second)["questions"]
    assert question["field"] == "day_first"
    assert question["choices"] == ["yes", "no"]
    assert rows(command) == []


def test_a_dry_run_for_people_says_what_would_be_done(command: Command, clear: str) -> None:
    ended = command("import", clear, "--account", "Everyday", "--dry-run")
    assert ended.code == 0
    assert "Fennel Market" in ended.output
    assert "add 4 transactions" in ended.errors
    assert rows(command) == []
    command.succeeds("import", clear, "--account", "Everyday")
    assert "find 4 that are there already" in command("import", clear, "--account", "everyday", "--dry-run").errors


def test_nothing_is_added_twice_and_equal_purchases_stay_two(command: Command, clear: str, tmp_path: Path) -> None:
    assert "add 4 transactions" in command.succeeds("import", clear, "--account", "Everyday")
    overlapping = written(tmp_path, "later.csv", CLEAR.replace("2026-03-02,Fennel Market", "2026-03-25,Bluebarn"))
    done = json.loads(command.succeeds("import", overlapping, "--account", "Everyday", "--json"))
    (account,) = done["accounts"]
    assert (account["new"], account["same"]) == (1, 3)
    assert [amount for _, amount in rows(command)] == ["-41.20", "-4.50", "-4.50", "2500.00", "-41.20"]


def test_one_bad_row_is_named_and_nothing_is_half_imported(command: Command, tmp_path: Path) -> None:
    file = written(tmp_path, "bad.csv", WITH_A_BAD_ROW)
    ended = command("import", file, "--account", "Everyday")
    assert ended.code == 1
    assert "line 6" in ended.errors
    assert "--skip-bad-rows" in ended.errors.splitlines()[-1]
    assert rows(command) == []
    assert command("import", file, "--account", "Everyday", "--skip-bad-rows").code == 0
    assert len(rows(command)) == 5


def test_open_questions_name_the_options_that_answer_them(command: Command, ambiguous: str) -> None:
    ended = command("import", ambiguous, "--account", "Everyday", "--currency", "EUR")
    assert ended.code == 3
    assert "--day-first or --month-first" in ended.sentence
    assert rows(command) == []


@pytest.mark.parametrize(
    ("option", "first"), [("--day-first", ("2026-04-03", "-41.20")), ("--month-first", ("2026-03-04", "-41.20"))]
)
def test_options_answer(command: Command, ambiguous: str, option: str, first: tuple[str, str]) -> None:
    command.succeeds("import", ambiguous, "--account", "Everyday", "--currency", "EUR", option)
    assert rows(command)[0] == first


def test_columns_can_be_named(command: Command, tmp_path: Path) -> None:
    file = written(tmp_path, "odd.csv", "When;Thing;Betrag A;Betrag B\n2026-03-02;Fennel;-41,20;7,00\n")
    command(
        "import", file, "--account", "E", "--currency", "EUR", "--columns", "amount=Betrag A", "--columns", "date=When"
    )
    assert rows(command) == [("2026-03-02", "-41.20")]


def test_the_account_and_the_currency_are_asked_for(command: Command, clear: str, ambiguous: str) -> None:
    assert "--account NAME" in command("import", clear).sentence
    assert "--currency" in command("import", ambiguous, "--account", "Everyday", "--day-first").sentence


def test_a_file_of_several_accounts(command: Command, tmp_path: Path) -> None:
    file = written(tmp_path, "two.ofx", TWO_ACCOUNTS)
    ended = command("import", file)
    assert ended.code == 3
    assert "--account 111=NAME" in ended.sentence
    told = command.succeeds("import", file, "--account", "111=Current", "--account", "222=Nest egg")
    assert "1 transfer between your own accounts" in told
    accounts = json.loads(command.succeeds("accounts", "--json"))
    assert [(account["name"], account["kind"]) for account in accounts] == [
        ("Current", "checking"),
        ("Nest egg", "savings"),
    ]
    assert "find 1 that are there already" in command.succeeds("import", file)  # the numbers are known now


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "no file"),
        ("empty.csv", b"", "empty"),
        ("statement.pdf", b"%PDF-1.7 ...", "PDF"),
        ("page.csv", b"<!doctype html><html>", "web page"),
    ],
)
def test_files_that_cannot_be_read(
    command: Command, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ended = command("import", str(tmp_path / name), "--account", "Everyday")
    assert ended.code == 1
    assert words in ended.sentence
    assert name in ended.sentence


def test_a_folder_is_no_file(command: Command, tmp_path: Path) -> None:
    assert "folder" in command("import", str(tmp_path), "--account", "Everyday").sentence


@pytest.mark.anyio
async def test_a_person_at_the_terminal_is_asked(environment: dict[str, str], ambiguous: str) -> None:
    async with terminal("import", ambiguous, environment=environment) as screen:
        await screen.shows("day first", "1  yes", "Which one")
        screen.types("maybe\n")
        await screen.shows("Type a number from 1 to 2.")
        screen.types("1\n")
        await screen.shows("Which account")
        screen.types("Everyday\n")
        await screen.shows("Currency of Everyday")
        screen.types("eur\n")
        await screen.shows("ambiguous.csv into Everyday: add 2 transactions.")
        assert await screen.ended() == 0
    async with terminal("transactions", "fennel", environment=environment) as screen:
        await screen.shows("2026-04-03", "41.20")
        assert await screen.ended() == 0
