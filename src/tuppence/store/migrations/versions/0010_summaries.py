"""Sums by month, kept by triggers, and indexes that answer a list alone: for households with many transactions.

Revision ID: 0010
"""
# ruff: noqa: S608 - all of the SQL is made of the constants below

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The id of the row's import while that is not done: nobody sees the row until then.
UNSEEN = "COALESCE((SELECT id FROM imports WHERE imports.id = {row}.import_id AND imports.state <> 'done'), 0)"
IS_TRANSFER = "{row}.transfer_id IS NOT NULL"


def _one_if(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


class Summary(NamedTuple):
    """A table of sums: what its columns are of one transaction, whose name in SQL is {row}."""

    name: str
    key: dict[str, str]
    figures: dict[str, str]
    is_empty: str
    """True of sums over no transaction at all."""


MONEY = {
    "money_in": "CASE WHEN {row}.amount > 0 THEN {row}.amount ELSE 0 END",
    "money_out": "CASE WHEN {row}.amount < 0 THEN {row}.amount ELSE 0 END",
}
COUNTED = "{row}.transfer_id IS NULL"
SUMMARIES = (
    Summary(
        "category_months",
        key={
            "household_id": "{row}.household_id",
            "month": "{row}.month",
            "category_id": "COALESCE({row}.category_id, 0)",
            "currency": "{row}.currency",
            "is_transfer": IS_TRANSFER,
            "account_id": "{row}.account_id",
            "pending": "{row}.pending",
            "import_id": UNSEEN,
        },
        figures={
            "count": "1",
            "count_in": _one_if("{row}.amount > 0"),
            "count_out": _one_if("{row}.amount < 0"),
            **MONEY,
        },
        is_empty="count = 0",
    ),
    Summary(
        "merchant_months",
        key={
            "household_id": "{row}.household_id",
            "merchant_id": "COALESCE({row}.merchant_id, 0)",
            "currency": "{row}.currency",
            "month": "{row}.month",
            "import_id": UNSEEN,
        },
        figures={
            "count": _one_if(COUNTED),
            **{name: f"CASE WHEN {COUNTED} THEN {value} ELSE 0 END" for name, value in MONEY.items()},
            "pending": _one_if(f"{COUNTED} AND {{row}}.pending"),
            "uncategorized": _one_if(f"{COUNTED} AND {{row}}.category_id IS NULL"),
            "transfers": _one_if(IS_TRANSFER),
        },
        is_empty="count = 0 AND transfers = 0",
    ),
)
SUMMED = "household_id, account_id, month, amount, currency, pending, category_id, merchant_id, transfer_id, import_id"


def upgrade() -> None:
    """Make the tables, fill them, make what keeps them, and the indexes."""
    _make_tables()
    for summary in SUMMARIES:
        op.execute(_summed(summary, "transactions", "true"))
    triggers = _sqlite_trigger if op.get_bind().dialect.name == "sqlite" else _postgresql_trigger
    for name, (event, condition, statements) in _occasions().items():
        for statement in triggers(f"summaries_{name}", event, condition, statements):
            op.execute(statement)
    _make_indexes()


def _occasions() -> dict[str, tuple[str, str, list[str]]]:
    """By name: the event, whether it matters, and what then is to be done."""
    add = [statement for summary in SUMMARIES for statement in _added(summary, "new")]
    remove = [statement for summary in SUMMARIES for statement in _removed(summary, "old")]
    seen = [statement for summary in SUMMARIES for statement in _moved_to_seen(summary)]
    unseen = [statement for summary in SUMMARIES for statement in _moved_from_seen(summary)]
    return {
        "insert": ("INSERT ON transactions", "true", add),
        "delete": ("DELETE ON transactions", "true", remove),
        "update": (f"UPDATE OF {SUMMED} ON transactions", "true", [*remove, *add]),
        "import_done": ("UPDATE OF state ON imports", "old.state <> 'done' AND new.state = 'done'", seen),
        "import_undone": ("UPDATE OF state ON imports", "old.state = 'done' AND new.state <> 'done'", unseen),
    }


def _added(summary: Summary, row: str) -> list[str]:
    values = ", ".join((*summary.key.values(), *summary.figures.values())).format(row=row)
    return [f"INSERT INTO {_columns(summary)} VALUES ({values}) {_on_conflict(summary)}"]


def _removed(summary: Summary, row: str) -> list[str]:
    changes = ", ".join(f"{name} = {name} - ({value})" for name, value in summary.figures.items())
    mine = " AND ".join(f"{name} = ({value})" for name, value in summary.key.items())
    return [
        f"UPDATE {summary.name} SET {changes} WHERE {mine}".format(row=row),
        f"DELETE FROM {summary.name} WHERE {mine} AND {summary.is_empty}".format(row=row),
    ]


def _moved_to_seen(summary: Summary) -> list[str]:
    """The sums of an import that is done now become part of those that everybody sees."""
    return [*_merged(summary, "{figure}"), f"DELETE FROM {_of_import(summary)}"]


def _moved_from_seen(summary: Summary) -> list[str]:
    """The other way: what to take out is summed up from the import's rows."""
    condition = "{row}.household_id = new.household_id AND {row}.import_id = new.id"
    return [
        _summed(summary, "transactions", condition),
        *_merged(summary, "-{figure}"),
        f"DELETE FROM {summary.name} WHERE household_id = new.household_id AND import_id = 0 AND {summary.is_empty}",
    ]


def _merged(summary: Summary, figure: str) -> list[str]:
    """Add the sums of the import `new`, each as `figure` says, to those of import 0."""
    kept = ", ".join(name for name in summary.key if name != "import_id")
    figures = ", ".join(figure.format(figure=name) for name in summary.figures)
    columns = f"{summary.name} ({kept}, import_id, {', '.join(summary.figures)})"
    return [f"INSERT INTO {columns} SELECT {kept}, 0, {figures} FROM {_of_import(summary)} {_on_conflict(summary)}"]


def _of_import(summary: Summary) -> str:
    return f"{summary.name} WHERE household_id = new.household_id AND import_id = new.id AND import_id <> 0"


def _summed(summary: Summary, row: str, condition: str) -> str:
    key = ", ".join(summary.key.values())
    figures = ", ".join(f"SUM({value})" for value in summary.figures.values())
    grouped = ", ".join(str(number) for number in range(1, len(summary.key) + 1))
    query = f"SELECT {key}, {figures} FROM transactions WHERE {condition} GROUP BY {grouped}"
    return f"INSERT INTO {_columns(summary)} {query.format(row=row)} {_on_conflict(summary)}"


def _columns(summary: Summary) -> str:
    return f"{summary.name} ({', '.join((*summary.key, *summary.figures))})"


def _on_conflict(summary: Summary) -> str:
    changes = ", ".join(f"{name} = {summary.name}.{name} + excluded.{name}" for name in summary.figures)
    return f"ON CONFLICT ({', '.join(summary.key)}) DO UPDATE SET {changes}"


def _sqlite_trigger(name: str, event: str, condition: str, statements: list[str]) -> tuple[str, ...]:
    body = "; ".join(statements)
    return (f"CREATE TRIGGER {name} AFTER {event} WHEN {condition} BEGIN {body}; END",)


def _postgresql_trigger(name: str, event: str, condition: str, statements: list[str]) -> tuple[str, ...]:
    body = f"BEGIN IF {condition} THEN {'; '.join(statements)}; END IF; RETURN NULL; END"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
        f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


def _make_tables() -> None:
    op.create_table(
        "category_months",
        sa.Column("household_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("category_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("is_transfer", sa.Boolean(), nullable=False),
        sa.Column("account_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("import_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("count_in", sa.Integer(), nullable=False),
        sa.Column("count_out", sa.Integer(), nullable=False),
        sa.Column("money_in", sa.BigInteger(), nullable=False),
        sa.Column("money_out", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint(
            "household_id",
            "month",
            "category_id",
            "currency",
            "is_transfer",
            "account_id",
            "pending",
            "import_id",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merchant_months",
        sa.Column("household_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("merchant_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("money_in", sa.BigInteger(), nullable=False),
        sa.Column("money_out", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("uncategorized", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("household_id", "merchant_id", "currency", "month", "import_id"),
        sqlite_with_rowid=False,
    )
    for summary in SUMMARIES:
        op.create_index(
            f"ix_{summary.name}_import",
            summary.name,
            ["household_id", "import_id"],
            sqlite_where=sa.text("import_id <> 0"),
            postgresql_where=sa.text("import_id <> 0"),
        )
    op.create_index("ix_category_months_currency", "category_months", ["household_id", "currency"])


def _make_indexes() -> None:
    for name in ("month", "date", "merchant_id"):
        op.drop_index(f"ix_transactions_{name}", "transactions")
    asked = ["account_id", "currency", "category_id", "merchant_id", "transfer_id", "pending", "import_id"]
    op.create_index("ix_transactions_date", "transactions", ["household_id", "date", "id", "amount", *asked])
    op.create_index(
        "ix_transactions_size",
        "transactions",
        ["household_id", sa.text("abs(amount)"), "id", "amount", "date", *asked],
    )
    op.create_index(
        "ix_transactions_merchant",
        "transactions",
        ["household_id", "merchant_id", "date", "id", "amount", *(name for name in asked if name != "merchant_id")],
        sqlite_where=sa.text("merchant_id IS NOT NULL"),
        postgresql_where=sa.text("merchant_id IS NOT NULL"),
    )
