"""Which rows exist for a household. Every query over transactions or accounts has one of these in its WHERE."""

from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, and_, or_, select
from sqlalchemy.sql.operators import custom_op

from tuppence.ledger.household import Ledger
from tuppence.store.tables import accounts, imports, transactions


def visible(ledger: Ledger, household: ColumnElement[int] | None = None) -> ColumnElement[bool]:
    """True for the transactions of this household that are not part of a running or undone import.

    `household` is how their column of that name is to be asked, where not as itself (see `unindexed`).
    """
    hidden = select(imports.c.id).where(imports.c.household_id == ledger.household, imports.c.state != "done")
    return and_(
        (transactions.c.household_id if household is None else household) == ledger.household,
        or_(transactions.c.import_id.is_(None), transactions.c.import_id.not_in(hidden)),
    )


def visible_accounts(ledger: Ledger) -> ColumnElement[bool]:
    """True for the accounts of this household, but for those that a running import is about to make."""
    return and_(accounts.c.household_id == ledger.household, accounts.c.created_by.is_(None))


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """`column` as SQLite uses no index for: behind a plus sign, which changes nothing else."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)
