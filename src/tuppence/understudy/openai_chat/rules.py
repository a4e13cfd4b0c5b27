"""What servers of Chat Completions refuse. Source: OpenAI API reference, "Create chat completion"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tuppence.understudy.openai.access import reasons
from tuppence.understudy.openai.checks import (
    check_choice,
    check_function,
    check_known,
    check_least,
    check_length,
    check_metadata,
    check_type,
    optional,
    required,
)
from tuppence.understudy.openai.faults import refuse
from tuppence.understudy.openai_chat.dialects import Dialect

_FIELDS_TEXT = """
    messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
    metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
    stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options
"""
_FIELDS = frozenset(_FIELDS_TEXT.split())
_MESSAGE_FIELDS = frozenset(
    {"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "audio", "function_call", "annotations"}
)
_REASONING_FIELDS = frozenset({"reasoning", "reasoning_content", "reasoning_details"})
_ROLES = ("system", "developer", "assistant", "user", "function", "tool")
_PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file", "thinking", "reference")
_NINE = re.compile(r"[a-zA-Z0-9]{9}")
_LONGEST_CALL_ID = 40


def check_request(body: Mapping[str, Any], dialect: Dialect) -> None:
    """Raise Rejected with the server's message when it would refuse `body`."""
    _check_fields(body, dialect)
    required(body, "model", str)
    _check_limits(body, dialect)
    for name in ("stream", "store", "parallel_tool_calls"):
        optional(body, name, bool)
    for name in ("user", "prompt_cache_key", "safety_identifier", "reasoning_effort"):
        optional(body, name, str)
    check_metadata(body)
    _check_stream_options(body)
    _check_tools(body)
    messages = required(body, "messages", list)
    if not messages:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array"
        refuse(f"{message} instead.", "messages", "empty_array")
    for at, one in enumerate(messages):
        _check_message(one, f"messages[{at}]", dialect)
    _check_pairs(messages)
    _check_order(messages, dialect)
    if dialect.reasoning_back == "wanted" and reasons(body["model"]):
        _check_reasoning_kept(messages)


def _check_fields(body: Mapping[str, Any], dialect: Dialect) -> None:
    for name in body:
        if name in dialect.refused_fields:
            refuse(f"property '{name}' is unsupported", name, "unsupported_parameter")
    if dialect.refuses_unknown:
        check_known(body, _FIELDS)


def _check_limits(body: Mapping[str, Any], dialect: Dialect) -> None:
    limits = {name: optional(body, name, int) for name in ("max_tokens", "max_completion_tokens")}
    for name, limit in limits.items():
        check_least(limit, 1, name)
    if limits["max_tokens"] is not None and dialect.one_output_limit and reasons(body["model"]):
        message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
        refuse(f"{message} instead.", "max_tokens", "unsupported_parameter")
    if dialect.one_output_limit and body.get("temperature") not in (None, 1) and reasons(body["model"]):
        message = f"Unsupported value: 'temperature' does not support {body['temperature']} with this model."
        refuse(f"{message} Only the default (1) value is supported.", "temperature", "unsupported_value")


def _check_stream_options(body: Mapping[str, Any]) -> None:
    options = optional(body, "stream_options", dict)
    if options is None:
        return
    check_known(options, {"include_usage", "include_obfuscation"}, "stream_options.")
    if not body.get("stream"):
        refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")


