"""`tuppence chat`: a conversation that goes on from run to run."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tuppence.cli.ask import EventsOption, ModelOption, ProviderOption, answered, chosen_settings
from tuppence.cli.failures import FAILED, CommandFailed, Interrupted

if TYPE_CHECKING:
    from tuppence.assistant.chats import Chat
    from tuppence.cli.event_loop import EventLoop
    from tuppence.cli.wiring import Wired
    from tuppence.settings import Settings

_HELP = """\
/new        begin a new chat
/chats      list the chats there are
/open ID    go on with another one (the beginning of its id)
/help       show this
/quit       end (so does Ctrl-D; Ctrl-C stops an answer, or ends when there is none)
"""


def chat(
    context: typer.Context,
    chat_id: Annotated[
        str | None, typer.Option("--chat", metavar="ID", help="Go on with this chat (the beginning of its id).")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin a new chat instead of going on with the last one.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="List the chats there are, and end.")] = False,
    model: ModelOption = None,
    provider: ProviderOption = None,
    as_json: EventsOption = False,
) -> None:
    """Talk. Goes on with the last chat; /help lists what else can be typed. From a pipe each line is a question."""
    settings = chosen_settings(context.obj, provider=provider, model=model)
    if show_list:
        list_of_chats(settings, as_json=as_json)
        return
    converse(settings, chat_id=chat_id, new=new, as_json=as_json)


def list_of_chats(settings: "Settings", *, as_json: bool) -> None:
    """Print the chats, the one used last first."""
    from tuppence.assistant.chats import list_chats
    from tuppence.cli.event_loop import run
    from tuppence.cli.tables import print_json
    from tuppence.cli.wiring import opened_ledger

    async def chats() -> "list[Chat]":
        async with opened_ledger(settings.home) as ledger:
            return await list_chats(ledger)

    found = run(chats())
    if as_json:
        print_json([{"id": one.id, "title": one.title, "updated_at": one.updated_at} for one in found])
    else:
        _print_chats(found)


def converse(settings: "Settings", *, chat_id: str | None = None, new: bool = False, as_json: bool = False) -> None:
    """Answer what is typed or piped in, until it ends. At the end of a pipe in which one failed it raises Exit."""
    from tuppence.cli.event_loop import EventLoop
    from tuppence.cli.wiring import opened_assistant

    with EventLoop() as loop, loop.entered(opened_assistant(settings)) as wired:
        conversation = Conversation(loop, wired, loop.run(_first_chat(wired, chat_id, new=new)), as_json=as_json)
        if sys.stdin.isatty():
            conversation.greet()
        for line in _lines():
            if not conversation.goes_on_after(line):
                break
        if conversation.failed and not sys.stdin.isatty():
            raise typer.Exit(FAILED)


class Conversation:
    """A chat and whoever types into it."""

    def __init__(self, loop: "EventLoop", wired: "Wired", chat: "Chat", *, as_json: bool) -> None:
        self._loop, self._wired, self._chat, self._as_json = loop, wired, chat, as_json
        self.failed = False
        """Whether any question was left without an answer."""

    def greet(self) -> None:
        """Say which chat this is."""
        title = f"Going on with “{self._chat.title}”." if self._chat.title else "A new chat."
        _say(f"{title} /help lists what else can be typed.")

    def goes_on_after(self, line: str) -> bool:
        """Do what `line` says or answer it; False when it ends the conversation."""
        word, _, rest = line.strip().partition(" ")
        match word:
            case "":
                pass
            case "/quit" | "/exit" | "/q":
                return False
            case "/new":
                self._chat = self._loop.run(_new_chat(self._wired))
                self.greet()
            case "/chats":
                self._list()
            case "/open":
                self._open(rest.strip())
            case "/help":
                _say(_HELP.rstrip())
            case _ if word.startswith("/") and word[1:].isalpha():
                _say(f"There is no {word}.\n{_HELP.rstrip()}")
            case _:
                self._answer(line.strip())
        return True

    def _answer(self, question: str) -> None:
        try:
            self._loop.run(_answered(self._wired, self._chat, question, as_json=self._as_json))
        except CommandFailed as failure:
            self.failed = True
            sys.stderr.write(f"{failure}\n")
        except Interrupted:
            if not sys.stdin.isatty():
                raise
        if not self._chat.title:
            self._chat = self._loop.run(_same_chat(self._wired, self._chat))

    def _list(self) -> None:
        from tuppence.assistant.chats import list_chats

        _print_chats(self._loop.run(list_chats(self._wired.ledger)))

    def _open(self, chat_id: str) -> None:
        from tuppence.assistant.chats import open_chat
        from tuppence.assistant.reader import UnknownChat

        try:
            self._chat = self._loop.run(open_chat(self._wired.ledger, chat_id))
        except UnknownChat as error:
            _say(str(error))
        else:
            self.greet()


async def _first_chat(wired: "Wired", chat_id: str | None, *, new: bool) -> "Chat":
    from tuppence.assistant.chats import list_chats, open_chat

    if chat_id is not None:
        return await open_chat(wired.ledger, chat_id)
    latest = [] if new else await list_chats(wired.ledger, limit=1)
    return latest[0] if latest else await _new_chat(wired)


async def _new_chat(wired: "Wired") -> "Chat":
    from tuppence.assistant.chats import new_chat

    return await new_chat(wired.ledger)


async def _same_chat(wired: "Wired", chat: "Chat") -> "Chat":
    """`chat` as it is now: its first question has given it a title."""
    from tuppence.assistant.chats import open_chat

    return await open_chat(wired.ledger, chat.id)


async def _answered(wired: "Wired", chat: "Chat", question: str, *, as_json: bool) -> None:
    from tuppence.cli.answer.view import view_for_output

    async with view_for_output(as_json=as_json) as view:
        await answered(wired, chat, question, view)


def _lines() -> Iterator[str]:
    """What is typed at a prompt, or the lines of a pipe."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    import readline  # noqa: F401  # gives input() its line editing

    while True:
        try:
            yield input("\n› " if _can_write("›") else "\n> ")
        except EOFError:
            _say("")
            return


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _say(text: str) -> None:
    from tuppence.cli.console import error_terminal, harmless

    error_terminal().print(harmless(text), style="dim")


def _print_chats(found: "list[Chat]") -> None:
    from tuppence.cli.tables import Column, print_table

    rows = [(one.id[:8], one.updated_at.astimezone().strftime("%Y-%m-%d %H:%M"), one.title) for one in found]
    print_table((Column("Chat"), Column("Last used"), Column("Title")), rows, empty="There are no chats yet.")
