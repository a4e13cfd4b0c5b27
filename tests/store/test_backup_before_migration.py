"""A database of an older revision is backed up, once, before it is brought up to date."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tuppence.store import StoreUnusable
from tuppence.store.backup import BACKUPS, KEPT
from tuppence.store.restoration import restore_backup
from tuppence.store.schema import MIGRATIONS, prepare_database, revisions

OLD_REVISION = "0005"


def older(path: Path, words: str = "kept") -> None:
    """Make a database of an older revision, with a household."""
    path.parent.mkdir(exist_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, OLD_REVISION)
        connection.exec_driver_sql("PRAGMA application_id = 0x54505043")
        connection.exec_driver_sql(
            f"INSERT INTO households (id, name, language, created_at) VALUES (1, '{words}', '', 0)"
        )
    engine.dispose()


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A data folder that an older Tuppence left."""
    folder = tmp_path / "old home"
    older(folder / "tuppence.db")
    (folder / "secret.key").write_text("a key")
    return folder


def backups(home: Path) -> list[Path]:
    return sorted((home / BACKUPS).glob("*"))


def test_a_migration_is_preceded_by_one_backup_whoever_begins_it(old_home: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tuppence.store.schema import prepare_database;"
        "prepare_database(Path(sys.argv[1]))"
    )
    arguments = [sys.executable, "-c", program, str(old_home / "tuppence.db")]
    processes = [subprocess.Popen(arguments) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert revision(old_home / "tuppence.db") == revisions()[-1]
    (file,) = backups(old_home)
    assert file.name.startswith(f"before-{revisions()[-1]}-")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    done = restore_backup(tmp_path / "restored", file)
    assert done.manifest.revision == OLD_REVISION == revision(tmp_path / "restored" / "tuppence.db")
    assert (tmp_path / "restored" / "secret.key").read_text() == "a key"
    prepare_database(tmp_path / "restored" / "tuppence.db")
    assert len(backups(tmp_path / "restored")) == 1


def test_a_new_database_and_a_current_one_need_no_backup(tmp_path: Path) -> None:
    for _ in range(2):
        prepare_database(tmp_path / "tuppence.db")
        assert backups(tmp_path) == []


def test_the_latest_few_are_kept(old_home: Path) -> None:
    (old_home / BACKUPS).mkdir()
    for number in range(KEPT + 2):
        (old_home / BACKUPS / f"before-000{number}-long-ago.tar.gz").write_text("")
    prepare_database(old_home / "tuppence.db")
    names = [path.name for path in backups(old_home)]
    assert len(names) == KEPT
    assert names[-1].startswith(f"before-{revisions()[-1]}-")


def test_without_a_backup_there_is_no_migration(old_home: Path) -> None:
    (old_home / BACKUPS).write_text("in the way")
    with pytest.raises(StoreUnusable, match="Nothing was changed"):
        prepare_database(old_home / "tuppence.db")
    assert revision(old_home / "tuppence.db") == OLD_REVISION


def test_a_disk_that_is_full_stops_the_migration_and_leaves_nothing_behind(old_home: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; from tuppence.store.schema import *\n"
        "from tuppence.store import backup\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: prepare_database(Path(sys.argv[1]))\n"
        "except StoreUnusable as error: print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(old_home / "tuppence.db")], check=True, capture_output=True, text=True
    )
    assert "Nothing was changed" in told.stdout, told.stderr
    assert revision(old_home / "tuppence.db") == OLD_REVISION
    assert backups(old_home) == []


def test_a_migration_that_fails_leaves_no_backup(old_home: Path) -> None:
    with closing(sqlite3.connect(old_home / "tuppence.db")) as database:
        database.execute("CREATE TABLE users (in_the_way)")
    with pytest.raises(Exception, match="users"):
        prepare_database(old_home / "tuppence.db")
    assert revision(old_home / "tuppence.db") == OLD_REVISION
    assert backups(old_home) == []
