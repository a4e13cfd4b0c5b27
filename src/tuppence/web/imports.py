"""Bringing files of banks in: what each holds, what is to be decided, the import itself, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

import msgspec
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from tuppence.ledger.accounts import AccountKind
from tuppence.ledger.household import currency_code
from tuppence.ledger.import_history import UndoEffects, imports_of, list_imports, undo_effects
from tuppence.ledger.import_places import Place
from tuppence.ledger.importing import ImportCounts, undo_import
from tuppence.ledger.imports.answers import with_answer
from tuppence.ledger.uploads import (
    LARGEST,
    Answers,
    UnknownUpload,
    Upload,
    UploadBusy,
    answer_upload,
    claim_upload,
    delete_old_uploads,
    delete_upload,
    list_uploads,
)
from tuppence.web import import_words
from tuppence.web.import_desk import ImportDesk
from tuppence.web.import_status import Status, failure_of, status_of
from tuppence.web.pages import page
from tuppence.web.problems import Problem, missing, told
from tuppence.web.visitor import Visiting, Visitor, parts_of

router = APIRouter(include_in_schema=False, prefix="/import")
PAGE = 30
KINDS = {
    "checking": "Checking account",
    "savings": "Savings account",
    "credit_card": "Credit card",
    "brokerage": "Brokerage account",
    "mortgage": "Mortgage",
    "loan": "Loan",
    "cash": "Cash",
    "other": "Other",
}
Field = Annotated[str, Form()]


# ----------------------------------------------------------------------------------------------------- the page itself


@router.get("")
async def show_imports(request: Request, visitor: Visiting, before: str | None = None) -> Response:
    """Where files are dropped, those that wait, and what was imported."""
    await delete_old_uploads(visitor.ledger.store)
    return page(
        request,
        "imports/imports.html",
        **await _waiting(request, visitor),
        **await _past(visitor, before),
        before=before,
        largest=LARGEST,
        words=import_words,
    )


@router.get("/waiting")
async def show_waiting(request: Request, visitor: Visiting) -> Response:
    """The files that are not imported yet."""
    return page(request, "imports/waiting.html", **await _waiting(request, visitor), words=import_words)


@router.get("/past")
async def show_past(request: Request, visitor: Visiting, before: str | None = None) -> Response:
    """What was imported, the latest first."""
    return page(request, "imports/past.html", **await _past(visitor, before), before=before, words=import_words)


@router.get("/past/{token}")
async def show_effects(request: Request, visitor: Visiting, token: str) -> Response:
    """What undoing an import would change."""
    try:
        effects = await undo_effects(visitor.ledger, token)
    except LookupError as error:
        raise missing("import") from error
    [found] = await imports_of(visitor.ledger, [token])
    return page(request, "imports/effects.html", one=found, effects=effects, words=import_words)


@router.post("/past/{token}/undo")
async def undo(request: Request, visitor: Visiting, token: str) -> Response:
    """Take an import back; the answer is the list of those that are left."""
    counts = await undone(visitor, [token])
    return told(await show_past(request, visitor), undone_text(counts, visitor))


async def _waiting(request: Request, visitor: Visitor) -> dict[str, Any]:
    uploads = await list_uploads(visitor.ledger)
    tokens = [token for upload in uploads for token in upload.outcome.imports]
    in_force = {one.token for one in await imports_of(visitor.ledger, tokens)}
    waiting = [upload for upload in uploads if upload.importing or not in_force & {*upload.outcome.imports}]
    desk = parts_of(request).imports
    return {
        "waiting": [(upload, desk.importing(upload.id), failure_of(upload)) for upload in waiting],
    }


async def _past(visitor: Visitor, before: str | None) -> dict[str, Any]:
    found = await list_imports(visitor.ledger, limit=PAGE + 1, before=before)
    more = found[PAGE - 1].token if len(found) > PAGE else None
    return {"past": found[:PAGE], "more": more}


# --------------------------------------------------------------------------------------------------------------- a file


@router.get("/{upload_id}")
async def show_upload(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """A file: what is in it and what is to be decided, or how far its import is, or what came of it."""
    return _shown(request, await status_of(visitor, parts_of(request).imports, upload_id), "imports/upload.html")


@router.get("/{upload_id}/state")
async def show_state(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """The same without the page around it."""
    return _shown(request, await status_of(visitor, parts_of(request).imports, upload_id))


@router.post("/{upload_id}/answer")
async def answer(
    request: Request, visitor: Visiting, upload_id: str, field: Field = "", answer: Field = ""
) -> Response:
    """Answer what the file leaves open; an empty answer takes the earlier one back."""
    return await _answered(request, visitor, upload_id, lambda answers: answers_with(answers, field, answer))


@router.post("/{upload_id}/columns")
async def name_columns(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """Say what the columns are read as: the roles that were changed, by the column's name."""
    form = {str(name): str(value) for name, value in (await request.form()).items()}
    status = await status_of(visitor, parts_of(request).imports, upload_id, None)
    columns = status.review.columns if status.review is not None else ()
    changed = {
        form[f"column-{place}"]: column.label
        for place, column in enumerate(columns)
        if form.get(f"column-{place}", "") not in ("", column.role or "other")
    }
    named = {("ignore" if role == "other" else role): label for role, label in changed.items()}

    def with_columns(answers: Answers) -> Answers:
        kept = {role: label for role, label in answers.read.columns.items() if label not in named.values()}
        read = msgspec.structs.replace(answers.read, columns={**kept, **named})
        return msgspec.structs.replace(answers, read=read)

    return await _answered(request, visitor, upload_id, with_columns)


