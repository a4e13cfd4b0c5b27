"""What a file holds and what importing it would do: all that a person looks at before confirming."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tuppence.ledger.accounts import Account
from tuppence.ledger.household import Ledger
from tuppence.ledger.import_places import Place, PlaceUnusable, place_keys, suggested_place, targets_of
from tuppence.ledger.import_preview import Preview, first_rows, preview_import
from tuppence.ledger.importing import Target
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow, Problem, read_bank_file
from tuppence.ledger.imports.csv_recognition import RecognisedColumn, recognised_columns
from tuppence.ledger.imports.matching import RowRefused
from tuppence.ledger.uploads import Answers, Upload, upload_bytes

Progress = Callable[[int, int], None]
"""Told what is done and what there is to do."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read."""

    bank_file: BankFile
    columns: tuple[RecognisedColumn, ...]
    """None for formats that name their fields themselves."""
    rows: tuple[tuple[ImportedRow, ...], ...]
    """The first rows of each account."""


@dataclass(frozen=True, slots=True)
class ReviewedAccount:
    """One account of the file."""

    key: str
    """By which answers name it."""
    imported: ImportedAccount
    rows: tuple[ImportedRow, ...]
    """The first ones, as the file has them."""
    place: Place
    target: Target
    """None when it is left out, or while it is open where it goes."""
    error: PlaceUnusable | None
    """Why the place cannot be used."""
    preview: Preview | None
    """None without a target, with open questions, and when a row was refused."""
    refused: str | None
    """Why a row cannot be kept."""

    @property
    def count(self) -> int:
        """How many rows the file has of it."""
        return len(self.imported.transactions)


@dataclass(frozen=True, slots=True)
class Review:
    """What importing a file would do."""

    bank_file: BankFile
    columns: tuple[RecognisedColumn, ...]
    accounts: tuple[ReviewedAccount, ...]
    known: tuple[Account, ...]
    """The household's accounts, to choose from."""
    answers: Answers
    """With which all this was found."""

    @property
    def bad_rows(self) -> list[Problem]:
        """What could not be read."""
        return [problem for problem in self.bank_file.problems if not problem.kept]

    @property
    def remarks(self) -> list[Problem]:
        """What is remarkable and was read nevertheless."""
        return [problem for problem in self.bank_file.problems if problem.kept]

    @property
    def new(self) -> int:
        """How many transactions would be added."""
        return sum(account.preview.counts.new for account in self.accounts if account.preview)

    @property
    def changed(self) -> int:
        """How many pending ones would be brought up to date."""
        return sum(account.preview.counts.changed for account in self.accounts if account.preview)

    def obstacles(self) -> list[str]:
        """What has to be decided before the file can be imported; empty when it is ready."""
        if self.bank_file.questions:
            return ["Answer what the file leaves open."]
        found = [str(account.error) for account in self.accounts if account.error is not None]
        found += [account.refused for account in self.accounts if account.refused is not None]
        if self.bad_rows and not self.answers.without_bad_rows:
            found.append("Decide about the rows that cannot be read.")
        if not found and all(account.target is None for account in self.accounts):
            found.append("Every account of the file is left out.")
        return list(dict.fromkeys(found))


def reading(ledger: Ledger, upload: Upload, progress: Progress) -> Reading:
    """The file, read with its answers. Raises UnreadableBankFile, UnknownUpload. Not for the event loop."""
    data = upload_bytes(ledger, upload.id)
    options = upload.answers.read
    bank_file = read_bank_file(data, filename=upload.filename, options=options, progress=progress)
    columns = recognised_columns(data, bank_file, filename=upload.filename, options=options)
    return Reading(bank_file, columns, tuple(first_rows(account) for account in bank_file.accounts))


async def reviewed(
    ledger: Ledger,
    upload: Upload,
    read: Reading,
    known: Sequence[Account],
    *,
    currency: str | None,
    progress: Progress,
) -> Review:
    """What importing the file would do. known: every account of the household. currency: the household's."""
    imported = read.bank_file.accounts
    keys = place_keys(imported)
    places = places_of(upload, imported, known, currency)
    targets = targets_of(places, imported, known)
    total = sum(len(one.transactions) for one in imported)
    accounts: list[ReviewedAccount] = []
    compared = 0
    for key, one, rows, place, found in zip(keys, imported, read.rows, places, targets, strict=True):
        target, error = (None, found) if isinstance(found, PlaceUnusable) else (found, None)
        preview, refused = None, None
        if target is not None and not read.bank_file.questions:
            try:
                preview = await preview_import(ledger, target, one, partial(_tell, progress, compared, total))
            except RowRefused as refusal:
                refused = str(refusal)
        compared += len(one.transactions)
        accounts.append(ReviewedAccount(key, one, rows, place, target, error, preview, refused))
    return Review(read.bank_file, read.columns, tuple(accounts), tuple(known), upload.answers)


def _tell(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def places_of(
    upload: Upload, imported: Sequence[ImportedAccount], known: Sequence[Account], currency: str | None
) -> list[Place]:
    """Where each account goes: as it was chosen, or as it is suggested."""
    chosen = upload.answers.places
    return [
        chosen.get(key) or suggested_place(one, known, filename=upload.filename, currency=currency, number=place)
        for place, (key, one) in enumerate(zip(place_keys(imported), imported, strict=True), start=1)
    ]
