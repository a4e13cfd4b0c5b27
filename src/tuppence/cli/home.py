"""The data folder, for commands that need no other setting."""

import os
from pathlib import Path


def home_folder(named: Path | None) -> Path:
    """The folder in which the data lives: the one that was named, else TUPPENCE_HOME, else the system's usual place."""
    from platformdirs import user_data_path

    if named is None:
        variable = os.environ.get("TUPPENCE_HOME")
        named = Path(variable) if variable else user_data_path("tuppence", appauthor=False)
    return named.expanduser().absolute()
