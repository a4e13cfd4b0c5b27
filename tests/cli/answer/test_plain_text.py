"""The plain view: exact in a pipe, harmless on a terminal."""

from __future__ import annotations

from io import StringIO

import pytest

from tuppence.assistant.events import OutputText
from tuppence.cli.answer.plain_text import PlainText

pytestmark = pytest.mark.anyio
STEERING = "Paid \x1b[31mFennel\u202e Market"


class PlainTerminal(StringIO):
    """A terminal that does not move its cursor, such as one that is called dumb."""

    def isatty(self) -> bool:
        return True


async def shown(output: StringIO) -> str:
    async with PlainText(output, None) as view:
        view.take(OutputText(STEERING))
    return output.getvalue()


async def test_a_pipe_gets_the_answer_as_it_is() -> None:
    assert await shown(StringIO()) == STEERING + "\n"


async def test_a_terminal_gets_nothing_that_it_would_obey() -> None:
    assert await shown(PlainTerminal()) == "Paid [31mFennel Market\n"
