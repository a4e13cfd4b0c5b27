"""`tuppence ask`: one question, answered while you watch."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuppence.cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuppence.assistant.chats import Chat
    from tuppence.cli.answer.view import AnswerView
    from tuppence.cli.wiring import Wired
    from tuppence.settings import Settings

ModelOption = Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask; otherwise the usual one.")]
ProviderOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Whom to ask; otherwise the first provider that is set up.")
]
EventsOption = Annotated[bool, typer.Option("--json", help="Print every event of the answer as one line of JSON.")]


def ask(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="In plain words.")],
    chat: Annotated[
        str | None, typer.Option(metavar="ID", help="Ask within this chat (the beginning of its id, or: last).")
    ] = None,
    model: ModelOption = None,
    provider: ProviderOption = None,
    as_json: EventsOption = False,
) -> None:
    """Ask one question; the answer streams. Ctrl-C stops it."""
    from tuppence.cli.event_loop import run

    chosen = partial(chosen_settings, context.obj, provider=provider, model=model)
    run(_asked(chosen, " ".join(question), chat, as_json=as_json))


def chosen_settings(home: Path | None, *, provider: str | None, model: str | None) -> "Settings":
    """The settings, with what was chosen on the command line in place of what they say. Raises SettingsUnusable."""
    from tuppence.cli.home import home_folder
    from tuppence.settings import read_settings

    settings = read_settings(home_folder(home))
    if provider is None and model is None:
        return settings
    own_model = None if provider is not None and provider != settings.provider else settings.model
    changes = {"provider": provider or settings.provider, "model": model or own_model, "insist": True}
    return settings.model_copy(update=changes)


async def _asked(settings: "Callable[[], Settings]", question: str, chat_id: str | None, *, as_json: bool) -> None:
    import asyncio

    from tuppence.cli.answer.view import view_for_output
    from tuppence.cli.wiring import opened_assistant

    if not question.strip():
        raise CommandFailed('The question is empty. Ask something, such as: tuppence ask "What did I spend in March?"')
    async with view_for_output(as_json=as_json) as view:
        view.status("Getting ready")
        async with opened_assistant(await asyncio.to_thread(settings)) as wired:
            await answered(wired, await _chat(wired, chat_id), question, view)


async def _chat(wired: "Wired", chat_id: str | None) -> "Chat":
    from tuppence.assistant.chats import list_chats, new_chat, open_chat

    if chat_id is None:
        return await new_chat(wired.ledger)
    if chat_id == "last" and (latest := await list_chats(wired.ledger, limit=1)):
        return latest[0]
    return await open_chat(wired.ledger, chat_id)


async def answered(wired: "Wired", chat: "Chat", question: str, view: "AnswerView") -> None:
    """Have `question` answered in `chat` before `view`. Raises CommandFailed when there is no answer."""
    view.status("Asking")
    turn = await wired.assistant.ask(chat, question, view.take)
    if turn.state == "failed":
        raise CommandFailed(turn.reason or "The question could not be answered. Ask again.")
