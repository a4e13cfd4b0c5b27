"""Checks of single fields that both OpenAI wires make, with the API's messages and codes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tuppence.understudy.openai.faults import refuse

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_NAME = 64
_TYPES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def json_object(body: bytes) -> dict[str, Any]:
    """The body as an object. Raises Rejected."""
    try:
        value = json.loads(body)
    except ValueError:
        refuse("We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.")
    if not isinstance(value, dict):
        refuse("We could not parse the JSON body of your request: it is not an object.")
    return value


def check_known(value: Mapping[str, Any], known: Collection[str], where: str = "") -> None:
    """Refuse the first field of `value` that is not known; `where` is the path in front of its name."""
    for name in value:
        if name not in known:
            refuse(f"Unknown parameter: '{where}{name}'.", f"{where}{name}", "unknown_parameter")


def required(value: Mapping[str, Any], name: str, kind: type, where: str = "") -> Any:
    """The field, which has to be there and of `kind`."""
    if name not in value:
        refuse(f"Missing required parameter: '{where}{name}'.", f"{where}{name}", "missing_required_parameter")
    check_type(value[name], kind, f"{where}{name}")
    return value[name]


def optional(value: Mapping[str, Any], name: str, kind: type, where: str = "") -> Any:
    """The field if it is there and not null, then of `kind`; else None."""
    found = value.get(name)
    if found is not None:
        check_type(found, kind, f"{where}{name}")
    return found


def check_type(value: object, kind: type, where: str) -> None:
    """Refuse a value that is not of `kind`; a boolean is no integer."""
    if type(value) is not kind and not (kind is float and type(value) is int):
        got = _TYPES.get(type(value), "something else")
        message = f"Invalid type for '{where}': expected {_TYPES[kind]}, but got {got} instead."
        refuse(message, where, "invalid_type")


def check_choice(value: object, choices: Sequence[str], where: str) -> None:
    """Refuse a value that is not among `choices`."""
    if value not in choices:
        *most, last = [f"'{choice}'" for choice in choices]
        listed = f"{', '.join(most)}, and {last}" if most else last
        refuse(f"Invalid value: '{value}'. Supported values are: {listed}.", where, "invalid_value")


def check_least(value: int | None, least: int, where: str) -> None:
    """Refuse an integer under `least`."""
    if value is not None and value < least:
        message = (
            f"Invalid '{where}': integer below minimum value. Expected a value >= {least}, but got {value} instead."
        )
        refuse(message, where, "integer_below_min_value")


def check_length(value: str, most: int, where: str) -> None:
    """Refuse an empty string and one with more than `most` characters."""
    if not value:
        message = f"Invalid '{where}': empty string. Expected a string with minimum length 1, but got an empty string."
        refuse(message, where, "empty_string")
    if len(value) > most:
        message = (
            f"Invalid '{where}': string too long. Expected a string with maximum length {most}, but got a string with"
            f" length {len(value)} instead."
        )
        refuse(message, where, "string_above_max_length")


def check_metadata(body: Mapping[str, Any]) -> None:
    """At most 16 pairs of text."""
    metadata = optional(body, "metadata", dict) or {}
    for key, value in metadata.items():
        check_type(value, str, f"metadata.{key}")
        check_length(key, 64, "metadata")
    if len(metadata) > 16:
        refuse("Invalid 'metadata': too many properties. Expected an object with at most 16 properties.", "metadata")


def check_function(function: Mapping[str, Any], where: str) -> None:
    """A function's name and schema; with `strict` every property has to be required and no other allowed."""
    name = required(function, "name", str, where)
    check_length(name, _LONGEST_NAME, f"{where}name")
    if not _FUNCTION_NAME.fullmatch(name):
        message = f"Invalid '{where}name': string does not match pattern. Expected a string that matches the pattern"
        refuse(f"{message} '^[a-zA-Z0-9_-]+$'.", f"{where}name", "invalid_value")
    optional(function, "description", str, where)
    optional(function, "strict", bool, where)
    schema = optional(function, "parameters", dict, where)
    if schema is None:
        return
    if schema.get("type") != "object":
        told = json.dumps(schema.get("type") or "None")
        _refuse_schema(name, f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {told}'.", where)
    if "properties" not in schema:
        _refuse_schema(name, "In context=(), object schema missing properties.", where)
    if function.get("strict"):
        _check_strict(schema, name, where, ())


def _check_strict(schema: object, name: str, where: str, context: tuple[str, ...]) -> None:
    """Source: OpenAI's guide "Structured Outputs", supported schemas."""
    if not isinstance(schema, dict):
        return
    here = f"In context={context}, "
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        if schema.get("additionalProperties") is not False:
            _refuse_schema(name, f"{here}'additionalProperties' is required to be supplied and to be false.", where)
        missing = [one for one in properties or {} if one not in (schema.get("required") or ())]
        if missing:
            words = "'required' is required to be supplied and to be an array including every key in properties."
            _refuse_schema(name, f"{here}{words} Missing '{missing[0]}'.", where)
    for one, inner in (properties or {}).items():
        _check_strict(inner, name, where, (*context, "properties", one))
    _check_strict(schema.get("items"), name, where, (*context, "items"))
    for at, inner in enumerate(schema.get("anyOf") or ()):
        _check_strict(inner, name, where, (*context, "anyOf", str(at)))


def _refuse_schema(name: str, why: str, where: str) -> None:
    message = f"Invalid schema for function '{name}': {why}"
    refuse(message, f"{where}parameters", "invalid_function_parameters")
