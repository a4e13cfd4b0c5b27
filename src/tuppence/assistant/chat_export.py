"""A chat as Markdown, to be kept or passed on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuppence.assistant.conversation import Conversation, Lookup, TurnView, Words
from tuppence.assistant.turns import Turn, cut_off_by


def markdown_of(talk: Conversation) -> str:
    """The questions and answers that a chat shows, what was looked up for them, which model answered, the cost."""
    blocks = [f"# {_inline(talk.chat.title or 'Chat')}"]
    for view in talk.turns:
        blocks += _turn(view)
    return "\n\n".join(blocks) + "\n"


def _turn(view: TurnView) -> Iterator[str]:
    yield f"## {_inline(view.question)}" if _is_line(view.question) else "## Question\n\n" + _quoted(view.question)
    for part in view.parts:
        match part:
            case Words(text) if text.strip():
                yield text.strip()
            case Lookup():
                yield f"> Looked up: {_inline(part.summary or part.name.replace('_', ' '))}"
            case _:
                pass
    if (ending := _ending(view.turn)) is not None:
        yield f"*{ending}*"
    cost = "cost unknown" if view.cost is None else f"${view.cost:f}{' (estimated)' if view.cost_estimated else ''}"
    yield f"*{view.asked_at:%Y-%m-%d %H:%M} UTC · {_inline(view.model)} · {cost}*"


def _ending(turn: Turn) -> str | None:
    match turn.state:
        case "running":
            return "The answer is not complete yet."
        case "stopped":
            return "The answer was stopped here."
        case "failed":
            return f"The answer is not complete. {_inline(turn.reason or '')}".strip()
        case "completed":
            return "The answer is not complete: the model ended it early." if cut_off_by(turn) else None


def _is_line(text: str) -> bool:
    return "\n" not in text.strip() and len(text) <= 120


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _inline(text: str) -> str:
    """`text` as words within a line of Markdown, whatever signs it holds."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", " ".join(text.split()))
