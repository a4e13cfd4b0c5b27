"""What is written to a terminal: nothing that it obeys, nothing that it cannot write."""

from __future__ import annotations

import pytest

from tuppence.cli.console import harmless, written_otherwise


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", b'-$5.00 "caf?" ... ?'),
        ("latin-1", b'-$5.00 "caf\xe9" ... ?'),
        ("utf-8", "−$5.00 “café” … ☃".encode()),
    ],
)
def test_what_an_encoding_lacks_is_written_otherwise(encoding: str, written: bytes) -> None:
    assert "−$5.00 “café” … ☃".encode(encoding, errors=written_otherwise()) == written


@pytest.mark.parametrize("text", ["\x1b[31mred", "\x9b31mred", "\x1b]0;title\x07red", "\u202ered", "a\rred", "\x00red"])
def test_nothing_steers_the_terminal(text: str) -> None:
    left = harmless(text)
    assert left.endswith("red")
    assert left.isprintable()