@router.post("/{upload_id}/places")
async def place(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """Say where one account of the file goes."""
    form = {str(name): str(value) for name, value in (await request.form()).items()}
    chosen = place_of(form)
    return await _answered(
        request,
        visitor,
        upload_id,
        lambda answers: msgspec.structs.replace(answers, places={**answers.places, form.get("key", "")[:200]: chosen}),
    )


@router.post("/{upload_id}/bad-rows")
async def leave_out(request: Request, visitor: Visiting, upload_id: str, without: Field = "") -> Response:
    """Decide whether rows that cannot be read are left out."""
    return await _answered(
        request,
        visitor,
        upload_id,
        lambda answers: msgspec.structs.replace(answers, without_bad_rows=without == "yes"),
    )


@router.post("/{upload_id}/confirm")
async def confirm(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """Import the file."""
    await confirmed(visitor, parts_of(request).imports, upload_id)
    status = await status_of(visitor, parts_of(request).imports, upload_id)
    return _with_figures(_shown(request, status), status)


@router.get("/{upload_id}/undo")
async def show_upload_effects(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """What undoing all that came of the file would change."""
    status = await status_of(visitor, parts_of(request).imports, upload_id)
    each = [await undo_effects(visitor.ledger, one.token) for one in status.imports]
    effects = UndoEffects(
        removed=sum(one.removed for one in each),
        restored=sum(one.restored for one in each),
        edited=sum(one.edited for one in each),
        balances=sum(one.balances for one in each),
    )
    return page(request, "imports/upload_effects.html", effects=effects, upload_id=upload_id, words=import_words)


@router.post("/{upload_id}/undo")
async def undo_upload(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """Take back what came of the file."""
    status = await status_of(visitor, parts_of(request).imports, upload_id)
    counts = await undone(visitor, [one.token for one in status.imports])
    again = await status_of(visitor, parts_of(request).imports, upload_id)
    return told(_shown(request, again), undone_text(counts, visitor))


@router.delete("/{upload_id}")
async def remove(request: Request, visitor: Visiting, upload_id: str) -> Response:
    """Remove the file; what was imported from it stays."""
    await removed(visitor, parts_of(request).imports, upload_id)
    return Response(headers={"HX-Redirect": "/import"})


def _shown(request: Request, status: Status, template: str = "imports/state.html") -> Response:
    answers = status.upload.answers
    return page(
        request,
        template,
        standing=status,
        upload=status.upload,
        review=status.review,
        words=import_words,
        answered=import_words.answered(answers.read),
        kinds=KINDS,
        roles=import_words.ROLES,
    )


def _with_figures(response: Response, status: Status) -> Response:
    """Have the page fetch the ledger's figures anew when the import was done at once."""
    return told(response, "The file was imported.") if status.stage == "done" else response


async def _answered(
    request: Request, visitor: Visitor, upload_id: str, change: Callable[[Answers], Answers]
) -> Response:
    await changed(visitor, upload_id, change)
    return await show_state(request, visitor, upload_id)


# ------------------------------------------------------------------------- what the pages and the programs both can do


async def changed(visitor: Visitor, upload_id: str, change: Callable[[Answers], Answers]) -> Upload:
    """The file with other answers. Raises Problem."""
    try:
        return await answer_upload(visitor.ledger, upload_id, change)
    except UnknownUpload as error:
        raise missing("file") from error
    except UploadBusy as error:
        raise Problem(409, "importing", str(error)) from error
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error


def answers_with(answers: Answers, field: str, answer: str) -> Answers:
    """The answers with another one about reading the file. Raises ValueError."""
    text = answer.strip()[:200] if field != "delimiter" else answer[:9]
    if field == "currency" and text:
        text = currency_code(text)
    return msgspec.structs.replace(answers, read=with_answer(answers.read, field, text))


def place_of(form: Mapping[str, str]) -> Place:
    """What was chosen and typed about one account, usable or not."""
    choice = form.get("choice", "")
    known = choice.isascii() and choice.isdecimal() and len(choice) <= 18
    kind = form.get("kind", "checking")
    return Place(
        choice="known" if known else "new" if choice == "new" else "none" if choice == "none" else "open",
        account=int(choice) if known else None,
        name=form.get("name", "")[:100],
        kind=kind if kind in get_args(AccountKind) else "checking",
        currency=form.get("currency", "").strip().upper()[:3],
    )


async def confirmed(visitor: Visitor, desk: ImportDesk, upload_id: str) -> None:
    """Begin to import the file. Raises Problem while something is open."""
    status = await status_of(visitor, desk, upload_id, 0)
    if status.stage == "importing":
        raise Problem(409, "importing", str(UploadBusy()))
    if status.stage == "reading":
        status = await status_of(visitor, desk, upload_id, None)
    if status.stage == "done":
        raise Problem(409, "imported", "The file was imported already.")
    if status.review is None:
        raise Problem(409, "open", status.message or "The file cannot be imported.")
    if obstacles := status.review.obstacles():
        raise Problem(409, "open", " ".join(obstacles))
    chosen = {account.key: account.place for account in status.review.accounts}
    await changed(visitor, upload_id, lambda answers: _as_seen(answers, status.upload.answers, chosen))
    try:
        upload = await claim_upload(visitor.ledger, upload_id, desk.process_id)
    except UploadBusy as error:
        raise Problem(409, "importing", str(error)) from error
    desk.begin(visitor.ledger, upload, visitor.by)


def _as_seen(answers: Answers, seen: Answers, places: Mapping[str, Place]) -> Answers:
    """The answers with the places that were suggested. Raises ValueError when others were given meanwhile."""
    if answers != seen:
        raise ValueError("Something about the file was changed meanwhile. Look at it once more.")
    return msgspec.structs.replace(answers, places={**answers.places, **places})


async def removed(visitor: Visitor, desk: ImportDesk, upload_id: str) -> None:
    """Remove a file. Raises Problem."""
    try:
        await delete_upload(visitor.ledger, upload_id)
    except UnknownUpload as error:
        raise missing("file") from error
    except UploadBusy as error:
        raise Problem(409, "importing", str(error)) from error
    desk.forget(upload_id)


async def undone(visitor: Visitor, tokens: list[str]) -> ImportCounts:
    """What taking imports back changed, all in all. Raises Problem."""
    if not tokens:
        raise Problem(409, "not_imported", "Nothing of this file is imported, so there is nothing to undo.")
    done = []
    for token in tokens:
        try:
            done.append(await undo_import(visitor.ledger, token))
        except LookupError as error:
            raise missing("import") from error
    return ImportCounts(
        new=sum(one.new for one in done), same=sum(one.same for one in done), changed=sum(one.changed for one in done)
    )


def undone_text(counts: ImportCounts, visitor: Visitor) -> str:
    """For people."""
    text = import_words.counted(counts.new, "transaction is", "transactions are", visitor.formats) + " gone"
    if counts.changed:
        text += f", {visitor.formats.number(counts.changed)} as before"
    return f"The import is undone: {text}."
