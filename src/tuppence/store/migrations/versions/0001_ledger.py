"""The ledger: households, accounts, categories, merchants, transactions, imports; and the living processes.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC

# Description search: trigrams find any part of a word, in any script. The index holds no text of its own; the triggers
# keep it in step with the rows.
SQLITE_SEARCH = (
    """CREATE VIRTUAL TABLE transactions_search USING fts5(
        description, payee, memo, notes, content='transactions', content_rowid='id', tokenize='trigram', detail='full'
    )""",
    """CREATE TRIGGER transactions_search_insert AFTER INSERT ON transactions BEGIN
        INSERT INTO transactions_search (rowid, description, payee, memo, notes)
        VALUES (new.id, new.description, new.payee, new.memo, new.notes);
    END""",
    """CREATE TRIGGER transactions_search_delete AFTER DELETE ON transactions BEGIN
        INSERT INTO transactions_search (transactions_search, rowid, description, payee, memo, notes)
        VALUES ('delete', old.id, old.description, old.payee, old.memo, old.notes);
    END""",
    """CREATE TRIGGER transactions_search_update AFTER UPDATE OF description, payee, memo, notes ON transactions BEGIN
        INSERT INTO transactions_search (transactions_search, rowid, description, payee, memo, notes)
        VALUES ('delete', old.id, old.description, old.payee, old.memo, old.notes);
        INSERT INTO transactions_search (rowid, description, payee, memo, notes)
        VALUES (new.id, new.description, new.payee, new.memo, new.notes);
    END""",
)
POSTGRESQL_SEARCH = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """CREATE INDEX ix_transactions_search ON transactions
        USING gin (description gin_trgm_ops, payee gin_trgm_ops, memo gin_trgm_ops, notes gin_trgm_ops)""",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "households",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3)),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("heartbeat", MOMENT, nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("number", sa.String()),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_by", ROW_ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('checking', 'savings', 'credit_card', 'brokerage', 'mortgage', 'loan', 'cash', 'other')",
            name="kind",
        ),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.UniqueConstraint("household_id", "name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "categories",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("parent_id", ROW_ID),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.CheckConstraint("kind IN ('income', 'expense', 'other')", name="kind"),
        sa.ForeignKeyConstraint(["household_id", "parent_id"], ["categories.household_id", "categories.id"]),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.UniqueConstraint("household_id", "name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "merchants",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("website", sa.String()),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.UniqueConstraint("household_id", "name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tags",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.UniqueConstraint("household_id", "name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transfers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.CheckConstraint("source IN ('pairing', 'person')", name="source"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "imports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("batch", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("process_id", sa.String(32), nullable=False),
        sa.Column("rows_new", sa.Integer(), nullable=False),
        sa.Column("rows_same", sa.Integer(), nullable=False),
        sa.Column("rows_changed", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.CheckConstraint("state IN ('running', 'done', 'undone')", name="state"),
        sa.ForeignKeyConstraint(["household_id", "account_id"], ["accounts.household_id", "accounts.id"]),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.UniqueConstraint("token"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_imports_running_account",
        "imports",
        ["household_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "balances",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("import_id", ROW_ID),
        sa.CheckConstraint("source IN ('statement', 'person')", name="source"),
        sa.ForeignKeyConstraint(["household_id", "account_id"], ["accounts.household_id", "accounts.id"]),
        sa.ForeignKeyConstraint(["household_id", "import_id"], ["imports.household_id", "imports.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_balances_account", "balances", ["household_id", "account_id", "currency", "date"])
    op.create_table(
        "transactions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("payee", sa.Text()),
        sa.Column("memo", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("category_id", ROW_ID),
        sa.Column("category_source", sa.String(16)),
        sa.Column("merchant_id", ROW_ID),
        sa.Column("merchant_source", sa.String(16)),
        sa.Column("transfer_id", ROW_ID),
        sa.Column("import_id", ROW_ID),
        sa.Column("fingerprint", sa.LargeBinary(16)),
        sa.Column("occurrence", sa.Integer()),
        sa.Column("bank_id", sa.String()),
        sa.Column("value_date", sa.Date()),
        sa.Column("original_amount", sa.BigInteger()),
        sa.Column("original_currency", sa.String(3)),
        sa.CheckConstraint(
            "category_source IN ('person', 'rule', 'memory', 'classifier', 'model', 'import')", name="category_source"
        ),
        sa.CheckConstraint(
            "merchant_source IN ('person', 'rule', 'memory', 'classifier', 'model', 'import')", name="merchant_source"
        ),
        sa.ForeignKeyConstraint(["household_id", "account_id"], ["accounts.household_id", "accounts.id"]),
        sa.ForeignKeyConstraint(["household_id", "category_id"], ["categories.household_id", "categories.id"]),
        sa.ForeignKeyConstraint(["household_id", "import_id"], ["imports.household_id", "imports.id"]),
        sa.ForeignKeyConstraint(["household_id", "merchant_id"], ["merchants.household_id", "merchants.id"]),
        sa.ForeignKeyConstraint(["household_id", "transfer_id"], ["transfers.household_id", "transfers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "household_id", "account_id", "fingerprint", "occurrence", name="uq_transactions_fingerprint"
        ),
        sa.UniqueConstraint("household_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_transactions_account",
        "transactions",
        ["household_id", "account_id", "currency", "date", "amount", "transfer_id", "pending", "import_id"],
    )
    op.create_index("ix_transactions_category", "transactions", ["household_id", "category_id", "date"])
    op.create_index("ix_transactions_date", "transactions", ["household_id", "date"])
    op.create_index(
        "ix_transactions_import_id",
        "transactions",
        ["household_id", "import_id"],
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index(
        "ix_transactions_merchant_id",
        "transactions",
        ["household_id", "merchant_id"],
        sqlite_where=sa.text("merchant_id IS NOT NULL"),
        postgresql_where=sa.text("merchant_id IS NOT NULL"),
    )
    op.create_index(
        "ix_transactions_month",
        "transactions",
        [
            "household_id",
            "month",
            "category_id",
            "currency",
            "amount",
            "transfer_id",
            "pending",
            "import_id",
            "account_id",
            "date",
        ],
    )
    op.create_index(
        "ix_transactions_transfer_id",
        "transactions",
        ["household_id", "transfer_id"],
        sqlite_where=sa.text("transfer_id IS NOT NULL"),
        postgresql_where=sa.text("transfer_id IS NOT NULL"),
    )
    op.create_table(
        "import_changes",
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("import_id", ROW_ID, nullable=False),
        sa.Column("transaction_id", ROW_ID, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id", "import_id"], ["imports.household_id", "imports.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["household_id", "transaction_id"], ["transactions.household_id", "transactions.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household_id", "import_id", "transaction_id"),
    )
    op.create_table(
        "transaction_tags",
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("transaction_id", ROW_ID, nullable=False),
        sa.Column("tag_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["household_id", "tag_id"], ["tags.household_id", "tags.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["household_id", "transaction_id"], ["transactions.household_id", "transactions.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household_id", "transaction_id", "tag_id"),
    )
    op.create_index("ix_transaction_tags_tag", "transaction_tags", ["household_id", "tag_id"])
    dialect = op.get_bind().dialect.name
    for statement in SQLITE_SEARCH if dialect == "sqlite" else POSTGRESQL_SEARCH:
        op.execute(statement)
