"""Which kinds of a household's data are in the body of a request. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from tuppence.privacy import Kind as ValueKind
from tuppence.privacy.finder import Finder
from tuppence.privacy.json_strings import OUR_WORDS
from tuppence.privacy.stand_ins import FORM as STAND_IN

Kind: TypeAlias = Literal[
    "questions",
    "descriptions",
    "amounts",
    "balances",
    "dates",
    "categories",
    "merchants",
    "names",
    "account numbers",
    "contacts",
]
"""`questions`: what was asked and answered in a chat. `descriptions`: of transactions, with payees, memos and notes.
`categories`: and tags. `names`: of people, the household and its accounts. `contacts`: e-mail addresses and phones."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_KEYS: dict[Kind, str] = {
    "descriptions": "description payee memo notes text contains",
    "amounts": "amount money_out money_in net income spending savings before change in_no_subcategory minimum maximum "
    "paid_as",
    "balances": "balance net_worth total_assets total_liabilities",
    "categories": "category categories subcategories spending_by_category income_by_category "
    "neither_income_nor_spending tags add_tags parent",
    "merchants": "merchant merchants website",
    "names": "account accounts assets liabilities unknown_balances",
}
_KIND_OF = {key: kind for kind, keys in _KEYS.items() for key in keys.split()}
"""What stands under the keys of what our functions find and take, and of what models are told of transactions."""
_FOUND_BY_FORM: dict[ValueKind, Kind] = {
    ValueKind.PERSON: "names",
    ValueKind.PAYEE: "merchants",
    ValueKind.IBAN: "account numbers",
    ValueKind.CARD: "account numbers",
    ValueKind.MAIL: "contacts",
    ValueKind.PHONE: "contacts",
}
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?!\S)")
_AMOUNT = re.compile(r"[$€£¥₹]\s?\d|\d\s?[$€£¥₹]|(?<![\d.,])\d{1,3}(?:[.,' ]?\d{3})*[.,]\d\d(?![\d.,]\d|\d)")
_WORD = re.compile(r"[^\W\d_]{3}")
OUR_ROLES = ("system", "developer")


