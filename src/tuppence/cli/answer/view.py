"""What shows an answer while it comes. There are three: for a terminal, for a pipe, for a program."""

from types import TracebackType
from typing import Protocol, Self

from tuppence.assistant.events import TurnEvent


class AnswerView(Protocol):
    """Shows one turn. Used as `async with view`; however the block ends, what was said stays."""

    def status(self, text: str) -> None:
        """Say what is being done while nothing else is to be seen."""

    def take(self, event: TurnEvent) -> None:
        """Show one event of the turn."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def view_for_output(*, as_json: bool) -> AnswerView:
    """The view for what standard output is: a terminal that can move its cursor, or something else."""
    import sys

    if as_json:
        from tuppence.cli.answer.json_lines import JsonLines

        return JsonLines(sys.stdout)
    from tuppence.cli.console import moves_its_cursor, terminal

    if moves_its_cursor(sys.stdout):
        from tuppence.cli.answer.live_markdown import LiveMarkdown

        return LiveMarkdown(terminal())
    from tuppence.cli.answer.plain_text import PlainText

    return PlainText(sys.stdout, sys.stderr if sys.stderr.isatty() else None)
