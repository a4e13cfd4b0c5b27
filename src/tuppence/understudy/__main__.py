"""`python -m tuppence.understudy`: print the address as the first line, serve until stdin closes."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from datetime import date

from tuppence.understudy.clerk import SLIPS
from tuppence.understudy.defects import DEFECTS
from tuppence.understudy.openai_chat import DIALECTS
from tuppence.understudy.server import Understudy


def main() -> int:
    """Run the understudy; 0 at the end, 1 when the port is taken."""
    arguments = _arguments()
    try:
        asyncio.run(_serve(arguments))
    except OSError as error:
        sys.stderr.write(f"The understudy cannot listen on port {arguments.port}: {error.strerror or error}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tuppence.understudy", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--pace", type=float, default=0.018, help="seconds between two pieces of an answer")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before an answer begins")
    parser.add_argument("--api-key", default=None, help="the only key that opens; any does without")
    parser.add_argument("--today", type=date.fromisoformat, default=None, help="the day it takes for today")
    parser.add_argument("--dialect", choices=DIALECTS, default="openai", help="whose Chat Completions it speaks")
    parser.add_argument("--defect", choices=DEFECTS, action="append", default=[], help="what is wrong with it; repeat")
    parser.add_argument("--slowness", type=float, default=2.0, help="seconds that its slow defects take")
    parser.add_argument("--slip", choices=SLIPS, action="append", default=[], help="what it files wrong; repeat")
    parser.add_argument("--slips-once", action="store_true", help="file right what was asked about before")
    parser.add_argument("--busy-every", type=int, default=None, help="refuse each so-manieth question with a 429")
    parser.add_argument("--retry-after", type=float, default=1.0, help="seconds that such a refusal tells to wait")
    parser.add_argument("--model", action="append", default=[], help="a model that exists; repeat; else the usual ones")
    parser.add_argument("--context-window", type=int, default=200_000, help="tokens of input that fit")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(getattr(signal, name), ended.set)
    async with Understudy(
        api_key=arguments.api_key,
        pace=arguments.pace,
        latency=arguments.latency,
        today=arguments.today,
        dialect=arguments.dialect,
        defects=arguments.defect,
        slowness=arguments.slowness,
        slips=arguments.slip,
        slips_once=arguments.slips_once,
        busy_every=arguments.busy_every,
        retry_after=arguments.retry_after,
        models=arguments.model,
        context_window=arguments.context_window,
        host=arguments.host,
        port=arguments.port,
    ) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        _watch_stdin(loop, ended)
        await ended.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Set `ended` when stdin closes, as it does when the parent dies. On a terminal or a file nothing is watched."""

    def read() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            ended.set()

    with contextlib.suppress(PermissionError, NotImplementedError, ValueError):
        if not sys.stdin.isatty():
            loop.add_reader(0, read)


if __name__ == "__main__":
    raise SystemExit(main())
