"""Accounts: all of them with their balances, and each with its history, stated balances, and imports."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from tuppence.ledger.accounts import Account, AccountChange, change_account, create_account, list_accounts
from tuppence.ledger.balances import list_anchors, remove_balance, state_balance
from tuppence.ledger.edits import Edited
from tuppence.ledger.import_history import FinishedImport, list_imports, undo_effects
from tuppence.ledger.names import NameTaken
from tuppence.ledger.reports import balance_sheet
from tuppence.ledger.stated_balances import StatedBalance, account_history, stated_balances
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import list_transactions
from tuppence.money import Money
from tuppence.web.account_forms import Stated, Typed, account_change, new_account, stated_balance, values_of
from tuppence.web.account_lines import KINDS, account_lines, groups_of
from tuppence.web.charts import Chart, Column, Row
from tuppence.web.imports import undone, undone_text
from tuppence.web.pages import page
from tuppence.web.problems import Problem, missing, told
from tuppence.web.report_periods import PERIODS, Named, PeriodName, named_period, points_of
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/accounts")
LATEST = 8
"""So many transactions are shown on an account's page."""
IMPORTS = 50
"""So many imports are shown there."""
DAILY = 400
"""Over at most so many days every change of a balance is shown; over more the ends of months."""

AccountId = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("")
async def show_accounts(request: Request, visitor: Visiting) -> Response:
    """All accounts with their balances."""
    return page(request, "accounts/accounts.html", **await _listed(visitor))


@router.get("/list")
async def show_list(request: Request, visitor: Visiting) -> Response:
    """The same without the page around them."""
    return page(request, "accounts/list.html", **await _listed(visitor))


@router.get("/new")
async def show_new(request: Request, visitor: Visiting) -> Response:
    """The form for a new account."""
    typed = Typed({"kind": "checking", "currency": visitor.formats.currency or "", "day": "today"})
    return page(request, "accounts/new.html", typed=typed, kinds=KINDS)


@router.post("")
async def add_account(request: Request, visitor: Visiting) -> Response:
    """Add an account, with a balance if one was stated."""
    typed = Typed.of(await request.form())
    new = new_account(typed)
    stated = None
    if "currency" not in typed.errors:
        stated = stated_balance(typed, new.kind, new.currency, visitor.formats, datetime.date.today())
    if not typed.errors:
        try:
            account = await create_account(visitor.ledger, new, visitor.by)
        except NameTaken as error:
            typed.errors["name"] = str(error)
        else:
            if stated is not None:
                await state_balance(visitor.ledger, account, stated.day, stated.amount, visitor.by)
            return Response(status_code=201, headers={"HX-Redirect": f"/accounts/{account.id}"})
    return page(request, "accounts/new_form.html", status=422, typed=typed, kinds=KINDS)


@router.get("/{account_id}")
async def show_account(
    request: Request, visitor: Visiting, account_id: AccountId, period: Named = "last-12-months"
) -> Response:
    """One account."""
    account = await account_of(visitor, account_id)
    values = {**await _about(visitor, account), **await _stated(visitor, account), **await _latest(visitor, account)}
    values |= await _imports(visitor, account)
    return page(request, "accounts/account.html", period=period, periods=PERIODS, **values)


