"""The key file: what encrypts providers' keys in the database, and what signs."""

import base64
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILENAME = "secret.key"


class KeyFileUnusable(Exception):
    """The key file cannot be read or made. The message says why and what to do about it."""


class KeyLost(Exception):
    """Something was encrypted by a key that is not in the key file. The message says what to do about it."""


class KeyFile:
    """The keys of one data folder, one a line, the newest first: it encrypts, and all of them decrypt.

    Whoever has this file and the database has the providers' keys; a backup needs both.
    """

    def __init__(self, path: Path, keys: Sequence[bytes]) -> None:
        """keys: Fernet keys, the newest first, at least one."""
        self.path = path
        self._keys = tuple(keys)

    @classmethod
    def open(cls, home: Path) -> "KeyFile":
        """The key file of the data folder `home`, which is made, readable by its owner only, where there is none.

        Safe to be called by several processes at once: all get the same keys. Raises KeyFileUnusable.
        """
        path = home / FILENAME
        try:
            if not path.exists():
                _make(path)
            _keep_private(path)
            return cls(path, _keys_in(path))
        except OSError as error:
            raise _unusable(path, error) from error

    def encrypt(self, text: str) -> str:
        """`text`, readable only with the key file."""
        return self._ring().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted: str) -> str:
        """What was encrypted. Raises KeyLost, and KeyFileUnusable when the file is no longer as it was."""
        token = encrypted.encode("utf-8", "replace")
        with suppress(InvalidToken):
            return self._ring().decrypt(token).decode()
        self._read_again()  # another process may have rotated the keys since
        try:
            return self._ring().decrypt(token).decode()
        except InvalidToken as error:
            raise self._lost() from error

    def reencrypted(self, encrypted: str) -> str:
        """The same secret, encrypted by the newest key. Raises KeyLost."""
        return self.encrypt(self.decrypt(encrypted))

    def rotate(self) -> None:
        """Put a new key before the others, which stay: they decrypt what they encrypted.

        Raises KeyFileUnusable, also while another process does the same.
        """
        draft = self.path.with_name(f"{FILENAME}.new")
        try:
            self._keys = _with_a_new_key(self.path, draft)
        except FileExistsError as error:
            raise KeyFileUnusable(
                f"{draft} exists: another process is rotating the keys, or was broken off while it did. "
                "If none is, remove that file and try again."
            ) from error
        except OSError as error:
            raise _unusable(self.path, error) from error

    def signing_key(self, purpose: str) -> bytes:
        """32 bytes for signing, derived from the newest key; those of different purposes say nothing of each other."""
        return self.signing_keys(purpose)[0]

    def signing_keys(self, purpose: str) -> tuple[bytes, ...]:
        """The signing keys derived from each key, newest first: what an older one signed can still be checked."""
        return tuple(_derived(key, purpose) for key in self._keys)

    def _ring(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys])

    def _read_again(self) -> None:
        try:
            self._keys = _keys_in(self.path)
        except OSError as error:
            raise _unusable(self.path, error) from error

    def _lost(self) -> KeyLost:
        return KeyLost(
            f"This was encrypted by a key that is not in {self.path}. Put back the {FILENAME} that belongs to this "
            "database (a backup holds both), or enter the provider's key again."
        )


def _make(path: Path) -> None:
    """Make the file whole or not at all; do nothing when another process was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{FILENAME}.", dir=path.parent)  # readable by its owner only
    try:
        _write(descriptor, [Fernet.generate_key()])
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
    _make_durable(path.parent)


def _with_a_new_key(path: Path, draft: Path) -> tuple[bytes, ...]:
    """The keys after rotation. The draft's existence is the lock. Raises FileExistsError when another holds it."""
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            keys = (Fernet.generate_key(), *_keys_in(path))
        except BaseException:
            os.close(descriptor)
            raise
        _write(descriptor, keys)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _make_durable(path.parent)
    return keys


def _write(descriptor: int, keys: Sequence[bytes]) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(key + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())


def _make_durable(folder: Path) -> None:
    """Have the folder's entries on the disk before anything is encrypted by a key that is in it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _keep_private(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        with suppress(PermissionError):  # somebody else's file, given to us to read
            path.chmod(0o600)


def _keys_in(path: Path) -> tuple[bytes, ...]:
    """The keys in the file. Raises OSError, and KeyFileUnusable when it holds anything else."""
    keys = tuple(line.strip() for line in path.read_bytes().splitlines() if line.strip())
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise _damaged(path, f"its line {number} is no key") from error
    if not keys:
        raise _damaged(path, "it is empty")
    return keys


def _damaged(path: Path, what: str) -> KeyFileUnusable:
    return KeyFileUnusable(
        f"{path} cannot be used: {what}. Put it back from a backup; or move it away, and enter the "
        "providers' keys again."
    )


def _unusable(path: Path, error: OSError) -> KeyFileUnusable:
    return KeyFileUnusable(
        f"Cannot use {path}: {error.strerror or error}. Check the permissions of the file and its folder."
    )


def _derived(key: bytes, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tuppence {purpose}".encode())
    return derivation.derive(base64.urlsafe_b64decode(key))
