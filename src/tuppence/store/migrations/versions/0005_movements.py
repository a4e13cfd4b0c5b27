"""A number per household that changes whenever a transaction does in what pairing of transfers looks at.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows of an import that is not done are seen by nobody: they count from the moment at which its state changes.
SEEN = "NOT EXISTS (SELECT 1 FROM imports WHERE imports.id = {row}.import_id AND imports.state <> 'done')"
OCCASIONS = {
    "transactions_insert": ("INSERT ON transactions", SEEN.format(row="new"), "new"),
    "transactions_delete": ("DELETE ON transactions", SEEN.format(row="old"), "old"),
    "transactions_update": (
        "UPDATE OF account_id, date, amount, currency, transfer_id, import_id ON transactions",
        "true",
        "new",
    ),
    "transfers_update": ("UPDATE OF source ON transfers", "true", "new"),
    "imports_update": ("UPDATE OF state ON imports", "old.state = 'done' OR new.state = 'done'", "new"),
}
COUNT = """INSERT INTO movement_revisions (household_id, revision) VALUES ({row}.household_id, 1)
    ON CONFLICT (household_id) DO UPDATE SET revision = movement_revisions.revision + 1"""


def upgrade() -> None:
    """Make the table and what keeps it."""
    op.create_table(
        "movement_revisions",
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("household_id"),
    )
    triggers = _sqlite_trigger if op.get_bind().dialect.name == "sqlite" else _postgresql_trigger
    for name, (event, condition, row) in OCCASIONS.items():
        for statement in triggers(f"movement_revisions_{name}", event, condition, row):
            op.execute(statement)


def _sqlite_trigger(name: str, event: str, condition: str, row: str) -> tuple[str, ...]:
    return (f"CREATE TRIGGER {name} AFTER {event} WHEN {condition} BEGIN {COUNT.format(row=row)}; END",)


def _postgresql_trigger(name: str, event: str, condition: str, row: str) -> tuple[str, ...]:
    # The condition is within the function, as that of a trigger may not look at other tables.
    body = f"BEGIN IF {condition} THEN {COUNT.format(row=row)}; END IF; RETURN NULL; END"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
        f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