@router.get("/{account_id}/about")
async def show_about(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """What the account is, and its balance."""
    return page(request, "accounts/about.html", **await _about(visitor, await account_of(visitor, account_id)))


@router.post("/{account_id}")
async def edit_account(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """Change its name, kind, number or currency."""
    account = await account_of(visitor, account_id)
    typed = Typed.of(await request.form())
    change = account_change(typed)
    if not typed.errors:
        try:
            return await _changed(request, visitor, account, change, "Saved.")
        except NameTaken as error:
            typed.errors["name"] = str(error)
        except ValueError as error:
            typed.errors["currency"] = str(error)
    values = {"account": account, "typed": typed, "kinds": KINDS, "unused": "currency" in typed.values}
    response = page(request, "accounts/edit_form.html", status=422, **values)
    response.headers.update({"HX-Retarget": "#edit-form", "HX-Reswap": "outerHTML"})
    return response


@router.post("/{account_id}/archive")
async def archive(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """Put it into the archive."""
    account = await account_of(visitor, account_id)
    return await _changed(request, visitor, account, AccountChange(archived=True), f"{account.name} is archived.")


@router.post("/{account_id}/unarchive")
async def unarchive(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """Take it out of the archive."""
    account = await account_of(visitor, account_id)
    return await _changed(request, visitor, account, AccountChange(archived=False), f"{account.name} is back.")


@router.get("/{account_id}/history")
async def show_history(
    request: Request, visitor: Visiting, account_id: AccountId, period: Named = "last-12-months"
) -> Response:
    """Its balance over time."""
    account = await account_of(visitor, account_id)
    chart = await _history(visitor, account, period)
    return page(request, "accounts/history.html", account=account, chart=chart, period=period)


@router.get("/{account_id}/balances")
async def show_balances(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """What was stated of its balances."""
    return page(request, "accounts/balances.html", **await _stated(visitor, await account_of(visitor, account_id)))


@router.post("/{account_id}/balances")
async def add_balance(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """State a balance on a day."""
    account = await account_of(visitor, account_id)
    typed = Typed.of(await request.form())
    stated = stated_balance(typed, account.kind, account.currency, visitor.formats, datetime.date.today())
    if stated is None:
        if not typed.errors:
            typed.errors["amount"] = "Type the balance."
        return page(request, "accounts/balances.html", status=422, **await _stated(visitor, account, typed))
    done = await state_balance(visitor.ledger, account, stated.day, stated.amount, visitor.by)
    response = page(request, "accounts/balances.html", **await _stated(visitor, account))
    return _told(response, _stated_text(visitor, account, stated), done)


@router.delete("/{account_id}/balances/{balance_id}")
async def delete_balance(request: Request, visitor: Visiting, account_id: AccountId, balance_id: AccountId) -> Response:
    """Take back what a person stated."""
    account = await account_of(visitor, account_id)
    done = await removed_balance(visitor, account, balance_id)
    response = page(request, "accounts/balances.html", **await _stated(visitor, account))
    return _told(response, "Removed the stated balance.", done)


@router.get("/{account_id}/latest")
async def show_latest(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """Its latest transactions."""
    return page(request, "accounts/latest.html", **await _latest(visitor, await account_of(visitor, account_id)))


@router.get("/{account_id}/imports")
async def show_imports(request: Request, visitor: Visiting, account_id: AccountId) -> Response:
    """What was imported into it."""
    return page(request, "accounts/imports.html", **await _imports(visitor, await account_of(visitor, account_id)))


@router.get("/{account_id}/imports/{token}")
async def show_effects(request: Request, visitor: Visiting, account_id: AccountId, token: str) -> Response:
    """What undoing an import would change."""
    account = await account_of(visitor, account_id)
    await _check_import(visitor, account, token)
    try:
        effects = await undo_effects(visitor.ledger, token)
    except LookupError as error:
        raise missing("import") from error
    return page(request, "accounts/effects.html", account=account, token=token, effects=effects)


@router.post("/{account_id}/imports/{token}/undo")
async def take_back_import(request: Request, visitor: Visiting, account_id: AccountId, token: str) -> Response:
    """Undo an import into this account."""
    account = await account_of(visitor, account_id)
    await _check_import(visitor, account, token)
    text = undone_text(await undone(visitor, [token]), visitor)
    return told(page(request, "accounts/imports.html", **await _imports(visitor, account)), text)


async def _check_import(visitor: Visitor, account: Account, token: str) -> None:
    """Raises Problem unless the import is one of this account's that are shown."""
    if token not in {one.token for one in await _imports_into(visitor, account)}:
        raise missing("import")


# ------------------------------------------------------------------------------------------------- what pages show


async def account_of(visitor: Visitor, account_id: int) -> Account:
    """The visitor's account of this id. Raises Problem when there is none."""
    accounts = await list_accounts(visitor.ledger, archived=True)
    found = next((account for account in accounts if account.id == account_id), None)
    if found is None:
        raise missing("account")
    return found


async def removed_balance(visitor: Visitor, account: Account, balance_id: int) -> Edited:
    """What came of taking back a balance that a person stated of the account. Raises Problem."""
    if balance_id not in {one.id for one in await list_anchors(visitor.ledger, account)}:
        raise missing("stated balance")
    try:
        return await remove_balance(visitor.ledger, balance_id, visitor.by)
    except LookupError as error:
        raise missing("stated balance") from error
    except ValueError as error:
        raise Problem(409, "stated_by_statement", str(error)) from error


async def _listed(visitor: Visitor) -> dict[str, Any]:
    sheet = await balance_sheet(visitor.ledger, datetime.date.today())
    accounts = await list_accounts(visitor.ledger, archived=True)
    lines = [line for line in account_lines(sheet) if not line.account.archived]
    net = [Money(one.net, one.currency) for one in sheet.net_worth]
    net.sort(key=lambda money: money.currency != visitor.formats.currency)
    archived = [account for account in accounts if account.archived]
    return {"groups": groups_of(lines), "archived": archived, "net": net, "unknown": len(sheet.unknown)}


async def _about(visitor: Visitor, account: Account) -> dict[str, Any]:
    sheet = await balance_sheet(visitor.ledger, datetime.date.today())
    lines = [line for line in account_lines(sheet) if line.account.id == account.id]
    return {
        "account": account,
        "lines": lines,
        "kinds": KINDS,
        "typed": Typed(values_of(account)),
        "unused": all(line.as_of is None for line in lines) and not account.archived,
    }


async def _stated(visitor: Visitor, account: Account, typed: Typed | None = None) -> dict[str, Any]:
    stated: list[StatedBalance] = await stated_balances(visitor.ledger, account)
    return {"account": account, "stated": stated, "typed_balance": typed or Typed({"day": "today"})}


async def _latest(visitor: Visitor, account: Account) -> dict[str, Any]:
    found = await list_transactions(visitor.ledger, TransactionFilter(accounts=(account.id,)), limit=LATEST)
    return {"account": account, "latest": found.rows}


async def _imports(visitor: Visitor, account: Account) -> dict[str, Any]:
    return {"account": account, "imports": await _imports_into(visitor, account)}


async def _imports_into(visitor: Visitor, account: Account) -> list[FinishedImport]:
    return await list_imports(visitor.ledger, account_id=account.id, limit=IMPORTS)


async def _history(visitor: Visitor, account: Account, name: PeriodName) -> Chart | None:
    """Its balance over the period; None when nothing is known of it in that time."""
    today = datetime.date.today()
    period = await named_period(visitor.ledger, name, today)
    history = await account_history(visitor.ledger, account)
    until = min(period.until, today)
    if (until - period.since).days <= DAILY:
        points = [(one.day, one.amount) for one in history.days(period.since, until)]
    else:
        points = [(day, history.on(day)) for day in points_of(period, today)]
    if all(amount is None for _, amount in points):
        return None
    formats = visitor.formats
    rows = [
        Row(day.isoformat(), formats.day(day), (None if amount is None else Money(amount, account.currency),))
        for day, amount in points
    ]
    description = f"Balance of {account.name} from {rows[0].label} to {rows[-1].label}."
    return Chart(description, account.currency, [Column("Balance", "chart-1", "steps")], rows, "End of")


# ------------------------------------------------------------------------------------------------------- what was done


async def _changed(request: Request, visitor: Visitor, account: Account, change: AccountChange, text: str) -> Response:
    done = await change_account(visitor.ledger, account.id, change, visitor.by)
    response = page(request, "accounts/about.html", **await _about(visitor, await account_of(visitor, account.id)))
    return _told(response, text, done)


def _told(response: Response, text: str, done: Edited) -> Response:
    return told(response, text, undo=None if done.edit_id is None else f"/edits/{done.edit_id}/undo")


def _stated_text(visitor: Visitor, account: Account, stated: Stated) -> str:
    amount = visitor.formats.money(Money(stated.amount, account.currency))
    return f"The balance of {account.name} was {amount} at the end of {visitor.formats.day(stated.day)}."
