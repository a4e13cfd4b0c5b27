"""How things stand with a file: being read, open, ready, being imported, imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tuppence.ledger.import_history import FinishedImport, imports_of
from tuppence.ledger.imports import UnreadableBankFile
from tuppence.ledger.uploads import UnknownUpload, Upload, upload_of
from tuppence.web.import_desk import ImportDesk, Work
from tuppence.web.import_review import Review
from tuppence.web.problems import missing
from tuppence.web.visitor import Visitor

Stage = Literal["reading", "unreadable", "open", "ready", "importing", "done"]
PATIENCE = 0.3
"""Seconds after which something that takes a while shows how far it is."""


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand with a file."""

    upload: Upload
    stage: Stage
    work: Work[Any] | None = None
    """While it is read or imported: how far that is. None when another process imports it."""
    review: Review | None = None
    """When it is open or ready."""
    message: str | None = None
    """Why the last attempt brought nothing, or why the file is unreadable."""
    imports: tuple[FinishedImport, ...] = ()
    """Those of its imports that are in force, when it is done."""

    @property
    def was_undone(self) -> bool:
        """Whether it was imported before, and that was taken back."""
        return self.stage != "done" and bool(self.upload.outcome.imports)


async def status_of(visitor: Visitor, desk: ImportDesk, upload_id: str, patience: float | None = PATIENCE) -> Status:
    """How things stand with a file of the visitor's household.

    patience: seconds that it is waited for what is under way; None: until it is over. Raises Problem.
    """
    upload = await _upload(visitor, upload_id)
    work = desk.importing(upload.id)
    if work is not None:
        if not await work.settled(patience):
            return Status(upload, "importing", work)
        upload = await _upload(visitor, upload_id)
    if upload.importing:
        return Status(upload, "importing")
    if upload.outcome.imports and (found := await imports_of(visitor.ledger, upload.outcome.imports)):
        return Status(upload, "done", imports=tuple(found))
    looking = await desk.review(visitor.ledger, upload)
    if not await looking.settled(patience):
        return Status(upload, "reading", looking)
    try:
        review = await looking.result()
    except (UnreadableBankFile, UnknownUpload) as error:
        return Status(upload, "unreadable", message=str(error))
    return Status(upload, "open" if review.obstacles() else "ready", review=review, message=failure_of(upload))


def failure_of(upload: Upload) -> str | None:
    """Why the last attempt to import the file brought nothing; None when it did not fail."""
    if upload.is_interrupted:
        return "Tuppence ended while the file was being imported. Nothing of it was kept: import it again."
    return upload.outcome.failure


async def _upload(visitor: Visitor, upload_id: str) -> Upload:
    try:
        return await upload_of(visitor.ledger, upload_id)
    except UnknownUpload as error:
        raise missing("file") from error
