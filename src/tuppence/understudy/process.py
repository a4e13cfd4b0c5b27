"""The understudy as a process of its own, for the demo."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Started:
    """An understudy that listens at `base_url`."""

    base_url: str
    pid: int

    @property
    def openai_base_url(self) -> str:
        """The address as the OpenAI SDK takes it."""
        return f"{self.base_url}/v1"


@contextmanager
def start_understudy(*, port: int = 0, pace: float = 0.018, options: Sequence[str] = ()) -> Iterator[Started]:
    """Start one and wait until it listens; it ends with the block, or with this process, however that ends.

    pace: seconds between two events. options: further ones, as on the command line. Raises RuntimeError when it does
    not come up, with what it said.
    """
    command = [sys.executable, "-m", "tuppence.understudy", "--port", str(port), "--pace", str(pace), *options]
    pipe = subprocess.PIPE
    # A session of its own: Ctrl-C on the terminal stops an answer, not the server of the next one.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            base_url = process.stdout.readline().decode().strip()
            if not base_url.startswith("http://"):
                process.stdin.close()
                raise RuntimeError(f"the understudy did not start: {process.stderr.read().decode().strip()}")
            yield Started(base_url, process.pid)
        finally:
            process.stdin.close()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
