"""Importing files of banks: upload, look, answer, confirm, undo."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.types import Message

from tuppence.ledger.import_history import FinishedImport, list_imports
from tuppence.ledger.import_preview import PreviewRow
from tuppence.ledger.uploads import (
    LARGEST,
    Answers,
    Upload,
    UploadTooLarge,
    delete_old_uploads,
    list_uploads,
    receive_upload,
)
from tuppence.web.import_review import Review, ReviewedAccount
from tuppence.web.import_status import PATIENCE, Stage, Status, status_of
from tuppence.web.imports import answers_with, changed, confirmed, place_of, removed, undone
from tuppence.web.problems import Problem
from tuppence.web.visitor import Visiting, Visitor, parts_of

router = APIRouter(prefix="/api/imports", tags=["imports"])

Wait = Annotated[float, Query(ge=0, le=60)]
_FORM_FIELDS = 64 * 1024
"""Bytes that a form may have around the file."""


class ApiQuestion(BaseModel):
    """Something the file leaves open: answer it by PATCH with `answers: {field: one of the choices}`."""

    field: str
    why: str
    choices: list[str]


class ApiProblem(BaseModel):
    """Something that could not be read as it stands."""

    line: int | None
    why: str
    left_out: bool
    """Whether a row is missing because of it; false for a remark."""


class ApiColumn(BaseModel):
    """A column of the file; change what it is read as by PATCH with `answers: {"columns": "role=label"}`."""

    label: str
    role: str | None
    examples: list[str]


class ApiRow(BaseModel):
    """A row of the file as it would be kept."""

    date: date
    amount: str
    currency: str
    description: str
    pending: bool
    line: int


class ApiPlan(BaseModel):
    """What importing an account would do, with the first rows of each kind."""

    new: int
    same: int
    changed: int
    undated: int
    new_rows: list[ApiRow]
    same_rows: list[ApiRow]
    changed_rows: list[ApiRow]


class ApiPlace(BaseModel):
    """Where an account of the file goes."""

    choice: str = Field(max_length=20)
    """The id of an account, or "new", or "none" to leave it out; "open" while nobody has said."""
    name: str = Field("", max_length=100)
    """This and what follows: of a new account."""
    kind: str = "checking"
    currency: str = ""


class ApiAccount(BaseModel):
    """An account of the file."""

    key: str
    """Name it by this in `places`."""
    number: str | None
    """As the file names it."""
    currency: str | None
    transactions: int
    place: ApiPlace
    plan: ApiPlan | None
    """Null while something is open."""


class ApiImport(BaseModel):
    """An import of one account, in force."""

    import_id: str
    file: str
    account: int
    account_name: str
    new: int
    same: int
    changed: int
    finished_at: datetime


class ApiProgress(BaseModel):
    """How far something is that takes a while."""

    stage: str
    done: int
    total: int
    """0: not known yet."""


class ApiUpload(BaseModel):
    """A file."""

    id: str
    filename: str
    size: int
    """Bytes."""
    created_at: datetime
    importing: bool


class ApiStatus(ApiUpload):
    """How things stand with a file."""

    status: Stage
    """reading and importing are under way; open needs an answer; ready can be confirmed."""
    message: str | None
    progress: ApiProgress | None
    obstacles: list[str]
    """What has to be decided before it can be confirmed."""
    questions: list[ApiQuestion]
    problems: list[ApiProblem]
    columns: list[ApiColumn]
    accounts: list[ApiAccount]
    imports: list[ApiImport]
    """What came of it, when it is done."""


class ApiImports(BaseModel):
    """Files that are kept, and what was imported."""

    uploads: list[ApiUpload]
    imports: list[ApiImport]


class Changes(BaseModel):
    """What is decided about a file; what is left out stays."""

    answers: dict[str, str] = Field(default_factory=dict, max_length=50)
    """By the fields of the questions; an empty answer takes the earlier one back."""
    places: dict[Annotated[str, Field(max_length=200)], ApiPlace] = Field(default_factory=dict, max_length=200)
    """By the keys of the accounts."""
    without_bad_rows: bool | None = None
    """Whether rows that cannot be read are left out, instead of importing nothing."""


class Undone(BaseModel):
    """What an undo changed."""

    removed: int
    restored: int


@router.get("")
async def list_all(visitor: Visiting, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> ApiImports:
    """The files that are kept, and the latest imports that are in force."""
    uploads = await list_uploads(visitor.ledger)
    found = await list_imports(visitor.ledger, limit=limit)
    return ApiImports(uploads=[ApiUpload(**_upload(one)) for one in uploads], imports=[_import(one) for one in found])


@router.post(
    "",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                },
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def upload(
    request: Request, visitor: Visiting, filename: Annotated[str, Query(max_length=1000)] = "", wait: Wait = PATIENCE
) -> ApiStatus:
    """Send a file of a bank: as a form with the part `file`, or as it is with `?filename=`. At most 100 MB."""
    await delete_old_uploads(visitor.ledger.store)
    try:
        kept = await _received(request, visitor, filename)
    except UploadTooLarge as error:
        raise Problem(413, "too_large", str(error)) from error
    return _told(await status_of(visitor, parts_of(request).imports, kept.id, wait))


@router.delete("/past/{import_id}")
async def undo_one(visitor: Visiting, import_id: str) -> Undone:
    """Undo the import of one account."""
    counts = await undone(visitor, [import_id])
    return Undone(removed=counts.new, restored=counts.changed)


@router.get("/{upload_id}")
async def show(request: Request, visitor: Visiting, upload_id: str, wait: Wait = PATIENCE) -> ApiStatus:
    """How things stand with a file. wait: so many seconds at most for what is under way."""
    return _told(await status_of(visitor, parts_of(request).imports, upload_id, wait))


@router.patch("/{upload_id}")
async def change(
    request: Request, visitor: Visiting, upload_id: str, changes: Changes, wait: Wait = PATIENCE
) -> ApiStatus:
    """Answer what the file leaves open, and say where its accounts go."""
    await changed(visitor, upload_id, lambda answers: _with_changes(answers, changes))
    return _told(await status_of(visitor, parts_of(request).imports, upload_id, wait))


@router.post("/{upload_id}/confirm", status_code=202)
async def confirm(request: Request, visitor: Visiting, upload_id: str, wait: Wait = PATIENCE) -> ApiStatus:
    """Import the file. 409 while something is open."""
    await confirmed(visitor, parts_of(request).imports, upload_id)
    return _told(await status_of(visitor, parts_of(request).imports, upload_id, wait))


@router.post("/{upload_id}/undo")
async def undo(request: Request, visitor: Visiting, upload_id: str) -> Undone:
    """Undo all that was imported from the file."""
    status = await status_of(visitor, parts_of(request).imports, upload_id)
    counts = await undone(visitor, [one.token for one in status.imports])
    return Undone(removed=counts.new, restored=counts.changed)


@router.delete("/{upload_id}", status_code=204)
async def remove(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """Remove a file; what was imported from it stays."""
    await removed(visitor, parts_of(request).imports, upload_id)
    return Response(status_code=204)


# --------------------------------------------------------------------------------------------------------- receiving


async def _received(request: Request, visitor: Visitor, filename: str) -> Upload:
    """The file of the request. Raises Problem, UploadTooLarge."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST + _FORM_FIELDS:
        raise UploadTooLarge(LARGEST)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _kept(visitor, filename, request.stream())
    bounded = Request(request.scope, _bounded(request))
    async with bounded.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "invalid", "The form has no part called “file”.")
        return await _kept(visitor, filename or file.filename or "", _chunks(file))


