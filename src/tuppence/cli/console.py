"""The terminal we write to, and text that cannot do anything to it."""

import codecs
import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

# Control characters but tab and line feed, and those that turn the direction of writing around.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


_SPELT = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "─": "-", "›": ">", "…": "...", "·": "|"}
    | {"“": '"', "”": '"', "’": "'", "\u00a0": " ", "\u202f": " "}
)


def written_otherwise() -> str:
    """The name of the error handler for what an encoding lacks: a similar sign, such as a minus for a minus, or "?"."""

    def replaced(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        lacking = error.object[error.start : error.end].translate(_SPELT)
        return "".join(sign if sign.isascii() else "?" for sign in lacking), error.end

    codecs.register_error("tuppence", replaced)
    return "tuppence"


@cache
def terminal() -> "Console":
    """Standard output for people. Nothing in what is printed is markup, an emoji code, or coloured by guessing."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


@cache
def error_terminal() -> "Console":
    """Standard error for people."""
    from rich.console import Console

    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def moves_its_cursor(stream: TextIO) -> bool:
    """Whether `stream` is a terminal on which lines can be drawn again."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def is_attended() -> bool:
    """Whether a person can be asked something: questions go to standard error, answers come from standard input."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def harmless(text: str) -> str:
    """`text` without anything that a terminal would obey: models, banks and file names do not steer it."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n"))
