"""Files that only their owner can read."""

import os
from contextlib import suppress
from pathlib import Path


def make_private_file(path: Path) -> None:
    """Make an empty file, unless there is one. Raises OSError.

    A file that is there is not opened. SQLite's locks on a database belong to the whole process, and closing any other
    descriptor of it drops them: then somebody who closes the database takes himself for the last one, and removes the
    write-ahead log under everybody's hands (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
