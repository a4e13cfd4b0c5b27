"""What happens besides the words of an answer, as a line for people."""

from typing import Any

from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionAnswered,
    FunctionRequested,
    RoundEnded,
    SteppedIn,
    TurnStopped,
    Waiting,
)

Remarkable = FunctionRequested | FunctionAnswered | Waiting | SteppedIn | EarlierTalkLeftOut | TurnStopped


def sentence_of(event: Remarkable) -> str:
    """One line about `event`, without an end of line."""
    match event:
        case FunctionRequested(_, name, arguments):
            words = name.replace("_", " ").capitalize()
            told = ", ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in arguments.items())
            return f"{words}: {told}" if told else words
        case FunctionAnswered(_, summary, _):
            return summary
        case Waiting(seconds, why):
            return f"Waiting {max(1, round(seconds))} s: {why}"
        case SteppedIn(provider, model, why):
            return f"{why} {provider} ({model}) answers instead."
        case EarlierTalkLeftOut(turns):
            earlier = (
                "earliest question of this chat is" if turns == 1 else f"{turns} earliest questions of this chat are"
            )
            return f"The {earlier} left out: the model can take no more."
        case TurnStopped():
            return "Stopped. What was said is kept."


def sentence_of_cut(event: RoundEnded) -> str | None:
    """What to say when the model stopped before it was done; None when it was done."""
    if event.stop_reason == "max_tokens":
        return "The answer is cut off here: it reached the greatest length. Ask for the rest."
    if event.stop_reason == "context_window":
        return "The answer is cut off here: the chat is as long as the model can take. Go on in a new one."
    return None


def _value(value: Any) -> str:
    match value:
        case list():
            return " or ".join(_value(one) for one in value)
        case bool():
            return "yes" if value else "no"
        case _:
            text = str(value)
            return text if len(text) <= 40 else text[:39] + "…"
