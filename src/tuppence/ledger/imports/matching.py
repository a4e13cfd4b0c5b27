"""Decides for each row of a bank's file whether the account has it: new, the same, or a change of one that it has.

No database here: the caller hands in the rows of the account that a slice of the file could be about.

A row's fingerprint is made of what the bank says about it, and its occurrence is its place among the rows of the file
with that fingerprint. A row that the account has under the same fingerprint and occurrence is the same one: so
overlapping files add nothing twice, and two equal purchases of one day stay two. The other ways in which a row may be
one that the account has already are in `_kinship`.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

import msgspec

from tuppence.ledger.imports.bank_file import ImportedRow
from tuppence.money import InexactAmount, minor_units

Verdict = Literal["new", "same", "changed"]

SETTLING_DAYS = 7
"""So long after it was shown as pending a purchase may be booked."""
SETTLING_SHARE = 4
"""A quarter of the amount may be added (a tip) or taken off when a pending purchase is booked."""
TELLING_ID = 6
"""A bank id of fewer characters is a running number, which another file may use for another row."""
SHORTEST_NAME = 4
"""Fewer bytes of UTF-8 (three letters, one ideograph) may be part of any text without meaning anything."""
DOUBTS = 3
"""So many rows that are equal but for the bank's id, and none with an equal id: the bank makes up new ids each time."""


class RowRefused(ValueError):
    """A row that cannot be kept exactly as the file has it; the message names its line."""


class FileRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the file, ready to be compared and stored."""

    row: ImportedRow
    date: datetime.date
    amount: int
    """Minor units of `currency`."""
    currency: str
    fingerprint: bytes
    occurrence: int


class StoredRow(msgspec.Struct, frozen=True, gc=False):
    """A row that the account has."""

    id: int
    date: datetime.date
    amount: int
    currency: str
    description: str
    pending: bool
    bank_id: str | None
    fingerprint: bytes | None
    """None when it was entered by hand."""
    occurrence: int | None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What is to be done with a row: add it, nothing, or put it in the place of `stored`."""

    row: FileRow
    verdict: Verdict
    stored: int | None = None
    """The id of the row it is or replaces; None for a new one."""


