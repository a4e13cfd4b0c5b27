"""The JSON Schema of a function's parameters as every provider takes it, and pydantic's findings in plain words."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_NOT_KEPT = frozenset({"$ref", "anyOf", "items", "properties", "title"})


def parameters_schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """The schema of `arguments`: no references, no titles, and no nulls, as an optional parameter may be left out."""
    schema = arguments.model_json_schema()
    definitions = schema.pop("$defs", {})
    return {"type": "object", "properties": {}, **_plain(schema, definitions)}


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one value, with references put in place and the alternative of null taken out."""
    plain: dict[str, Any] = {}
    if reference := schema.get("$ref"):
        plain |= _plain(definitions[reference.rpartition("/")[2]], definitions)
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        plain |= _plain(kinds[0], definitions)
    elif kinds:
        plain["anyOf"] = [_plain(kind, definitions) for kind in kinds]
    if "items" in schema:
        plain["items"] = _plain(schema["items"], definitions)
    if "properties" in schema:
        plain["properties"] = {name: _plain(one, definitions) for name, one in schema["properties"].items()}
    left = {name: value for name, value in schema.items() if name not in _NOT_KEPT}
    if left.get("default", ...) in (None, []):
        del left["default"]
    plain |= left
    return plain


def problems_in(error: ValidationError, arguments: type[BaseModel]) -> list[str]:
    """Every problem that pydantic found, a sentence each, in words that help to correct the arguments."""
    known = list(arguments.model_fields)
    return [_sentence(one, known) for one in error.errors(include_url=False)]


def _sentence(problem: ErrorDetails, known: list[str]) -> str:
    name = ".".join(str(part) for part in problem["loc"]) or "The arguments"
    match problem["type"]:
        case "extra_forbidden":
            return f"There is no parameter {name}; {_instead(name, known)}."
        case "missing":
            return f"{name} is required."
        case "value_error":
            return f"{name}: {problem['ctx']['error']}."
        case _:
            message = problem["msg"].removeprefix("Input should be ")
            return f"{name} should be {message}." if message != problem["msg"] else f"{name}: {message}."


def _instead(name: str, known: list[str]) -> str:
    if close := get_close_matches(name, known, n=1):
        return f"perhaps {close[0]} is meant"
    return f"the parameters are {', '.join(known)}" if known else "this function takes none"
