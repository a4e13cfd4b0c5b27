"""Function: a question the model may ask of the ledger.

It is made of a typed asynchronous Python function. The docstring is what the model reads, the signature is the schema:

    @function
    async def get_balances(ledger: Ledger, today: date, as_of: Day | None = None) -> Findings:
        \"\"\"What every account holds at the end of a day.\"\"\"

`ledger`, `today` and `call` are handed in; everything else is the model's to say. A function that has `call: ChatCall`
puts something before a person, and can only be called within a chat.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Concatenate, ParamSpec, get_type_hints

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from tuppence.assistant.functions.schema import parameters_schema, problems_in
from tuppence.enrichment.confirmations import ChatCall
from tuppence.ledger.household import Ledger
from tuppence.llm import FunctionDefinition
from tuppence.store import StoreBusy

_HANDED_IN = ("ledger", "today", "call")
_P = ParamSpec("_P")
logger = logging.getLogger(__name__)


class FunctionInputError(Exception):
    """The arguments cannot be answered, but other ones could: the model reads why, and what to try."""

    def __init__(self, error: str, hint: str) -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


class Findings(msgspec.Struct, frozen=True):
    """What a function found."""

    data: Mapping[str, Any]
    """For the model: names, days, Decimals, numbers, and lists and mappings of them."""
    summary: str
    """One line for people: "Looked at 128 transactions, March 2026"."""


class FunctionAnswer(msgspec.Struct, frozen=True):
    """What goes back to the model, and what a person sees of it."""

    output: str
    """A JSON object: what was found (days as YYYY-MM-DD, amounts as strings), or `error` and `hint`."""
    summary: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A Python function that a model can call; made by `function`."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A JSON Schema object, the same bytes in every process."""
    _arguments: type[BaseModel]
    _find: Callable[..., Awaitable[Findings]]
    _handed_in: tuple[str, ...]

    def definition(self) -> FunctionDefinition:
        """How the function is offered to a model."""
        return FunctionDefinition(self.name, self.description, self.parameters)

    async def run(
        self, ledger: Ledger, arguments: Mapping[str, Any], today: date, call: ChatCall | None = None
    ) -> FunctionAnswer:
        """What the function finds in `ledger` for the model's `arguments`; `today` is the household's day.

        call: None outside of chats, where nothing can be proposed.

        Never raises for what a model may do wrong: such answers are not `ok` and say what to try. A fault of our own is
        logged and answered without details.
        """
        try:
            findings = await self._find(**self._given(ledger, today, call), **self._checked(arguments))
        except FunctionInputError as refusal:
            return refused(refusal.error, refusal.hint)
        except StoreBusy:
            return refused("The database is busy.", "Call the function once more; if that fails too, say so.")
        except Exception:
            logger.exception("the function %s failed", self.name)
            return refused(
                f"{self.name} failed inside Tuppence.",
                "Other arguments will hardly help. Tell the person that this could not be looked up.",
            )
        return FunctionAnswer(msgspec.json.encode(findings.data).decode(), findings.summary, ok=True)

    def _given(self, ledger: Ledger, today: date, call: ChatCall | None) -> dict[str, Any]:
        if call is None and "call" in self._handed_in:
            raise FunctionInputError(
                f"{self.name} works only within a chat.", "Tell the person that this cannot be proposed here."
            )
        everything = {"ledger": ledger, "today": today, "call": call}
        return {name: everything[name] for name in self._handed_in}

    def _checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments in their Python types. A null means the same as leaving the argument out."""
        said = {name: value for name, value in arguments.items() if value is not None}
        try:
            checked = self._arguments.model_validate(said)
        except ValidationError as error:
            hint = "Call again with these arguments corrected; leave out what you do not need."
            raise FunctionInputError(" ".join(problems_in(error, self._arguments)), hint) from error
        return {name: getattr(checked, name) for name in self._arguments.model_fields}


def function(find: Callable[Concatenate[Ledger, _P], Awaitable[Findings]]) -> Function:
    """The Function that `find` is: named after it, described by its docstring, with the parameters of its signature.

    Raises TypeError when the docstring or a type is missing, or when the first parameter is not `ledger`.
    """
    name = getattr(find, "__name__", "")
    parameters = inspect.signature(find).parameters
    hints = get_type_hints(find, include_extras=True)
    description = inspect.getdoc(find)
    if not description or next(iter(parameters), None) != "ledger" or parameters.keys() - hints.keys():
        raise TypeError(f"{name} needs a docstring, `ledger` as its first parameter, and a type for every parameter")
    fields: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is inspect.Parameter.empty else one.default)
        for one in parameters.values()
        if one.name not in _HANDED_IN
    }
    arguments = create_model(name, __config__=ConfigDict(extra="forbid", str_strip_whitespace=True), **fields)
    handed_in = tuple(one for one in _HANDED_IN if one in parameters)
    return Function(name, description, parameters_schema(arguments), arguments, find, handed_in)


def refused(error: str, hint: str) -> FunctionAnswer:
    """An answer that tells the model what was wrong and what to try."""
    error = error.encode(errors="replace").decode()  # a model may be quoted that sent half a surrogate pair
    return FunctionAnswer(msgspec.json.encode({"error": error, "hint": hint}).decode(), error, ok=False)
