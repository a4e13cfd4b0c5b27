"""What the Responses API refuses, with its messages. Source: OpenAI API reference, "Create a model response"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from tuppence.understudy.openai_responses.items import is_broken_seal
from tuppence.understudy.openai_responses.memory import Memory

Items = Sequence[Mapping[str, Any]]

_FIELDS_TEXT = """
    access_programs background background_options context_management conversation include input instructions
    max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream
    stream_options temperature text tool_choice tools top_logprobs top_p truncation user
"""
_FIELDS = frozenset(_FIELDS_TEXT.split())
_TOOL_FIELDS = frozenset(
    {
        "type",
        "name",
        "description",
        "parameters",
        "strict",
        "async",
        "allowed_callers",
        "defer_loading",
        "output_schema",
    }
)
_ITEM_FIELDS = {
    "message": frozenset({"type", "id", "role", "content", "status", "phase"}),
    "function_call": frozenset(
        {"type", "id", "call_id", "name", "arguments", "status", "namespace", "caller", "async"}
    ),
    "function_call_output": frozenset({"type", "id", "call_id", "output", "status", "namespace", "caller", "name"}),
    "reasoning": frozenset({"type", "id", "summary", "content", "encrypted_content", "status"}),
    "item_reference": frozenset({"type", "id"}),
}
_PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
_INPUT_TYPES = ("function_call_output", "custom_tool_call_output", "computer_call_output")
_OTHER_ITEMS_TEXT = """
    web_search_call file_search_call computer_call computer_call_output code_interpreter_call image_generation_call
    custom_tool_call custom_tool_call_output local_shell_call local_shell_call_output shell_call shell_call_output
    apply_patch_call apply_patch_call_output mcp_list_tools mcp_approval_request mcp_approval_response mcp_call
    tool_search_call tool_search_output compaction compaction_trigger additional_tools configuration_update program
    program_output
