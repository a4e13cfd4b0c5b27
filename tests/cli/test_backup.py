"""`tuppence backup` and `tuppence restore` as people and programs use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tuppence.cli.event_loop import EventLoop
from tuppence.cli.wiring import opened_usage

from .command import Command

STATEMENT = "Date,Description,Amount\n2026-03-31,Bakery,-4.50\n"


@pytest.fixture
def imported(command: Command, tmp_path: Path) -> None:
    """One transaction in the ledger."""
    (tmp_path / "bank.csv").write_text(STATEMENT)
    command.succeeds("import", str(tmp_path / "bank.csv"), "--account", "Everyday", "--currency", "USD")


def transactions(command: Command) -> int:
    total = json.loads(command.succeeds("transactions", "--json"))["total"]
    assert isinstance(total, int)
    return total


@pytest.mark.usefixtures("imported")
def test_there_and_back(command: Command, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.tar.gz"
    assert str(file) in command.succeeds("backup", str(file))
    (tmp_path / "more.csv").write_text(STATEMENT + "2026-04-01,Bus,-2.00\n")
    command.succeeds("import", str(tmp_path / "more.csv"), "--account", "Everyday", "--currency", "USD")
    assert transactions(command) == 2
    told = command.succeeds("restore", str(file))
    assert transactions(command) == 1
    (kept,) = home.glob("before-restore-*")
    assert str(kept) in told
    command.succeeds("restore", str(kept))
    assert transactions(command) == 2


@pytest.mark.usefixtures("imported")
def test_for_programs(command: Command, tmp_path: Path) -> None:
    file, other = tmp_path / "file.tar.gz", tmp_path / "other"
    made = json.loads(command.succeeds("backup", str(file), "--json"))
    assert made["file"] == str(file)
    assert made["bytes"] == file.stat().st_size
    assert [member["name"] for member in made["members"]] == ["tuppence.db"]
    restored = json.loads(command.succeeds("--home", str(other), "restore", str(file), "--json"))
    assert restored["home"] == str(other)
    assert restored["before"] is None
    assert restored["members"] == made["members"]
    assert json.loads(command.succeeds("--home", str(other), "transactions", "--json"))["total"] == 1


def test_in_a_folder_it_gets_a_name_of_its_own(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for _ in range(2):
        command.succeeds("backup", str(folder))
    names = [path.name for path in folder.iterdir()]
    assert len(names) == 2
    assert all(name.startswith("tuppence-") and name.endswith(".tar.gz") for name in names)


def test_a_file_is_replaced_only_if_that_is_said(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a letter")
    ended = command("backup", str(file))
    assert ended.code == 1
    assert "--force" in ended.sentence
    assert file.read_text() == "a letter"
    command.succeeds("backup", str(file), "--force")
    command.succeeds("restore", str(file))


@pytest.mark.parametrize("name", ["tuppence.db", "tuppence.db-wal", "secret.key"])
def test_the_data_itself_is_never_replaced(command: Command, home: Path, name: str) -> None:
    ended = command("backup", str(home / name), "--force")
    assert ended.code == 1
    assert "belongs to the data" in ended.sentence
    assert transactions(command) == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("backup", "{0}/missing/file"), "no such file"),
        (("--home", "{0}/missing", "backup", "{0}/file"), "nothing to back up"),
        (("restore", "{0}/missing"), "There is no file"),
        (("restore", "{0}"), "is a folder"),
        (("restore", "{0}/home/tuppence.db"), "no backup"),
    ],
)
def test_what_cannot_be_done(command: Command, tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    ended = command(*(argument.format(tmp_path) for argument in arguments))
    assert ended.code == 1
    assert why in ended.sentence
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_no_restore_while_tuppence_runs(command: Command, home: Path, tmp_path: Path) -> None:
    with EventLoop() as loop, loop.entered(opened_usage(home)):
        command.succeeds("backup", str(tmp_path / "file"))
        ended = command("restore", str(tmp_path / "file"))
    assert ended.code == 1
    assert f"process {os.getpid()}" in ended.sentence
    command.succeeds("restore", str(tmp_path / "file"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_nothing_behind(environment: dict[str, str], tmp_path: Path, number: signal.Signals) -> None:
    program = (
        "import os, sys; from tuppence.store import backup_archive; from tuppence.cli.main import main\n"
        "packs = lambda event, arguments: event == 'open' and str(arguments[0]).endswith('packed')\n"
        f"sys.addaudithook(lambda *event: os.kill(os.getpid(), {number:d}) if packs(*event) else None)\n"
        "sys.exit(main(['backup', sys.argv[1]]))"
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder / "file")], env=environment, capture_output=True, check=False
    )
    assert ended.returncode == 128 + number
    assert ended.stderr == b""
    assert list(folder.iterdir()) == []