class Matching:
    """The comparison of one account of a file with what the ledger has: feed it slices of rows in file order.

    Each row of the account is taken by one row of the file at most. A row that may be a pending one, or what became of
    it, is put off until the end (`rest`), as a later one may turn out to be the very row it resembles.
    """

    def __init__(self, currency: str) -> None:
        """`currency` is that of rows whose file does not say."""
        self._currency = currency
        self._occurrences: dict[int, int] = {}
        self._taken: dict[int, Decision | None] = {}  # stored row -> the decision put off for it, None when it stands
        self._doubtful: list[tuple[FileRow, StoredRow]] = []
        self._ids_are_stable: bool | None = None

    def file_rows(self, rows: Iterable[ImportedRow]) -> list[FileRow]:
        """The next rows of the file, ready to be looked up; without those that have no date yet.

        Raises RowRefused for an amount that its currency does not have.
        """
        return [self._file_row(row, row.date) for row in rows if row.date is not None]

    def _file_row(self, row: ImportedRow, date: datetime.date) -> FileRow:
        currency = row.currency or self._currency
        try:
            amount = minor_units(row.amount, currency)
        except InexactAmount as error:
            raise RowRefused(f"Line {row.line}: {error}. Correct the file, or the account's currency.") from error
        fingerprint = fingerprint_of(date, amount, currency, row.bank_id, text_of(row))
        short = int.from_bytes(fingerprint[:8], "big")  # half the memory for what is kept of every row
        occurrence = self._occurrences[short] = self._occurrences.get(short, 0) + 1
        return FileRow(row, date, amount, currency, fingerprint, occurrence)

    def decisions(
        self, rows: Sequence[FileRow], equal: Mapping[tuple[bytes, int], StoredRow], near: Sequence[StoredRow]
    ) -> list[Decision]:
        """What is decided now, for some of `rows` and for some that were put off before.

        `equal` holds the account's rows of these fingerprints and occurrences; `near` those it has within SETTLING_DAYS
        of any of the other rows.
        """
        decided: list[Decision] = []
        unknown: list[FileRow] = []
        for row in rows:
            stored = equal.get((row.fingerprint, row.occurrence))
            if stored is None:
                unknown.append(row)
            else:
                decided += self._take(row, stored)
        return [*decided, *self._resembling(unknown, near)]

    def _resembling(self, rows: list[FileRow], near: Sequence[StoredRow]) -> Iterator[Decision]:
        """Decisions on rows of unknown fingerprints; what is equal word for word is taken before what resembles."""
        candidates = _Candidates(near)
        other: list[FileRow] = []
        for row in rows:
            equal = [stored for stored in candidates.of(row) if _kinship(row, stored) == FROM_ELSEWHERE]
            if free := [stored for stored in equal if stored.id not in self._taken]:
                self._taken[free[0].id] = None
                yield Decision(row, "same", free[0].id)
            else:
                other.append(row)
        for row in other:
            yield from self._resolve(row, candidates.of(row))

    def rest(self) -> list[Decision]:
        """What was put off, once the file has ended."""
        put_off = [decision for decision in self._taken.values() if decision is not None]
        return [*put_off, *self._doubts_settled(stable=True)]

    def _take(self, row: FileRow, stored: StoredRow) -> list[Decision]:
        """`row` is `stored`; whatever only resembled it is a row of its own after all."""
        put_off = self._taken.get(stored.id)
        self._taken[stored.id] = None
        settled = stored.pending and not row.row.pending
        decided = [Decision(row, "changed" if settled else "same", stored.id)]
        if put_off is not None:
            decided.append(Decision(put_off.row, "new"))
        if row.row.bank_id is not None and self._ids_are_stable is None:
            decided += self._doubts_settled(stable=True)
        return decided

    def _resolve(self, row: FileRow, candidates: Iterable[StoredRow]) -> list[Decision]:
        kin = [
            (kinship, abs(stored.amount - row.amount), abs((stored.date - row.date).days), stored.id, stored)
            for stored in candidates
            if stored.id not in self._taken and (kinship := _kinship(row, stored)) is not None
        ]
        if not kin:
            return [Decision(row, "new")]
        kinship, *_, stored = min(kin, key=lambda each: each[:4])
        if kinship == RENUMBERED:
            return self._doubt(row, stored)
        if kinship == REWORDED_ELSEWHERE:
            self._taken[stored.id] = None
            return [Decision(row, "same", stored.id)]
        settled = stored.pending and not row.row.pending
        self._taken[stored.id] = Decision(row, "changed" if settled else "same", stored.id)
        return []

    def _doubt(self, row: FileRow, stored: StoredRow) -> list[Decision]:
        if self._ids_are_stable:
            return [Decision(row, "new")]
        self._taken[stored.id] = None
        if self._ids_are_stable is False:
            return [Decision(row, "same", stored.id)]
        self._doubtful.append((row, stored))
        different = {(doubtful.date, doubtful.amount, text_of(doubtful.row)) for doubtful, _ in self._doubtful}
        return self._doubts_settled(stable=False) if len(different) == DOUBTS else []

    def _doubts_settled(self, stable: bool) -> list[Decision]:
        self._ids_are_stable = stable
        doubtful, self._doubtful = self._doubtful, []
        if not stable:
            return [Decision(row, "same", stored.id) for row, stored in doubtful]
        for _, stored in doubtful:
            del self._taken[stored.id]
        return [Decision(row, "new") for row, _ in doubtful]


class _Candidates:
    """The account's rows near a slice of the file, so that each row is compared with few of them."""

    def __init__(self, near: Sequence[StoredRow]) -> None:
        self._near = near
        self._pending = [stored for stored in near if stored.pending]
        self._by_day: dict[tuple[datetime.date, int], list[StoredRow]] = {}
        self._by_bank_id: dict[str, list[StoredRow]] = {}
        for stored in near:
            self._by_day.setdefault((stored.date, stored.amount), []).append(stored)
            if stored.bank_id:
                self._by_bank_id.setdefault(stored.bank_id, []).append(stored)

    def of(self, row: FileRow) -> Sequence[StoredRow]:
        """Every one that `row` could be, some of them perhaps twice."""
        if row.row.pending:
            return self._near
        by_id = self._by_bank_id.get(row.row.bank_id or "", ())
        return [*self._by_day.get((row.date, row.amount), ()), *by_id, *self._pending]


