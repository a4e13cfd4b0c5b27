"""Reads delimited text: recognises delimiter, table and layout, then the rows."""

import datetime
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import msgspec

from tuppence.ledger.imports.amounts import amount_of
from tuppence.ledger.imports.bank_file import (
    AccountKind,
    BankFile,
    ImportedAccount,
    Problem,
    Question,
    ReadOptions,
    UnreadableBankFile,
)
from tuppence.ledger.imports.csv_accounts import balance_remark, collected_accounts
from tuppence.ledger.imports.csv_columns import Table, found_table
from tuppence.ledger.imports.csv_layout import Layout, decided_layout
from tuppence.ledger.imports.csv_rows import RowReader
from tuppence.ledger.imports.csv_signs import decided_signs, sign_evidence
from tuppence.ledger.imports.csv_survey import Survey, labelled_balance, surveyed
from tuppence.ledger.imports.csv_text import CsvText, Dialect, decoded
from tuppence.ledger.imports.csv_words import plain_words
from tuppence.ledger.imports.dates import date_parts, whole_date

_DELIMITERS = (",", ";", "\t", "|", "~")
_SAMPLE_RECORDS = 400
_NAMED_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

Progress = Callable[[int, int], None]


def read_csv(data: bytes, *, filename: str, options: ReadOptions, progress: Progress | None = None) -> BankFile:
    """The accounts of a delimited text file.

    `progress` is called with the lines read and the lines there are, now and then. Raises UnreadableBankFile when the
    file holds no table of transactions.
    """
    text = decoded(data, options.encoding)
    today = options.today or datetime.date.today()
    dialect, table = recognised(text, options)
    survey = surveyed(text, dialect, table, today)
    layout = decided_layout(table, survey, options, today, filename)
    if text.damaged:
        layout.remarks.append(
            Problem(
                None, f"Some characters do not fit the encoding {text.encoding} and are shown as \ufffd.", kept=True
            )
        )
    if not layout.readable:
        return _unread(layout)
    evidence = sign_evidence(text, dialect, layout)
    signs = decided_signs(evidence, layout, options)
    reader = RowReader(text, dialect, layout, signs, split_by_currency=_splits_by_currency(layout, survey))
    lines = survey.rows + len(survey.preamble)
    step = None if progress is None else (lambda line: progress(min(line, lines), lines))
    collection = collected_accounts(reader, name=None, kind=_kind(layout, filename, survey), progress=step)
    accounts = collection.accounts or [_empty_account(layout)]
    if len(accounts) == 1:
        accounts = [_with_stated_balances(accounts[0], survey, layout)]
    checked = [balance_remark(*pair) for pair in zip(accounts, collection.totals, strict=False)]
    return BankFile(
        format="csv",
        accounts=tuple(accounts),
        problems=(*layout.remarks, *collection.problems, *(remark for remark in checked if remark is not None)),
        questions=tuple(_without_repeats(layout.questions)),
    )


def _unread(layout: Layout) -> BankFile:
    return BankFile(
        format="csv",
        accounts=(_empty_account(layout),),
        problems=tuple(layout.remarks),
        questions=tuple(_without_repeats(layout.questions)),
    )


def _empty_account(layout: Layout) -> ImportedAccount:
    return ImportedAccount(id=layout.account, currency=layout.currency, transactions=())


def _without_repeats(questions: list[Question]) -> list[Question]:
    return list(dict.fromkeys(questions))


def recognised(text: CsvText, options: ReadOptions) -> tuple[Dialect, Table]:
    """The delimiter with which the sample is most of a table, and that table."""
    given = options.delimiter and _NAMED_DELIMITERS.get(options.delimiter.casefold(), options.delimiter)
    if given and len(given) != 1:
        raise UnreadableBankFile("A delimiter is one character: name it like , or ; or tab.")
    best: tuple[int, Dialect, Table] | None = None
    for dialect in _dialects(text, [given] if given else list(_DELIMITERS)):
        sample = list(islice(text.records(dialect), _SAMPLE_RECORDS))
        table = found_table(sample, options.columns) if sample else None
        if table is None:
            continue
        score = 3 * table.rows_like_it * table.columns.is_complete + 2 * bool(table.header) + min(table.width, 9)
        if best is None or score > best[0]:
            best = (score, replace(dialect, breaks=max(1, table.width - 1)), table)
    if best is None or not (best[2].rows_like_it or best[2].columns.is_complete or best[2].columns.dates):
        raise UnreadableBankFile(
            "The file holds no table of transactions: download the transactions as CSV or OFX and import that file."
        )
    return best[1], best[2]


def _dialects(text: CsvText, delimiters: list[str]) -> list[Dialect]:
    """The dialects worth trying, with the delimiter count of the sample's usual line."""
    lines = list(islice(text.lines(), _SAMPLE_RECORDS))
    dialects = []
    for delimiter in delimiters:
        counts = sorted(line.count(delimiter) for line in lines if delimiter in line)
        if counts:
            dialects.append(Dialect(delimiter, breaks=counts[len(counts) // 2]))
    if not dialects and len(delimiters) == 1:
        dialects.append(Dialect(delimiters[0]))
    whole = [line for line in lines if line.strip()]
    if whole and sum(_is_one_quoted_cell(line) for line in whole) > 0.8 * len(whole):
        dialects += [replace(dialect, wrapped=True) for dialect in dialects]
    return dialects


def _is_one_quoted_cell(line: str) -> bool:
    return line.startswith('"') and re.fullmatch(r'"(?:[^"]|"")*"\s*', line) is not None


def _splits_by_currency(layout: Layout, survey: Survey) -> bool:
    """A running balance has one currency, so rows of several currencies beside one are several accounts."""
    return layout.columns.balance is not None and len(survey.distinct(layout.columns.currency)) > 1


def _kind(layout: Layout, filename: str, survey: Survey) -> AccountKind | None:
    if layout.is_card:
        return "credit_card"
    words = plain_words(" ".join([filename, *(cell for _, cells in survey.preamble for cell in cells)])[:2000])
    if re.search(
        r"\b(savings|sparkonto|tagesgeld|tagesgeldkonto|livret|ahorro|risparmio|spaarrekening|poupanca|oszczednosciowe)\b",
        words,
    ):
        return "savings"
    return (
        "checking"
        if re.search(r"\b(checking|chequing|girokonto|current account|compte courant|betaalrekening)\b", words)
        else None
    )


def _with_stated_balances(account: ImportedAccount, survey: Survey, layout: Layout) -> ImportedAccount:
    """The account with the balances that the lines above the table state."""
    for line, cells in survey.preamble:
        stated = labelled_balance(line, cells)
        money = amount_of(stated.amount, layout.decimal) if stated else None
        if stated is None or money is None:
            continue
        parts = date_parts(stated.date) if stated.date else None
        day = whole_date(parts, layout.date_order, layout.today) if parts else None
        if stated.kind == "opening" and account.opening_balance is None:
            account = msgspec.structs.replace(account, opening_balance=money.value, opening_date=day)
        elif stated.kind == "closing" and (account.closing_balance is None or day):
            account = msgspec.structs.replace(account, closing_balance=money.value, closing_date=day)
    return account
