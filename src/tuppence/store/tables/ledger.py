"""The ledger's tables: the household's accounts, transactions and how they are filed.

Every row carries its household, and every reference is to (household_id, id), so that no row can ever point into
another household. Amounts are integer minor units of the currency beside them, negative for money out.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from tuppence.store.tables.metadata import Moment, RowId, metadata


def _reference(column: str, target: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["household_id", column], [f"{target}.household_id", f"{target}.id"], ondelete=ondelete)


households = Table(
    "households",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", String, nullable=False),
    Column("currency", String(3)),  # in which its reports are read; unknown until somebody said so
    Column("language", String(16), nullable=False),  # of formats, as in "en" or "de-AT"
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",
    metadata,
    Column("id", RowId, primary_key=True),  # what rows point at
    Column("household_id", RowId, nullable=False),
    Column("token", String(32), nullable=False, unique=True),  # what people and addresses see: random, 128 bits in hex
    Column("batch", String(32), nullable=False),  # the imports of one file share it
    Column("account_id", RowId, nullable=False),
    Column("filename", String, nullable=False),
    Column("state", String(16), nullable=False),  # only rows of imports that are "done" exist for anybody
    Column("process_id", String(32), nullable=False),  # who runs it; not a reference, as processes come and go
    Column("rows_new", Integer, nullable=False),
    Column("rows_same", Integer, nullable=False),
    Column("rows_changed", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    _reference("account_id", "accounts"),
    UniqueConstraint("household_id", "id"),
    CheckConstraint("state IN ('running', 'done', 'undone')", name="state"),
    sqlite_autoincrement=True,
)
Index(
    "uq_imports_running_account",
    imports.c.household_id,
    imports.c.account_id,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),  # the name as it is compared: see ledger/names.py
    Column("kind", String(16), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("number", String),  # as the bank's files name it
    Column("archived", Boolean, nullable=False),
    Column("created_by", RowId),  # the running import that made it: until that is done the account does not exist
    Column("created_at", Moment, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    UniqueConstraint("household_id", "name_key"),
    CheckConstraint(
        "kind IN ('checking', 'savings', 'credit_card', 'brokerage', 'mortgage', 'loan', 'cash', 'other')", name="kind"
    ),
    sqlite_autoincrement=True,
)

categories = Table(
    "categories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("parent_id", RowId),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("kind", String(16), nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    _reference("parent_id", "categories"),
    UniqueConstraint("household_id", "id"),
    UniqueConstraint("household_id", "name_key"),
    CheckConstraint("kind IN ('income', 'expense', 'other')", name="kind"),
    sqlite_autoincrement=True,
)

merchants = Table(
    "merchants",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("website", String),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    UniqueConstraint("household_id", "name_key"),
    sqlite_autoincrement=True,
)

tags = Table(
    "tags",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    UniqueConstraint("household_id", "name_key"),
    sqlite_autoincrement=True,
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("source", String(16), nullable=False),  # "pairing" (may be found anew after every import) or "person"
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    CheckConstraint("source IN ('pairing', 'person')", name="source"),
    sqlite_autoincrement=True,
)

SOURCES = "('person', 'rule', 'memory', 'classifier', 'model', 'import')"

transactions = Table(
    "transactions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("account_id", RowId, nullable=False),
    Column("date", Date, nullable=False),  # of booking
    Column("month", Integer, nullable=False),  # of `date`, as 202603
    Column("amount", BigInteger, nullable=False),  # minor units; negative is money out
    Column("currency", String(3), nullable=False),
    Column("description", Text, nullable=False),  # the bank's words
    Column("payee", Text),
    Column("memo", Text),
    Column("notes", Text),  # the person's words
    Column("pending", Boolean, nullable=False),
    Column("category_id", RowId),
    Column("category_source", String(16)),  # "person" is never overwritten, not even where the category is empty
    Column("merchant_id", RowId),
    Column("merchant_source", String(16)),
    Column("transfer_id", RowId),  # the two sides of a transfer between own accounts share it
    Column("transfer_source", String(16)),  # "person" is never overwritten, not even where it is no transfer
    Column("import_id", RowId),  # None: entered by hand
    Column("fingerprint", LargeBinary(16)),  # see ledger/imports/matching.py; None: entered by hand
    Column("occurrence", Integer),  # the n-th of this fingerprint in its file, from 1
    Column("bank_id", String),
    Column("value_date", Date),
    Column("original_amount", BigInteger),  # minor units of original_currency, before the bank converted it
    Column("original_currency", String(3)),
    _reference("account_id", "accounts"),
    _reference("category_id", "categories"),
    _reference("merchant_id", "merchants"),
    _reference("transfer_id", "transfers"),
    _reference("import_id", "imports"),
    UniqueConstraint("household_id", "id"),
    UniqueConstraint("household_id", "account_id", "fingerprint", "occurrence", name="uq_transactions_fingerprint"),
    CheckConstraint(f"category_source IN {SOURCES}", name="category_source"),
    CheckConstraint(f"merchant_source IN {SOURCES}", name="merchant_source"),
    sqlite_autoincrement=True,
)
_SIZE = func.abs(transactions.c.amount)
# Whatever a list may ask of a row, so that even a search in vain reads the index alone.
_ASKED = [
    transactions.c[name]
    for name in ("account_id", "currency", "category_id", "merchant_id", "transfer_id", "pending", "import_id")
]
# The list by date and by size, and figures that no summary has (store/tables/summaries.py).
Index(
    "ix_transactions_date",
    transactions.c.household_id,
    transactions.c.date,
    transactions.c.id,
    transactions.c.amount,
    *_ASKED,
)
Index(
    "ix_transactions_size",
    transactions.c.household_id,
    _SIZE,
    transactions.c.id,
    transactions.c.amount,
    transactions.c.date,
    *_ASKED,
)
# Balances, matching, and the list of one account, answered from the index alone where only sums are asked for.
Index(
    "ix_transactions_account",
    transactions.c.household_id,
    transactions.c.account_id,
    transactions.c.currency,
    transactions.c.date,
    *(transactions.c[name] for name in ("amount", "transfer_id", "pending", "import_id")),
)
Index("ix_transactions_category", transactions.c.household_id, transactions.c.category_id, transactions.c.date)
Index(
    "ix_transactions_merchant",
    transactions.c.household_id,
    transactions.c.merchant_id,
    transactions.c.date,
    transactions.c.id,
    transactions.c.amount,
    *(column for column in _ASKED if column.name != "merchant_id"),
    sqlite_where=text("merchant_id IS NOT NULL"),
    postgresql_where=text("merchant_id IS NOT NULL"),
)
for _column in ("transfer_id", "import_id"):
    Index(
        f"ix_transactions_{_column}",
        transactions.c.household_id,
        transactions.c[_column],
        sqlite_where=text(f"{_column} IS NOT NULL"),
        postgresql_where=text(f"{_column} IS NOT NULL"),
    )

transaction_tags = Table(
    "transaction_tags",
    metadata,
    Column("household_id", RowId, primary_key=True),
    Column("transaction_id", RowId, primary_key=True),
    Column("tag_id", RowId, primary_key=True),
    _reference("transaction_id", "transactions", ondelete="CASCADE"),
    _reference("tag_id", "tags", ondelete="CASCADE"),
)
Index("ix_transaction_tags_tag", transaction_tags.c.household_id, transaction_tags.c.tag_id)

import_changes = Table(
    "import_changes",
    metadata,
    Column("household_id", RowId, primary_key=True),
    Column("import_id", RowId, primary_key=True),
    Column("transaction_id", RowId, primary_key=True),
    Column("before", Text, nullable=False),  # JSON of the columns that the import replaced, so that it can be undone
    _reference("import_id", "imports", ondelete="CASCADE"),
    _reference("transaction_id", "transactions", ondelete="CASCADE"),
)

balances = Table(
    "balances",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("account_id", RowId, nullable=False),
    Column("date", Date, nullable=False),  # the amount is that of the end of this day
    Column("amount", BigInteger, nullable=False),  # minor units; negative is owed
    Column("currency", String(3), nullable=False),
    Column("source", String(16), nullable=False),
    Column("import_id", RowId),
    _reference("account_id", "accounts"),
    _reference("import_id", "imports"),
    CheckConstraint("source IN ('statement', 'person')", name="source"),
    sqlite_autoincrement=True,
)
Index("ix_balances_account", balances.c.household_id, balances.c.account_id, balances.c.currency, balances.c.date)

# Kept by triggers (migration 0005): a number that changes with whatever the pairing of transfers depends on, so that
# what was found in a reading transaction can be known to hold still in a writing one.
movement_revisions = Table(
    "movement_revisions",
    metadata,
    Column("household_id", RowId, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
)
