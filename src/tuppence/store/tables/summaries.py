"""Sums over the transactions of a month, so that a report of many years need not read a million rows.

Triggers keep them (migration 0010): every transaction is in exactly one row of each table, whatever wrote it. Where
`import_id` is not 0, the rows are those of an import that is not done, which exist for nobody.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, Integer, String, Table, text

from tuppence.store.tables.metadata import RowId, metadata


def _key(name: str, of_type: Any = RowId) -> Column[Any]:
    return Column(name, of_type, primary_key=True, autoincrement=False)


category_months = Table(
    "category_months",
    metadata,
    _key("household_id"),
    _key("month", Integer),  # as 202603
    _key("category_id"),  # 0: uncategorized
    _key("currency", String(3)),
    _key("is_transfer", Boolean),
    _key("account_id"),
    _key("pending", Boolean),
    _key("import_id"),
    Column("count", Integer, nullable=False),
    Column("count_in", Integer, nullable=False),  # of amounts above zero
    Column("count_out", Integer, nullable=False),  # below zero
    Column("money_in", BigInteger, nullable=False),
    Column("money_out", BigInteger, nullable=False),  # negative
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    sqlite_with_rowid=False,
)

merchant_months = Table(
    "merchant_months",
    metadata,
    _key("household_id"),
    _key("merchant_id"),  # 0: unknown
    _key("currency", String(3)),
    _key("month", Integer),
    _key("import_id"),
    Column("count", Integer, nullable=False),  # of transactions that are no transfers, as all but the last figure
    Column("money_in", BigInteger, nullable=False),
    Column("money_out", BigInteger, nullable=False),  # negative
    Column("pending", Integer, nullable=False),
    Column("uncategorized", Integer, nullable=False),
    Column("transfers", Integer, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    sqlite_with_rowid=False,
)

for _table in (category_months, merchant_months):
    Index(
        f"ix_{_table.name}_import",
        _table.c.household_id,
        _table.c.import_id,
        sqlite_where=text("import_id <> 0"),
        postgresql_where=text("import_id <> 0"),
    )
Index("ix_category_months_currency", category_months.c.household_id, category_months.c.currency)
