"""A progress bar on standard error for work that takes longer than a second."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_AFTER = 1.0  # seconds
_PAUSE = 0.1  # seconds between two looks at what was told


class ProgressBar:
    """Counts what it is told, for `with`. It appears after a second of work, and only where somebody watches."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = time.monotonic()
        self._next = self._begun + _AFTER
        self._shown: tuple[Progress, TaskID] | None = None

    def tell(self, done: int, total: int) -> None:
        """So much of so much is done. Cheap enough to be told of every row."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _PAUSE
        if sys.stderr.isatty():
            progress, task = self._shown = self._shown or self._appeared(total)
            progress.update(task, completed=done, total=total)

    def _appeared(self, total: int) -> "tuple[Progress, TaskID]":
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from tuppence.cli.console import error_terminal

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        progress = Progress(*columns, console=error_terminal(), transient=True)
        progress.start()
        return progress, progress.add_task(self._what, total=total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown is not None:
            self._shown[0].stop()