def _check_tools(body: Mapping[str, Any]) -> None:
    tools = optional(body, "tools", list)
    if tools is not None and not tools:
        message = (
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        refuse(message, "tools", "empty_array")
    names = []
    for at, tool in enumerate(tools or ()):
        check_type(tool, dict, f"tools[{at}]")
        check_choice(required(tool, "type", str, f"tools[{at}]."), ("function", "custom"), f"tools[{at}].type")
        function = required(tool, tool["type"], dict, f"tools[{at}].")
        if tool["type"] == "function":
            check_known(function, {"name", "description", "parameters", "strict"}, f"tools[{at}].function.")
            check_function(function, f"tools[{at}].function.")
            names.append(function["name"])
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not tools:
            refuse(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", name)
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        if (choice.get("function") or {}).get("name") not in names:
            refuse("Invalid value for 'tool_choice': the function is not among 'tools'.", "tool_choice")
    elif choice is not None:
        check_choice(choice, ("none", "auto", "required"), "tool_choice")


def _check_message(message: object, where: str, dialect: Dialect) -> None:
    check_type(message, dict, where)
    assert isinstance(message, dict)
    if dialect.reasoning_back == "refused":
        check_known(message, _MESSAGE_FIELDS, f"{where}.")
    elif dialect.refuses_unknown:
        check_known(message, _MESSAGE_FIELDS | _REASONING_FIELDS, f"{where}.")
    role = required(message, "role", str, f"{where}.")
    check_choice(role, _ROLES, f"{where}.role")
    _check_content(message, where)
    if role == "tool":
        _check_call_id(required(message, "tool_call_id", str, f"{where}."), f"{where}.tool_call_id", dialect)
    calls = optional(message, "tool_calls", list, f"{where}.")
    if calls is not None and not calls:
        refuse(f"Invalid '{where}.tool_calls': empty array.", f"{where}.tool_calls", "empty_array")
    for at, call in enumerate(calls or ()):
        _check_call(call, f"{where}.tool_calls[{at}]", dialect)


def _check_content(message: Mapping[str, Any], where: str) -> None:
    content = message.get("content")
    if content is None:
        if message["role"] != "assistant" or not (message.get("tool_calls") or message.get("refusal")):
            refuse("Invalid value for 'content': expected a string, got null.", f"{where}.content")
    elif isinstance(content, list):
        for at, part in enumerate(content):
            check_type(part, dict, f"{where}.content[{at}]")
            check_choice(part.get("type"), _PARTS, f"{where}.content[{at}].type")
    else:
        check_type(content, str, f"{where}.content")


def _check_call(call: object, where: str, dialect: Dialect) -> None:
    check_type(call, dict, where)
    assert isinstance(call, dict)
    _check_call_id(required(call, "id", str, f"{where}."), f"{where}.id", dialect)
    check_choice(required(call, "type", str, f"{where}."), ("function", "custom"), f"{where}.type")
    function = required(call, call["type"], dict, f"{where}.")
    required(function, "name", str, f"{where}.function.")
    required(function, "arguments", str, f"{where}.function.")


def _check_call_id(call_id: str, where: str, dialect: Dialect) -> None:
    if dialect.strict_ids:
        if not _NINE.fullmatch(call_id):
            refuse(f"Tool call id was {call_id} but must be a-z, A-Z, 0-9, with a length of 9.", where, "3280")
        return
    check_length(call_id, _LONGEST_CALL_ID, where)


def _check_pairs(messages: Sequence[Mapping[str, Any]]) -> None:
    """After a message with calls come the results of all of them, and results nowhere else."""
    wanted: list[str] = []
    asked_at = 0
    for at, message in enumerate([*messages, {"role": "end"}]):
        if message["role"] == "tool":
            if message["tool_call_id"] not in wanted:
                words = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                refuse(f"Invalid parameter: {words}", f"messages.[{at}].role")
            wanted.remove(message["tool_call_id"])
            continue
        if wanted:
            words = (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
                f" 'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(wanted)}"
            )
            refuse(words, f"messages.[{asked_at}].role")
        wanted = [call["id"] for call in message.get("tool_calls") or ()]
        asked_at = at
        if len(set(wanted)) < len(wanted):
            refuse(f"Invalid parameter: duplicate ids in 'messages[{at}].tool_calls'.", f"messages.[{at}].tool_calls")


def _check_order(messages: Sequence[Mapping[str, Any]], dialect: Dialect) -> None:
    if dialect.user_after_results:
        return
    for before, message in pairwise(messages):
        if before["role"] == "tool" and message["role"] == "user":
            refuse("Unexpected role 'user' after role 'tool'", "messages", "3230")
    if messages[-1]["role"] == "assistant":
        refuse("Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant")


def _check_reasoning_kept(messages: Sequence[Mapping[str, Any]]) -> None:
    """While functions are being called, reasoning comes back with the calls."""
    last = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=-1)
    for at, message in enumerate(messages):
        if at > last and message.get("tool_calls") and "reasoning_content" not in message:
            refuse(f"Missing `reasoning_content` field in the assistant message at message index {at}.")
