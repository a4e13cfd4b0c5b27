"""Reads the files that banks give their customers. Pure: bytes in, values out, no database, no guessing."""

from tuppence.ledger.imports.bank_file import (
    AccountKind,
    BankFile,
    ImportedAccount,
    ImportedRow,
    Problem,
    Question,
    ReadOptions,
    UnreadableBankFile,
)
from tuppence.ledger.imports.formats import read_bank_file

__all__ = [
    "AccountKind",
    "BankFile",
    "ImportedAccount",
    "ImportedRow",
    "Problem",
    "Question",
    "ReadOptions",
    "UnreadableBankFile",
    "read_bank_file",
]
