"""The migrations lead to exactly the tables that the code knows, and opening a store needs no Alembic to see it."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from tuppence.store.schema import MIGRATIONS, prepare_database, revisions
from tuppence.store.tables import metadata


def test_migrations_from_empty_equal_the_metadata(migrated: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'metadata.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert schema_of(migrated) == schema_of(tmp_path / "metadata.db")


def schema_of(path: Path) -> dict[str, set[str]]:
    """The parts of each table and index in any order; without Alembic's own table, the search index and triggers."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"
        ).fetchall()
    return {
        name: set(parts_of(sql))
        for name, sql in rows
        if not name.startswith(("transactions_search", "alembic", "sqlite"))
    }


def parts_of(sql: str) -> Iterable[str]:
    """What comes before the outer parentheses, and each column and constraint within them, on one line."""
    head, _, body = re.sub(r"\s+", " ", sql).partition("(")
    yield head.strip()
    depth, part = 1, ""
    for character in body:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 or (depth == 1 and character == ","):
            yield part.strip(" )")
            part = ""
        else:
            part += character
    yield part.strip()


def test_the_last_file_is_the_head_and_each_follows_the_one_before() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [revisions()[-1]]
    assert [script.revision for script in reversed(list(scripts.walk_revisions()))] == revisions()


def test_a_current_database_is_opened_without_alembic(migrated: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tuppence.store.schema import prepare_database;"
        "prepare_database(Path(sys.argv[1])); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(migrated)], check=True)


def test_search_finds_what_was_inserted_updated_and_not_what_was_deleted(tmp_path: Path) -> None:
    prepare_database(tmp_path / "tuppence.db")
    with closing(sqlite3.connect(tmp_path / "tuppence.db")) as database:
        database.execute("INSERT INTO households (id, name, language, created_at) VALUES (1, 'h', 'en', 0)")
        database.execute(
            "INSERT INTO accounts (id, household_id, name, name_key, kind, currency, archived, created_at)"
            " VALUES (1, 1, 'a', 'a', 'cash', 'USD', 0, 0)"
        )
        for words in ("Bakery Ümlaut", "Bicycle shop", "Bus ticket"):
            database.execute(
                "INSERT INTO transactions"
                " (household_id, account_id, date, month, amount, currency, description, pending)"
                " VALUES (1, 1, '2026-01-02', 202601, -100, 'USD', ?, 0)",
                (words,),
            )
        database.execute("UPDATE transactions SET notes = 'for the office' WHERE description = 'Bus ticket'")
        database.execute("DELETE FROM transactions WHERE description = 'Bicycle shop'")

        def found(words: str) -> list[int]:
            query = "SELECT rowid FROM transactions_search WHERE transactions_search MATCH ? ORDER BY rowid"
            return [row for (row,) in database.execute(query, (f'"{words}"',))]

        assert found("ümlaut") == [1]
        assert found("office") == [3]
        assert found("bicycle") == []
        database.execute("INSERT INTO transactions_search (transactions_search) VALUES ('integrity-check')")