"""
_OTHER_ITEMS = frozenset(_OTHER_ITEMS_TEXT.split())
_PARTS = {"assistant": ("output_text", "refusal"), "user": ("input_text", "input_image", "input_file")}
_ROLES = ("assistant", "system", "developer", "user")
_LEAST_OUTPUT_TOKENS = 16
_LONGEST_ID = 64


def check_request(body: Mapping[str, Any]) -> None:
    """Raise Rejected with the API's message when single fields of `body` are wrong."""
    check_known(body, _FIELDS)
    required(body, "model", str)
    check_least(optional(body, "max_output_tokens", int), _LEAST_OUTPUT_TOKENS, "max_output_tokens")
    for name in ("stream", "store", "parallel_tool_calls", "background"):
        optional(body, name, bool)
    for name in ("instructions", "previous_response_id", "prompt_cache_key", "safety_identifier", "user"):
        optional(body, name, str)
    for name in ("safety_identifier", "prompt_cache_key"):
        if body.get(name) is not None:
            check_length(body[name], _LONGEST_ID, name)
    check_metadata(body)
    _check_sampling(body)
    _check_include(body)
    _check_stream_options(body)
    _check_tools(body)
    if "input" not in body and "previous_response_id" not in body:
        refuse("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    given = body.get("input", "")
    if not isinstance(given, str):
        check_type(given, list, "input")
        for at, item in enumerate(given):
            _check_item(item, f"input[{at}]")


def check_history(items: Items, memory: Memory) -> None:
    """Raise Rejected when the items, earlier ones included, do not fit together."""
    _check_ids(items)
    _check_reasoning(items, memory)
    _check_calls(items)


def _check_sampling(body: Mapping[str, Any]) -> None:
    for name in ("temperature", "top_p"):
        if optional(body, name, float) is not None and reasons(body["model"]):
            refuse(f"Unsupported parameter: '{name}' is not supported with this model.", name)
    effort = (optional(body, "reasoning", dict) or {}).get("effort")
    if effort is not None and not reasons(body["model"]):
        message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
        refuse(message, "reasoning.effort", "unsupported_parameter")


def _check_include(body: Mapping[str, Any]) -> None:
    for at, name in enumerate(optional(body, "include", list) or ()):
        check_type(name, str, f"include[{at}]")
        if name == "reasoning.encrypted_content" and not reasons(body["model"]):
            refuse("Encrypted content is not supported with this model.", "include")


def _check_stream_options(body: Mapping[str, Any]) -> None:
    options = optional(body, "stream_options", dict)
    if options is None:
        return
    check_known(options, {"include_obfuscation"}, "stream_options.")
    if not body.get("stream"):
        refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")


def _check_tools(body: Mapping[str, Any]) -> None:
    names = []
    for at, tool in enumerate(optional(body, "tools", list) or ()):
        check_type(tool, dict, f"tools[{at}]")
        if required(tool, "type", str, f"tools[{at}].") == "function":
            check_known(tool, _TOOL_FIELDS, f"tools[{at}].")
            check_function(tool, f"tools[{at}].")
            names.append(tool["name"])
    choice = body.get("tool_choice")
    if choice is None:
        return
    if isinstance(choice, dict):
        name = choice.get("name")
        if choice.get("type") == "function" and name not in names:
            refuse(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
        return
    check_choice(choice, ("none", "auto", "required"), "tool_choice")
    if choice == "required" and not body.get("tools"):
        refuse("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice")


def _check_item(item: object, where: str) -> None:
    check_type(item, dict, where)
    assert isinstance(item, dict)
    kind = item.get("type", "message")
    if kind in _OTHER_ITEMS:
        return
    check_choice(kind, tuple(_ITEM_FIELDS), where)
    check_known(item, _ITEM_FIELDS[kind], f"{where}.")
    prefix = _PREFIXES.get(kind)
    item_id = optional(item, "id", str, f"{where}.")
    if item_id is not None and prefix is not None and not item_id.startswith(prefix):
        message = f"Invalid '{where}.id': '{item_id}'. Expected an ID that begins with '{prefix}'."
        refuse(message, f"{where}.id", "invalid_value")
    match kind:
        case "message":
            _check_message(item, where)
        case "function_call":
            for name in ("call_id", "name"):
                check_length(required(item, name, str, f"{where}."), _LONGEST_ID, f"{where}.{name}")
            required(item, "arguments", str, f"{where}.")
        case "function_call_output":
            check_length(required(item, "call_id", str, f"{where}."), _LONGEST_ID, f"{where}.call_id")
            required(item, "output", list if isinstance(item.get("output"), list) else str, f"{where}.")
        case "reasoning":
            required(item, "id", str, f"{where}.")
            required(item, "summary", list, f"{where}.")
            _check_seal(optional(item, "encrypted_content", str, f"{where}."), item["id"])
        case _:
            required(item, "id", str, f"{where}.")


def _check_message(item: Mapping[str, Any], where: str) -> None:
    role = required(item, "role", str, f"{where}.")
    check_choice(role, _ROLES, f"{where}.role")
    if isinstance(item.get("content"), str):
        return
    parts = _PARTS["assistant" if role == "assistant" else "user"]
    for at, part in enumerate(required(item, "content", list, f"{where}.")):
        check_type(part, dict, f"{where}.content[{at}]")
        check_choice(part.get("type"), parts, f"{where}.content[{at}]")
        field = {"input_text": "text", "output_text": "text", "refusal": "refusal"}.get(part["type"])
        if field is not None:
            required(part, field, str, f"{where}.content[{at}].")


def _check_seal(content: str | None, item_id: str) -> None:
    if content is not None and is_broken_seal(content, item_id):
        message = f"The encrypted content for item {item_id} could not be verified."
        refuse(message, None, "invalid_encrypted_content")


def _check_ids(items: Items) -> None:
    seen: set[str] = set()
    for item in items:
        item_id = item.get("id")
        if isinstance(item_id, str) and item_id in seen:
            message = f"Duplicate item found with id {item_id}. Remove duplicate items from your input and try again."
            refuse(message, "input")
        seen.add(str(item_id))


def _check_reasoning(items: Items, memory: Memory) -> None:
    """Reasoning comes back together with the item that came of it, and the reverse."""
    given = {item.get("id") for item in items if item.get("type") == "reasoning"}
    for at, item in enumerate(items):
        kind, item_id = item.get("type", "message"), item.get("id")
        if kind == "reasoning":
            if item.get("encrypted_content") is None and memory.item(item_id) is None:
                _refuse_unknown(item_id)
            following = items[at + 1] if at + 1 < len(items) else None
            if following is None or _is_input(following):
                message = f"Item '{item_id}' of type 'reasoning' was provided without its required following item."
                refuse(message, "input")
        reasoning = memory.reasoning_of(item_id)
        if reasoning is not None and reasoning not in given:
            message = f"Item '{item_id}' of type '{kind}' was provided without its required 'reasoning' item:"
            refuse(f"{message} '{reasoning}'.", "input")


def _refuse_unknown(item_id: object) -> None:
    message = (
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. Try again with"
        " `store` set to true, or remove this item from your input."
    )
    refuse(message, "input", status=404)


def _is_input(item: Mapping[str, Any]) -> bool:
    kind = item.get("type", "message")
    return kind in _INPUT_TYPES or (kind == "message" and item.get("role") != "assistant")


def resolved(items: Items, memory: Memory) -> list[Mapping[str, Any]]:
    """The items with references replaced by what they refer to. Raises Rejected."""
    found: list[Mapping[str, Any]] = []
    for item in items:
        if item.get("type") != "item_reference":
            found.append(item)
            continue
        stored = memory.item(item["id"])
        if stored is None:
            _refuse_unknown(item["id"])
        else:
            found.append(stored)
    return found


def _check_calls(items: Items) -> None:
    """Every call has one result, after it, and every result its call."""
    called: list[str] = []
    answered: set[str] = set()
    for item in items:
        call_id = str(item.get("call_id"))
        if item.get("type") == "function_call":
            if call_id in called:
                refuse(f"Duplicate function call found with call_id {call_id}.", "input")
            called.append(call_id)
        elif item.get("type") == "function_call_output":
            if call_id not in called:
                refuse(f"No tool call found for function call output with call_id {call_id}.", "input")
            if call_id in answered:
                refuse(f"Duplicate tool output found for function call {call_id}.", "input")
            answered.add(call_id)
    for call_id in called:
        if call_id not in answered:
            refuse(f"No tool output found for function call {call_id}.", "input")
