"""The key file: made once whoever asks, private, and honest about what it cannot open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from tuppence.access.secrets import FILENAME, KeyFile, KeyFileUnusable, KeyLost, _make

posix = pytest.mark.skipif(os.name != "posix", reason="file modes")


@posix
def test_it_is_made_private(tmp_path: Path) -> None:
    keys = KeyFile.open(tmp_path / "new")
    assert keys.path == tmp_path / "new" / FILENAME
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert keys.path.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in keys.path.parent.iterdir()] == [FILENAME]


@posix
def test_one_that_others_may_read_is_made_private(tmp_path: Path) -> None:
    path = KeyFile.open(tmp_path).path
    path.chmod(0o644)
    KeyFile.open(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_can_be_decrypted(text: str) -> None:
    keys = KeyFile(Path(FILENAME), [Fernet.generate_key()])
    encrypted = keys.encrypt(text)
    assert keys.decrypt(encrypted) == text
    assert text not in encrypted or len(text) < 8


def test_opened_again_it_holds_the_same_keys(tmp_path: Path) -> None:
    encrypted = KeyFile.open(tmp_path).encrypt("a provider's key")
    assert KeyFile.open(tmp_path).decrypt(encrypted) == "a provider's key"


def test_processes_that_open_it_at_once_get_the_same_keys(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tuppence.access.secrets import KeyFile\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(KeyFile.open(Path(sys.argv[1])).signing_key('test').hex(), flush=True)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "home")]
    opened = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for _ in range(4)
    ]
    for process in opened:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in opened:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate()[0] for process in opened}
    assert said == {KeyFile.open(tmp_path / "home").signing_key("test").hex() + "\n"}


def test_of_two_that_make_it_the_first_counts(tmp_path: Path) -> None:
    _make(tmp_path / FILENAME)
    first = (tmp_path / FILENAME).read_bytes()
    _make(tmp_path / FILENAME)
    assert (tmp_path / FILENAME).read_bytes() == first


# --------------------------------------------------------------------------------------------------------- rotation


def test_after_rotation_the_old_can_be_read_and_the_new_key_encrypts(tmp_path: Path) -> None:
    keys = KeyFile.open(tmp_path)
    old = keys.encrypt("secret")
    keys.rotate()
    newest, oldest = keys.path.read_bytes().split()
    assert keys.decrypt(old) == "secret"
    assert Fernet(newest).decrypt(keys.encrypt("secret")) == b"secret"
    assert Fernet(newest).decrypt(keys.reencrypted(old)) == b"secret"
    assert Fernet(oldest).decrypt(old) == b"secret"
    assert [path.name for path in tmp_path.iterdir()] == [FILENAME]


def test_a_process_that_knows_only_the_old_keys_reads_what_another_encrypts(tmp_path: Path) -> None:
    long_open, other = KeyFile.open(tmp_path), KeyFile.open(tmp_path)
    other.rotate()
    assert long_open.decrypt(other.encrypt("secret")) == "secret"


def test_only_one_rotates_at_a_time(tmp_path: Path) -> None:
    keys = KeyFile.open(tmp_path)
    before = keys.path.read_bytes()
    (tmp_path / f"{FILENAME}.new").touch()
    with pytest.raises(KeyFileUnusable, match=r"remove that file and try again"):
        keys.rotate()
    assert keys.path.read_bytes() == before


def test_a_rotation_that_fails_leaves_no_lock(tmp_path: Path) -> None:
    keys = KeyFile.open(tmp_path)
    keys.path.write_text("damaged\n")
    with pytest.raises(KeyFileUnusable):
        keys.rotate()
    assert [path.name for path in tmp_path.iterdir()] == [FILENAME]


def test_what_signs_changes_with_rotation_and_purpose(tmp_path: Path) -> None:
    keys = KeyFile.open(tmp_path)
    before = keys.signing_key("csrf")
    assert len(before) == 32
    assert before != keys.signing_key("mail")
    assert before == KeyFile.open(tmp_path).signing_key("csrf")
    keys.rotate()
    assert keys.signing_keys("csrf") == (keys.signing_key("csrf"), before)
    assert keys.signing_key("csrf") != before


# ---------------------------------------------------------------------------------------------------------- failures


def test_a_lost_key_says_what_to_do(tmp_path: Path) -> None:
    encrypted = KeyFile.open(tmp_path / "there").encrypt("secret")
    with pytest.raises(KeyLost, match=r"Put back .* or enter the provider's key again") as lost:
        KeyFile.open(tmp_path / "here").decrypt(encrypted)
    assert "secret" not in str(lost.value).replace(FILENAME, "")


@pytest.mark.parametrize("text", ["gAAAAA", "", "é", "\ud800"])
def test_what_was_never_encrypted_is_lost_too(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyLost):
        KeyFile.open(tmp_path).decrypt(text)


CUT_OFF = pytest.param(Fernet.generate_key()[:-4], id="cut off")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"not a key\n", CUT_OFF, b"\xff\xfe\n"])
def test_a_damaged_file_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILENAME).write_bytes(content)
    with pytest.raises(KeyFileUnusable, match="Put it back from a backup"):
        KeyFile.open(tmp_path)
    assert (tmp_path / FILENAME).read_bytes() == content


def test_lines_of_any_system_are_read(tmp_path: Path) -> None:
    newest, oldest = Fernet.generate_key(), Fernet.generate_key()
    (tmp_path / FILENAME).write_bytes(newest + b"\r\n\r\n" + oldest)
    keys = KeyFile.open(tmp_path)
    assert Fernet(newest).decrypt(keys.encrypt("x")) == b"x"
    assert keys.decrypt(Fernet(oldest).encrypt(b"x").decode()) == "x"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileUnusable, match="Check the permissions"):
        KeyFile.open(tmp_path / "file" / "home")