async def _kept(visitor: Visitor, filename: str, chunks: AsyncIterable[bytes]) -> Upload:
    if not filename.strip():
        raise Problem(422, "invalid", "Say what the file is called, as in ?filename=march.csv.")
    return await receive_upload(visitor.ledger, filename, chunks, user_id=visitor.user.id)


def _bounded(request: Request) -> Any:
    """What receives the request's body and raises UploadTooLarge where it is longer than a file may be."""
    left = LARGEST + _FORM_FIELDS

    async def receive() -> Message:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise UploadTooLarge(LARGEST)
        return message

    return receive


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1024 * 1024):
        yield chunk


def _with_changes(answers: Answers, changes: Changes) -> Answers:
    for field, answer in changes.answers.items():
        answers = answers_with(answers, field, answer)
    places = {key: place_of(place.model_dump()) for key, place in changes.places.items()}
    without = answers.without_bad_rows if changes.without_bad_rows is None else changes.without_bad_rows
    return msgspec.structs.replace(answers, places={**answers.places, **places}, without_bad_rows=without)


# --------------------------------------------------------------------------------------------------------- telling


def _told(status: Status) -> ApiStatus:
    review, work = status.review, status.work
    return ApiStatus(
        **_upload(status.upload),
        status=status.stage,
        message=status.message,
        progress=None if work is None else ApiProgress(stage=work.stage, done=work.done, total=work.total),
        imports=[_import(one) for one in status.imports],
        **(_review(review) if review is not None else _NOTHING),
    )


_NOTHING: dict[str, Any] = {"obstacles": [], "questions": [], "problems": [], "columns": [], "accounts": []}


def _upload(upload: Upload) -> dict[str, Any]:
    names: tuple[Literal["id", "filename", "size", "created_at", "importing"], ...]
    names = ("id", "filename", "size", "created_at", "importing")
    return {name: getattr(upload, name) for name in names}


def _review(review: Review) -> dict[str, Any]:
    return {
        "obstacles": review.obstacles(),
        "questions": [
            ApiQuestion(field=one.field, why=one.why, choices=list(one.choices)) for one in review.bank_file.questions
        ],
        "problems": [
            ApiProblem(line=one.line, why=one.why, left_out=not one.kept) for one in review.bank_file.problems
        ],
        "columns": [ApiColumn(label=one.label, role=one.role, examples=list(one.examples)) for one in review.columns],
        "accounts": [_account(one) for one in review.accounts],
    }


def _account(account: ReviewedAccount) -> ApiAccount:
    place, preview = account.place, account.preview
    choice = str(place.account) if place.choice == "known" else place.choice
    return ApiAccount(
        key=account.key,
        number=account.imported.id,
        currency=account.imported.currency,
        transactions=len(account.imported.transactions),
        place=ApiPlace(choice=choice, name=place.name, kind=place.kind, currency=place.currency),
        plan=None
        if preview is None
        else ApiPlan(
            new=preview.counts.new,
            same=preview.counts.same,
            changed=preview.counts.changed,
            undated=preview.counts.undated,
            new_rows=[_row(row) for row in preview.new],
            same_rows=[_row(row) for row in preview.same],
            changed_rows=[_row(row) for row in preview.changed],
        ),
    )


def _row(row: PreviewRow) -> ApiRow:
    return ApiRow(
        date=row.date,
        amount=f"{row.amount.amount:f}",
        currency=row.amount.currency,
        description=row.description,
        pending=row.pending,
        line=row.line,
    )


def _import(one: FinishedImport) -> ApiImport:
    return ApiImport(
        import_id=one.token,
        file=one.filename,
        account=one.account_id,
        account_name=one.account,
        new=one.counts.new,
        same=one.counts.same,
        changed=one.counts.changed,
        finished_at=one.finished_at,
    )
