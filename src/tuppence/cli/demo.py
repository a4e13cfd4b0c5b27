"""`tuppence demo`: the web app over an invented household, or over your own files, kept nowhere."""

import os
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuppence.cli.failures import QuestionsOpen
from tuppence.cli.providers import choosing_whom_to_ask

if TYPE_CHECKING:
    from tuppence.cli.event_loop import EventLoop
    from tuppence.settings import Settings

_QUESTIONS = (
    "What did I spend on groceries last month?",
    "What is my net worth?",
    "What were my largest purchases this year?",
)
_UNDERSTUDY = "understudy"
_PACE, _FAST_PACE = 0.018, 0.002  # seconds between two words, for a person and for a pipe


def demo(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Your own bank files instead of the household.")
    ] = None,
) -> None:
    """Try the web app over an invented household, or over your own bank files. Nothing is kept.

    Without a key for a provider it talks to the understudy. Without a terminal it asks three questions and ends.
    """
    from tuppence.cli.ask import chosen_settings
    from tuppence.cli.event_loop import EventLoop
    from tuppence.cli.serve import run_server

    own = chosen_settings(context.obj, provider=None, model=None)
    attended = sys.stdin.isatty() and sys.stdout.isatty()
    with tempfile.TemporaryDirectory(prefix="tuppence-demo-") as folder, EventLoop() as loop:
        settings = own.model_copy(update={"home": Path(folder)})
        with loop.entered(_somebody_to_ask(settings, _PACE if attended else _FAST_PACE)) as settings:
            _fill(loop, settings.home, files or [])
            if attended:
                run_server(_serve(settings))
            else:
                loop.run(_sampled(settings))


@asynccontextmanager
async def _somebody_to_ask(settings: "Settings", pace: float) -> "AsyncIterator[Settings]":
    """The settings with somebody who answers: the provider whose key is set, or the understudy, who needs none."""
    from pydantic import SecretStr

    if settings.keys.keys() & {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"} or settings.provider is not None:
        from tuppence.assistant.provider_choice import chosen, of_environment

        with choosing_whom_to_ask():
            first = chosen(settings, of_environment(settings))[0]
        key = ", with your key" if first.configured.api_key else ""
        typer.echo(f"Talking to {first.configured.preset.title} ({first.model}){key}.")
        yield settings
        return
    from tuppence.understudy import Understudy

    typer.echo("Talking to the understudy, a scripted stand-in for a model. Set ANTHROPIC_API_KEY to talk to Claude.")
    async with Understudy(models=(_UNDERSTUDY,), pace=pace) as understudy:
        yield settings.model_copy(
            update={
                "provider": "anthropic",
                "model": _UNDERSTUDY,
                "keys": {"ANTHROPIC_API_KEY": SecretStr("none is needed")},
                "addresses": {"ANTHROPIC_BASE_URL": understudy.base_url},
            }
        )


def _fill(loop: "EventLoop", home: Path, files: list[Path]) -> None:
    if not files:
        loop.run(_moved_in(home))
        return
    from tuppence.cli.bank_import import Manner, import_files
    from tuppence.cli.imports.targets import Chosen
    from tuppence.ledger.imports import ReadOptions

    for file in files:
        chosen = Chosen((), None, otherwise=file.stem)
        try:
            import_files(loop, home, [file], ReadOptions(), chosen, Manner(skip_bad_rows=True))
        except QuestionsOpen as questions:
            raise QuestionsOpen(f"{questions} (The demo has no such options: use `tuppence import`.)") from None


async def _moved_in(home: Path) -> None:
    import datetime

    from tuppence.cli.demo_household import move_in
    from tuppence.cli.wiring import opened_ledger

    async with opened_ledger(home) as ledger:
        result = await move_in(ledger, datetime.date.today())
    rows = sum(account.counts.new for account in result.accounts)
    typer.echo(f"An invented household has moved in: {len(result.accounts)} accounts, {rows:,} transactions.")


async def _serve(settings: "Settings") -> None:
    """Serve the web app, and lead whoever sits here into it."""
    from tuppence.access.entrances import join
    from tuppence.access.links import pending_owner_link, sign_in_link
    from tuppence.cli.serve import served, settled
    from tuppence.web.parts import opened_parts

    async with opened_parts(settings, settled) as parts:
        invitation = await pending_owner_link(parts.first_ledger)
        assert invitation is not None, "nobody has joined a folder that was just made"
        owner = (await join(parts.store, parts.passwords, invitation.secret, "Demo", None)).user
        link = await sign_in_link(parts.first_ledger, owner.id)

        def told(address: str) -> None:
            entrance = f"{address}/enter/{link.secret}"
            typer.echo(f"Open this once, it lets you in: {entrance}  (Ctrl-C ends the demo)")
            if _has_browser():
                webbrowser.open(entrance)

        await served(parts, "127.0.0.1", 0, told)


def _has_browser() -> bool:
    """Whether there is a screen on which a browser can open; one within the terminal would only be in the way."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def _sampled(settings: "Settings") -> None:
    """Ask the sample questions one after the other. Raises CommandFailed when one is not answered."""
    from tuppence.assistant.chats import new_chat
    from tuppence.cli.answer.view import view_for_output
    from tuppence.cli.ask import answered
    from tuppence.cli.wiring import opened_assistant

    async with opened_assistant(settings) as wired:
        for question in _QUESTIONS:
            typer.echo(f"\n> {question}\n")
            async with view_for_output(as_json=False) as view:
                await answered(wired, await new_chat(wired.ledger), question, view)
