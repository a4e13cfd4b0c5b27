"""Plain instructions, such as a probe of a server gives: say a word, count, call a function, recall a word.

Recognised by their words like everything here. An instruction is taken only where no question about money is left when
its words are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tuppence.understudy.conversation import Conversation, Function

_QUOTES = "\"'“”‘’`*"
_SAY = re.compile(
    r"\b(?:reply|respond|answer|say|write|output|print|return|repeat)\b"
    r"(?:\s+(?:me|back|to me|only|just|exactly|with|the|a|single|one|this|following|exact))*"
    r"(?P<sure>\s+(?:words?|text|phrase|string|token)\b)?"
    rf"\s*(?P<colon>:)?\s*(?P<quote>[{_QUOTES}])?(?P<words>[^\n{_QUOTES}.!?,;:]{{1,60}})(?(quote)[{_QUOTES}])",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(r"\b(?:with|only|just|exactly|words?|text|phrase|string|token)\b", re.IGNORECASE)
_TRAILING = re.compile(r"\s+(?:and\b.*|only|please|in one word|as (?:is|your).*|without\b.*)$", re.IGNORECASE)
_COUNT = re.compile(
    r"\bcount\s+(?:out loud\s+)?(?:from\s+)?(?:(?P<first>\d{1,4})\s*(?:to|-|–|\.\.+|through|until|up to)\s*)?"
    r"(?:(?:up )?to\s+)?(?P<last>\d{1,4})\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"\b(?:numbers|integers)\s+(?:from\s+)?(?P<first>\d{1,4})\s*(?:to|-|–|through)\s*(?P<last>\d{1,4})\b", re.IGNORECASE
)
_CALL = re.compile(
    r"(?:^|[.!?:;\n]\s*|,\s*|\bplease\s+|\bnow\s+|\bthen\s+|\b(?:must|should|to)\s+)(?:call|use|invoke|run|execute)\b"
    r"(?P<what>[^\n]*)",
    re.IGNORECASE,
)
_FUNCTIONS = re.compile(r"\b(?:functions?|tools?)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:both|all|each|every|(?:two|three|four)\b.*\b(?:functions|tools))\b", re.IGNORECASE)
_GIVEN = re.compile(
    r"\b(?:(?:secret|code|magic|pass)[ -]?)?(?:word|code|password|codeword)"
    rf"(?:\s+(?:at the (?:beginning|start|top)|to remember|is))*\s*(?:is|:|=)\s*[{_QUOTES}]*(?P<word>[\w-]+)",
    re.IGNORECASE,
)
_RECALL = re.compile(
    r"\b(?:what|which)\b[^?\n]*\b(?:word|code|password|codeword)\b|"
    r"\b(?:repeat|recall|tell me|give me|say|reply with|answer with)\s+the\s+(?:secret |code ?|first )?word\s*"
    r"(?:from|at|that|given|I|you)\b",
    re.IGNORECASE,
)
_MOST_NUMBERS = 2000


@dataclass(frozen=True, slots=True)
class Saying:
    """These words are to be said."""

    words: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Calling:
    """These functions are to be called, with what the instruction says of their arguments."""

    functions: tuple[Function, ...]
    text: str


Instruction = Saying | Calling


def instruction_in(text: str, conversation: Conversation) -> Instruction | None:
    """The instruction that `text`, the person's last message, gives; None when it gives none that we know."""
    if (called := _called(text, conversation.functions)) is not None:
        return called
    if match := _RECALL.search(text):
        return Saying(_recalled(conversation), match.span())
    if match := _COUNT.search(text) or _NUMBERS.search(text):
        return Saying(_counted(text, int(match["first"] or 1), int(match["last"])), match.span())
    for match in _SAY.finditer(text):
        if words := _said(match, text):
            return Saying(words, match.span())
    return None


def arguments_in(text: str, function: Function) -> dict[str, Any]:
    """The arguments for `function` that `text` names: `city = "Paris"`, `city: Paris`, `city Paris`."""
    found = {}
    for name, schema in (function.parameters.get("properties") or {}).items():
        spoken = re.escape(name).replace("_", "[_ ]")
        said = re.search(
            rf"\b{spoken}\b[{_QUOTES}]*\s*(?:=|:|\bis\b|\bof\b|\bto\b|\bset to\b)?\s*[{_QUOTES}]?([\w.-]*\w)",
            text,
            re.I,
        )
        value = None if said is None else _typed(said[1], schema)
        choices = schema.get("enum") or ()
        if value is None or (choices and value not in choices):
            value = next((one for one in choices if re.search(rf"\b{re.escape(str(one))}\b", text)), None)
        if value is not None:
            found[name] = value
    return found


def _called(text: str, functions: Sequence[Function]) -> Calling | None:
    for match in _CALL.finditer(text):
        what = match["what"]
        named = tuple(function for function in functions if re.search(rf"\b{re.escape(function.name)}\b", what))
        if named:
            return Calling(named, text)
        if _FUNCTIONS.search(what):
            return Calling(tuple(functions) if _ALL.search(what) else tuple(functions[:1]), text)
    return None


def _recalled(conversation: Conversation) -> str:
    """The first word that the conversation calls "the word"."""
    for text in (conversation.instructions, *(said.text for said in conversation.messages)):
        if match := _GIVEN.search(text):
            return match["word"]
    return "I do not find such a word in what reached me."


def _counted(text: str, first: int, last: int) -> str:
    step = 1 if last >= first else -1
    numbers = [str(number) for number in range(first, last + step, step)][:_MOST_NUMBERS]
    lowered = text.lower()
    if "line" in lowered:
        return "\n".join(numbers)
    return (", " if "comma" in lowered else " ").join(numbers)


def _said(match: re.Match[str], text: str) -> str | None:
    """The words to say, or None: unless they are quoted or introduced, more than that is meant."""
    words = _TRAILING.sub("", match["words"].strip())
    if not words or re.match(r"(?:a|an|how|what|which|in|my|the)\b", words, re.IGNORECASE):
        return None
    if match["quote"] or match["colon"]:
        return words
    ends = not text[match.end() :].strip() or text[match.end()] in ".!?,;\n"
    introduced = _INTRODUCED.search(text[match.start() : match.start("words")])
    short = len(words.split()) == 1 or (match["sure"] and len(words.split()) <= 4)
    alone = match.start() == 0 and len(words.split()) == 1
    return words if ends and short and (introduced or alone) else None


def _typed(word: str, schema: Any) -> Any:
    """The word in the type the schema wants; None when it is not of it."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    try:
        match kind:
            case "integer":
                return int(word)
            case "number":
                return float(word)
            case "boolean":
                return {"true": True, "false": False}.get(word.lower())
            case "string" | None:
                return word
            case _:
                return None
    except ValueError:
        return None
