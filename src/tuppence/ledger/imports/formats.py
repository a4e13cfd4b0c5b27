"""The formats that can be read, and how a file is recognised: by its content first, by its name second."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tuppence.ledger.imports import csv_file, ofx
from tuppence.ledger.imports.bank_file import BankFile, ReadOptions, UnreadableBankFile

Progress = Callable[[int, int], None]

_AS_TEXT = "download the transactions as CSV, OFX or QFX and import that file"
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a spreadsheet or ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a text document"),
)


class Reader(Protocol):
    """Reads the bytes of one format; raises UnreadableBankFile with a sentence when it cannot."""

    def __call__(
        self, data: bytes, *, filename: str, options: ReadOptions, progress: Progress | None = None
    ) -> BankFile: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One source format. To add one: a module with a reader, and a value here."""

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    """Whether the beginning of a file (a few thousand bytes) is of this format, whatever its name."""
    read: Reader


def _is_qif(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").upper().startswith((b"!TYPE:", b"!ACCOUNT", b"!OPTION:"))


def _is_mt940(head: bytes) -> bool:
    return b":20:" in head and b":60" in head and b":25" in head


def _is_xml(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<Document", b"<!DOCTYPE"))


def _is_html(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<div", b"<body", b"<meta", b"<style"))


FORMATS = (
    Format("ofx", (".ofx", ".qfx", ".qbo"), ofx.is_ofx, ofx.read_ofx),
    Format("csv", (".csv", ".tsv", ".txt", ".dat", ".xls"), lambda head: False, csv_file.read_csv),
)


def read_bank_file(
    data: bytes, *, filename: str, options: ReadOptions | None = None, progress: Progress | None = None
) -> BankFile:
    """What a bank's file says, without guessing: what it leaves open comes back as questions, answered by `options`.

    `filename` helps where the content does not tell. `progress` is called with what is done and what there is to do, in
    units of the format. Raises UnreadableBankFile, with a sentence that says what to do, when nothing can be read.
    """
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \r\n\t"):
        raise UnreadableBankFile("The file is empty: download it again from the bank.")
    chosen = _recognised(data, filename)
    return chosen.read(data, filename=filename, options=options or ReadOptions(), progress=progress)


def _recognised(data: bytes, filename: str) -> Format:
    head = data[:8192]
    for signature, what in _FOREIGN:
        if head.startswith(signature):
            raise UnreadableBankFile(f"The file is {what}: {_AS_TEXT}.")
    for candidate in FORMATS:
        if candidate.recognises(head):
            return candidate
    _refuse_other_text(head)
    for candidate in FORMATS:
        if filename.casefold().endswith(candidate.suffixes) and candidate.name != "ofx":
            return candidate
    if filename.casefold().endswith((".ofx", ".qfx", ".qbo")) and b"<STMTTRN>" not in head.upper():
        raise UnreadableBankFile("The file has the name of an OFX file but is none: download it again from the bank.")
    return FORMATS[-1]


def _refuse_other_text(head: bytes) -> None:
    if _is_html(head):
        raise UnreadableBankFile(f"The file is a web page, perhaps of an expired session: {_AS_TEXT}.")
    if _is_qif(head) or _is_mt940(head):
        raise UnreadableBankFile(f"QIF and MT940 files cannot be read yet: {_AS_TEXT}.")
    if _is_xml(head):
        raise UnreadableBankFile(f"XML files other than OFX cannot be read yet: {_AS_TEXT}.")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[{")):
        raise UnreadableBankFile(f"The file is JSON: {_AS_TEXT}.")