def kinds_in(body: bytes, finder: Finder | None, *, asked: bool = True) -> tuple[Kind, ...]:
    """The kinds of data in a request of any wire, in the order of `KINDS`; of whatever else, those that show in text.

    finder: finds the household's values; None: none are looked for. asked: whether what is said in
    it was said by people of the household.
    """
    contents = _Contents(finder, asked)
    try:
        document = msgspec.json.decode(body)
        contents.add_request(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        contents.add_text(body.decode(errors="replace"))
    return tuple(kind for kind in KINDS if kind in contents.kinds)


def documents_in(text: str) -> tuple[list[Any], str]:
    """The JSON objects and arrays among the lines of a text, decoded, and the lines that are none."""
    if (whole := document_in(text)) is not None:
        return [whole], ""
    if "{" not in text and "[" not in text:
        return [], text
    documents, rest = [], []
    for line in text.splitlines():
        document = document_in(line)
        if document is None:
            rest.append(line)
        else:
            documents.append(document)
    return documents, "\n".join(rest)


def number_or_name(spelling: str) -> Kind:
    """Whether what stands for an account is its number or its name."""
    return "names" if _WORD.search(spelling) else "account numbers"


class _Contents:
    """Gathers the kinds while a request is walked through."""

    def __init__(self, finder: Finder | None, asked: bool) -> None:
        self.kinds: set[Kind] = set()
        self._finder = finder
        self._asked = asked

    # ------------------------------------------------------------------------------------------- a request's parts

    def add_request(self, request: Any) -> None:
        """The body of a request to any wire: they differ in where things stand, hardly in how they are called."""
        if not isinstance(request, dict):
            self.add_data(request)
            return
        for key in ("system", "instructions"):
            self._add_instructions(request.get(key))
        for key in ("messages", "input"):
            messages = request.get(key)
            for message in messages if isinstance(messages, list) else [messages]:
                self._add_message(message)
        self._add_schemas(request.get("tools"))

    def _add_message(self, message: Any) -> None:
        if not isinstance(message, dict):
            self._add_said(message)
            return
        if message.get("role") in OUR_ROLES:
            self._add_instructions(message.get("content"))
            return
        is_result = message.get("role") == "tool" or message.get("type") in ("tool_result", "function_call_output")
        for key, part in message.items():
            match key:
                case "content" | "output" if is_result:
                    self._add_result(part)
                case "content" | "text" | "refusal":
                    self._add_said(part)
                case "arguments" | "input":
                    self._add_result(part)
                case "function" | "tool_calls":
                    for call in part if isinstance(part, list) else [part]:
                        self._add_message(call)
                case "thinking" | "summary" | "reasoning_content" | "reasoning_details":
                    for text in _texts(part):
                        self.add_text(text)

    def _add_said(self, content: Any) -> None:
        """What a person or the model said: words, or what a model is told of transactions."""
        for part in content if isinstance(content, list) else [content]:
            if not isinstance(part, str):
                if isinstance(part, dict):
                    self._add_message(part)
                continue
            documents, words = documents_in(part)
            for document in documents:
                self.add_data(document)
            if words.strip():
                self.kinds |= {"questions"} if self._asked else set()
                self.add_text(words)

    def _add_instructions(self, content: Any) -> None:
        """Of what is always the same only those lines count that tell something of the household."""
        for text in _texts(content):
            for document in documents_in(text)[0]:
                self.add_data(document, "merchants")

    def _add_result(self, content: Any) -> None:
        """What a function found, or was asked: one JSON document, as text or as it is."""
        if isinstance(content, dict):
            self.add_data(content)
            return
        for text in _texts(content):
            documents, words = documents_in(text)
            for document in documents:
                self.add_data(document)
            self.add_text(words)

    def _add_schemas(self, value: Any) -> None:
        """Of the functions' definitions: values to choose from where they are the household's own."""
        if isinstance(value, list):
            for one in value:
                self._add_schemas(one)
        elif isinstance(value, dict):
            for key, one in value.items():
                if key in _KIND_OF and isinstance(one, dict) and _offers_words(one.get("enum")):
                    self.kinds.add(_KIND_OF[key])
                self._add_schemas(one)

    # ---------------------------------------------------------------------------------------------------- what is said

    def add_data(self, value: Any, kind: Kind | None = None) -> None:
        """A JSON value that stands where data of this kind stand; None: where anything does."""
        match value:
            case {"properties": dict()}:
                self._add_schemas(value)
            case dict():
                for key, one in value.items():
                    if key not in OUR_WORDS:
                        self.add_data(one, kind if key == "name" or _CURRENCY.fullmatch(key) else _KIND_OF.get(key))
            case list():
                for one in value:
                    self.add_data(one, kind)
            case str():
                self._add_string(value, kind)
            case int() | float() if not isinstance(value, bool) and kind in ("amounts", "balances"):
                self.kinds.add(kind)

    def _add_string(self, text: str, kind: Kind | None) -> None:
        if _DAY.match(text):
            self.kinds.add("dates")
            return
        if kind in ("amounts", "balances"):
            self.kinds |= {kind} if any(map(str.isdigit, text)) else set()
            return
        if (document := document_in(text)) is not None:
            self.add_data(document)
            return
        if kind is None:
            self.add_text(text)
            return
        if STAND_IN.sub("", text).strip():
            self.kinds.add(kind)
        self._add_values(text)

    def add_text(self, text: str) -> None:
        """Words of which nobody knows what they are about."""
        if "amounts" not in self.kinds and _AMOUNT.search(text):
            self.kinds.add("amounts")
        self._add_values(text)

    def _add_values(self, text: str) -> None:
        """The household's values in a text, and what has the form of one."""
        for found in self._finder.found_in(text) if self._finder else ():
            by_form = _FOUND_BY_FORM.get(found.kind)
            self.kinds.add(by_form or number_or_name(text[found.start : found.end]))


def _texts(content: Any) -> Iterator[str]:
    """The texts of a message's content, which is one or has some in its blocks."""
    match content:
        case str():
            yield content
        case list():
            for one in content:
                yield from _texts(one)
        case dict():
            for key in ("text", "thinking", "content", "summary"):
                yield from _texts(content.get(key))


def document_in(text: str) -> dict[str, Any] | list[Any] | None:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _offers_words(choices: Any) -> bool:
    return isinstance(choices, list) and any(isinstance(one, str) and one.strip() for one in choices)
