"""The workshop: which imports are allowed, what the locks hold, how the scripts behave, that the docs are true."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def test_imports_point_one_way() -> None:
    ended = subprocess.run([tool("lint-imports"), "--no-cache"], cwd=TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_speaking_to_models_needs_no_database_and_no_web() -> None:
    program = "import sys, tuppence.llm; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "fastapi", "pydantic", "anthropic", "openai"} & set(loaded)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(lock: str) -> None:
    text = (TOP / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    for package in re.split(r"\n(?=[a-z])", text.strip()):
        assert re.match(r"[a-z0-9-]+==[\w.]+", package)
        assert "--hash=sha256:" in package


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked(lock: str) -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"])
    if lock == "requirements-dev.txt":
        wanted += project["dependency-groups"]["dev"]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (TOP / lock).read_text(), re.MULTILINE))
    assert {re.split(r"[\[>=<!~ ]", one)[0].lower() for one in wanted} <= locked


def test_no_file_names_a_machine_or_an_index() -> None:
    ended = subprocess.run(
        [sys.executable, "bin/foreign_names.py"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("words", [("see /home", "/somebody/notes"), ("install --index", "-url https://index.example")])
def test_a_file_that_does_is_found(tmp_path: Path, words: tuple[str, str]) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "notes.md").write_text("first line\n" + "".join(words) + "\n")
    program = TOP / "bin" / "foreign_names.py"
    ended = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout.startswith("notes.md:2: names a")


# ---------------------------------------------------------------------------------------------------------- setup


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What bin/setup looks at, without any .venv."""
    (tmp_path / "bin").mkdir()
    for name in ("bin/setup", "pyproject.toml", "requirements-dev.txt"):
        shutil.copy(TOP / name, tmp_path / name)
    return tmp_path


def set_up(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """bin/setup, without any package index."""
    own = {"PATH": "/usr/bin:/bin", "HOME": str(checkout), "PIP_NO_INDEX": "1", "UV_OFFLINE": "1", **environment}
    return subprocess.run([checkout / "bin/setup"], env=own, capture_output=True, text=True, check=False)


def test_setup_says_what_to_do_without_a_python(checkout: Path) -> None:
    (checkout / "empty").mkdir()
    for needed in ("dirname", "cat", "cksum", "rm"):
        (checkout / "empty" / needed).symlink_to(f"/usr/bin/{needed}")
    ended = set_up(checkout, PATH=str(checkout / "empty"))
    assert ended.returncode == 1
    assert "Python 3.11 or newer is needed" in ended.stderr


def test_setup_says_what_to_do_without_an_index(checkout: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    ended = set_up(checkout)
    assert ended.returncode == 1
    assert "could not be installed" in ended.stderr
    assert not (checkout / ".venv" / ".set-up").exists()


def test_setup_is_done_when_nothing_has_changed(checkout: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    asked = ("sh", "-c", 'echo "$(pwd) $(cat bin/setup pyproject.toml requirements-dev.txt | cksum)"')
    stamp = subprocess.run(asked, cwd=checkout, capture_output=True, text=True, check=True).stdout
    (checkout / ".venv" / ".set-up").write_text(stamp)
    again = set_up(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    with (checkout / "requirements-dev.txt").open("a") as lock:
        lock.write("\n")
    assert "Setting up" in set_up(checkout).stderr


# ----------------------------------------------------------------------------------------------------------- docs


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_in_the_docs_exist(document: str) -> None:
    text = (TOP / document).read_text()
    named = re.findall(r"`((?:src|tests|docs|bin|bench|\.ci)/[\w./-]*|\.importlinter|\w+\.(?:md|toml|txt))`", text)
    assert not [path for path in named if not (TOP / path).exists()]
    assert named or document == "CHANGELOG.md"


def test_the_options_in_the_readme_exist() -> None:
    text = (TOP / "README.md").read_text()
    named = set(re.findall(r"tuppence (\w+)", " ".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))))
    helped = subprocess.run([tool("tuppence"), "--help"], capture_output=True, text=True, check=True).stdout
    assert named
    assert all(re.search(rf"^  {name} ", helped, re.MULTILINE) for name in named)


def test_the_version_is_in_the_changelog() -> None:
    assert importlib.metadata.version("tuppence") in (TOP / "CHANGELOG.md").read_text()


def tool(name: str) -> str:
    """The program of this environment with that name."""
    return os.fspath(Path(sys.executable).with_name(name))
