"""A terminal for tests: a command runs in a pseudo-terminal, and what would be on the screen can be waited for."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
import sys
import termios
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pyte

COLUMNS, LINES = 100, 30
_PATIENCE = 30.0  # seconds after which something that should have happened counts as missing


class Terminal:
    """The screen of one command, and its keyboard."""

    def __init__(self, process: asyncio.subprocess.Process, keyboard: int, columns: int, lines: int) -> None:
        self.process = process
        self.screens: list[str] = []
        """What was on the screen after each piece of output that changed it."""
        self._keyboard = keyboard
        self._screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = asyncio.Event()
        self.raw = b""

    def take(self, output: bytes) -> None:
        self.raw += output
        self._stream.feed(output)
        if not self.screens or self.screens[-1] != self.text:
            self.screens.append(self.text)
        self._changed.set()

    @property
    def text(self) -> str:
        """Everything that was printed, scrolled away or not, without spaces at the ends of lines."""
        gone = ["".join(line[x].data for x in range(self._screen.columns)) for line in self._screen.history.top]
        return "\n".join(line.rstrip() for line in [*gone, *self._screen.display]).rstrip()

    @property
    def visible(self) -> str:
        """What is on the screen now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    async def shows(self, *words: str) -> str:
        """Return the text as soon as all of `words` are in it."""
        return await self.until(lambda text: all(word in text for word in words), f"{words} did not appear")

    async def until(self, reached: Callable[[str], bool], otherwise: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE):
                while not reached(self.text):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{otherwise}; there is:\n{self.text}") from None
        return self.text

    def types(self, keys: str) -> None:
        """Type; Ctrl-C is "\\x03", the end of input "\\x04"."""
        os.write(self._keyboard, keys.encode())

    async def ended(self) -> int:
        """The exit code, once the command has ended."""
        async with asyncio.timeout(_PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def terminal(
    *arguments: str, environment: Mapping[str, str], columns: int = COLUMNS, lines: int = LINES
) -> AsyncIterator[Terminal]:
    """`tuppence` with these arguments, in a terminal of its own."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _LAUNCH,
        *arguments,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        start_new_session=True,
    )
    os.close(theirs)
    screen = Terminal(process, ours, columns, lines)
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            screen.take(os.read(ours, 65536))
        except OSError as error:
            loop.remove_reader(ours)
            if error.errno != errno.EIO:  # that is the end: nobody holds the other side any more
                raise

    loop.add_reader(ours, read)
    try:
        yield screen
    finally:
        loop.remove_reader(ours)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)


# Makes the terminal the controlling one, so that Ctrl-C becomes a signal, and then is the command.
_LAUNCH = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from tuppence.cli.main import main
sys.argv[0] = "tuppence"
sys.exit(main())
"""