def fingerprint_of(date: datetime.date, amount: int, currency: str, bank_id: str | None, text: str) -> bytes:
    """16 bytes that two rows share when the bank says the same of them.

    Its own id goes in instead of the words, which differ between one bank's files, but never alone: some banks number
    the rows of each file from one, or give all of them one id.
    """
    told = f"\x1f{bank_id}" if bank_id else normalized(text)
    return blake2b(f"{date.isoformat()}\x1f{amount}\x1f{currency}\x1f{told}".encode(), digest_size=16).digest()


def text_of(row: ImportedRow) -> str:
    """The words of a row: its description, or what stands in for a missing one."""
    return row.description or row.payee or row.memo or ""


# How a row of the file may be one that the account has under another fingerprint; the smallest is the surest.
SAME_ID, SETTLED, FROM_ELSEWHERE, REWORDED_ELSEWHERE, RENUMBERED = range(5)


def _kinship(row: FileRow, stored: StoredRow) -> int | None:
    """Why `row` may be `stored`; None when it is not.

    SAME_ID: the bank's id, of an amount that stayed or a row that was pending. SETTLED: one is the other, booked.
    FROM_ELSEWHERE, REWORDED_ELSEWHERE: only one of the two has an id, so they came by different kinds of files, or one
    was entered by hand. RENUMBERED: equal but for the id.
    """
    days = (row.date - stored.date).days
    if row.currency != stored.currency or abs(days) > SETTLING_DAYS:
        return None
    equal = row.amount == stored.amount
    bank_id = row.row.bank_id
    if bank_id and bank_id == stored.bank_id and len(bank_id) >= TELLING_ID:
        return SAME_ID if equal or stored.pending else None
    words, stored_words = normalized(text_of(row.row)), normalized(stored.description)
    if row.row.pending != stored.pending:
        settles = _settles(row.amount, stored.amount, days if stored.pending else -days, late=stored.pending)
        return SETTLED if settles and resemble(words, stored_words) else None
    if days or not equal:
        return None
    if bank_id and stored.bank_id:
        return RENUMBERED if words == stored_words and not row.row.pending else None
    if bank_id or stored.bank_id or stored.fingerprint is None:
        if words == stored_words:
            return FROM_ELSEWHERE
        return REWORDED_ELSEWHERE if resemble(words, stored_words) else None
    return None


def _settles(amount: int, other: int, days: int, late: bool) -> bool:
    """Whether amounts, of which one was booked `days` after the other was pending, may be one purchase.

    `late`: the pending one was there first, and is gone from the bank's file, so it must have been booked as something:
    then the day of booking may be the earlier one.
    """
    if amount == other:
        return late or days >= 0
    apart, larger = abs(amount - other), max(abs(amount), abs(other))
    return (amount > 0) == (other > 0) and days >= 0 and apart * SETTLING_SHARE <= larger


_PUNCTUATION = re.compile(r"[\W_]+")
_GENERIC = frozenset(
    {
        "authorization",
        "card",
        "credit",
        "debit",
        "online",
        "payment",
        "pending",
        "purchase",
        "sale",
        "transaction",
        "visa",
    }
)


@lru_cache(maxsize=8192)
def normalized(text: str) -> str:
    """`text` without regard to case, width, punctuation and spacing."""
    return _PUNCTUATION.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def resemble(words: str, others: str) -> bool:
    """Whether two normalized texts may name one purchase: one is part of the other, or they share a word that tells."""
    shorter, longer = sorted((words, others), key=len)
    if len(shorter.encode()) < SHORTEST_NAME:
        return words == others
    return shorter in longer or not _telling(words).isdisjoint(_telling(others))


def _telling(words: str) -> set[str]:
    return {word for word in words.split() if len(word) > 3 and not word.isdigit() and word not in _GENERIC}
