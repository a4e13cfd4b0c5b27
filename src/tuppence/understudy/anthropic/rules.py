"""What the Messages API refuses, with its messages. Sources: Anthropic API reference, "Messages" and "Errors".

The order of the checks is the API's as far as it shows: single fields first, then how messages fit together.
`strict` on a tool counts as an unknown field: older models refuse it, and Tuppence never sends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, takewhile
from typing import Any, NoReturn

from tuppence.understudy.anthropic.events import is_signed_by_us, signature_of
from tuppence.understudy.reply import Fault, Rejected

_REQUEST_FIELDS_TEXT = """
    model messages max_tokens system tools tool_choice stream stop_sequences thinking metadata cache_control
    container output_config service_tier inference_geo speed diagnostics user_profile_id workspace_id
"""
_REQUEST_FIELDS = frozenset(_REQUEST_FIELDS_TEXT.split())
_TOOL_FIELDS_TEXT = """
    type name description input_schema cache_control input_examples defer_loading allowed_callers
    eager_input_streaming
"""
_TOOL_FIELDS = frozenset(_TOOL_FIELDS_TEXT.split())
_BLOCK_FIELDS = {
    "text": frozenset({"type", "text", "cache_control", "citations"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control", "caller", "toolset_name"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
}
_REQUIRED_FIELDS = {
    "text": ("text",),
    "tool_use": ("id", "name", "input"),
    "tool_result": ("tool_use_id",),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
}
_OTHER_BLOCKS_TEXT = """
    image document search_result server_tool_use web_search_tool_result web_fetch_tool_result
    code_execution_tool_result bash_code_execution_tool_result text_editor_code_execution_tool_result
    tool_search_tool_result container_upload mcp_tool_use mcp_tool_result compaction fallback
    advisor_tool_result
"""
_OTHER_BLOCKS = frozenset(_OTHER_BLOCKS_TEXT.split())
_USER_BLOCKS_TEXT = """
    text image document search_result tool_result container_upload
"""
_USER_BLOCKS = frozenset(_USER_BLOCKS_TEXT.split())
_CACHE_BREAKPOINTS = 4
_MOST_OUTPUT_TOKENS = 128_000
_LEAST_THINKING_BUDGET = 1024
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def refuse(message: str, status: int = 400, kind: str | None = None) -> NoReturn:
    """Raise the refusal; by default an invalid request."""
    raise Rejected(Fault(status, message, kind))


def check_request(body: Mapping[str, Any], *, counting: bool = False) -> None:
    """Raise Rejected with the API's message when it would refuse `body`. `counting`: for `count_tokens`."""
    _no_extras(body, _REQUEST_FIELDS - ({"max_tokens", "stream"} if counting else set()), "")
    _check_model(body)
    if not counting:
        _check_max_tokens(body)
    _check_scalars(body)
    _check_system(body.get("system"))
    tools = _checked_tools(body.get("tools"))
    _check_tool_choice(body, tools)
    _check_thinking(body)
    messages = _checked_messages(body)
    _check_cache_breakpoints(body)
    _check_pairs(messages)
    _check_tools_for(messages, tools)
    _check_thinking_kept(body, messages)


def merged(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The messages as (role, blocks), neighbours of one role joined, as the API reads them."""
    joined: list[tuple[str, list[Mapping[str, Any]]]] = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        if joined and joined[-1][0] == message["role"]:
            joined[-1][1].extend(blocks)
        else:
            joined.append((message["role"], blocks))
    return joined


def _no_extras(value: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    for name in value:
        if name not in allowed:
            refuse(f"{where}{name}: Extra inputs are not permitted")


def _check_model(body: Mapping[str, Any]) -> None:
    if "model" not in body:
        refuse("model: Field required")
    if not isinstance(body["model"], str):
        refuse("model: Input should be a valid string")
    if not body["model"]:
        refuse("model: String should have at least 1 character")


def _check_max_tokens(body: Mapping[str, Any]) -> None:
    if "max_tokens" not in body:
        refuse("max_tokens: Field required")
    most = body["max_tokens"]
    if not _is_integer(most):
        refuse("max_tokens: Input should be a valid integer")
    if most < 0:
        refuse("max_tokens: Input should be greater than or equal to 0")
    if most > _MOST_OUTPUT_TOKENS:
        refuse(
            f"max_tokens: {most} > {_MOST_OUTPUT_TOKENS}, which is the maximum allowed number of output tokens"
            f" for {body['model']}"
        )


def _check_scalars(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("stream", False), bool):
        refuse("stream: Input should be a valid boolean")
    sequences = body.get("stop_sequences", [])
    if not isinstance(sequences, list) or not all(isinstance(one, str) for one in sequences):
        refuse("stop_sequences: Input should be a valid list")
    if any(not one.strip() for one in sequences):
        refuse("stop_sequences: each stop sequence must contain non-whitespace")
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict):
        refuse("metadata: Input should be a valid dictionary")
    _no_extras(metadata, frozenset({"user_id"}), "metadata.")
    user = metadata.get("user_id")
    if user is not None and (not isinstance(user, str) or len(user) > 256):
        refuse("metadata.user_id: String should have at most 256 characters")
    if user is not None and re.search(r"[^@\s]+@[^@\s]+\.\w", user):
        refuse("metadata.user_id: user_id appears to contain an email address")


def _check_system(system: object) -> None:
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        refuse("system: Input should be a valid list")
    for index, block in enumerate(system):
        where = f"system.{index}"
        if not isinstance(block, dict) or block.get("type") != "text":
            refuse(f"{where}.type: Input should be 'text'")
        _check_block(block, where)


def _checked_tools(tools: object) -> list[Mapping[str, Any]]:
    if tools is None:
        return []
    if not isinstance(tools, list):
        refuse("tools: Input should be a valid list")
    for index, tool in enumerate(tools):
        where = f"tools.{index}"
        if not isinstance(tool, dict):
            refuse(f"{where}: Input should be a valid dictionary")
        if tool.get("type") in (None, "custom"):
            _check_tool(tool, f"{where}.custom")
    names = [tool.get("name") for tool in tools]
    if len(set(names)) < len(names):
        refuse("tools: Tool names must be unique.")
    return tools


def _check_tool(tool: Mapping[str, Any], where: str) -> None:
    _no_extras(tool, _TOOL_FIELDS, f"{where}.")
    for required in ("name", "input_schema"):
        if required not in tool:
            refuse(f"{where}.{required}: Field required")
    if not isinstance(tool["name"], str) or not _TOOL_NAME.fullmatch(tool["name"]):
        refuse(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(tool.get("description", ""), str):
        refuse(f"{where}.description: Input should be a valid string")
    schema = tool["input_schema"]
    if not isinstance(schema, dict):
        refuse(f"{where}.input_schema: Input should be a valid dictionary")
    if "type" not in schema:
        refuse(f"{where}.input_schema.type: Field required")
    if schema["type"] != "object":
        refuse(f"{where}.input_schema.type: Input should be 'object'")
    if schema.keys() & {"oneOf", "allOf", "anyOf"}:
        refuse(f"{where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level")
    _check_cache_control(tool, where)


def _check_tool_choice(body: Mapping[str, Any], tools: list[Mapping[str, Any]]) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "tool", "none"):
        refuse("tool_choice: Input tag does not match any of the expected tags: 'any', 'auto', 'none', 'tool'")
    kind = choice["type"]
    parallel = set() if kind == "none" else {"disable_parallel_tool_use"}
    name = {"name"} if kind == "tool" else set()
    _no_extras(choice, frozenset({"type"} | parallel | name), f"tool_choice.{kind}.")
    if not tools:
        refuse("tool_choice: tool_choice may only be specified while providing tools")
    if kind == "tool" and "name" not in choice:
        refuse("tool_choice.tool.name: Field required")
    if kind == "tool" and choice["name"] not in {tool.get("name") for tool in tools}:
        refuse(f"tool_choice: Tool '{choice['name']}' not found in provided tools")
    if kind in ("any", "tool") and _thinks(body):
        refuse("Thinking may not be enabled when tool_choice forces tool use.")


def _check_thinking(body: Mapping[str, Any]) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    if not isinstance(thinking, dict) or thinking.get("type") not in (
        "enabled",
        "disabled",
        "adaptive",
        "between_tools",
    ):
        refuse("thinking: Input tag does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'")
    if thinking["type"] != "enabled":
        return
    budget = thinking.get("budget_tokens")
    if budget is None:
        refuse("thinking.enabled.budget_tokens: Field required")
    if not _is_integer(budget) or budget < _LEAST_THINKING_BUDGET:
        refuse(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_THINKING_BUDGET}")
    if budget >= body.get("max_tokens", budget + 1):
        refuse("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _thinks(body: Mapping[str, Any]) -> bool:
    thinking = body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive", "between_tools")


def _checked_messages(body: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    messages = body.get("messages")
    if messages is None:
        refuse("messages: Field required")
    if not isinstance(messages, list):
        refuse("messages: Input should be a valid list")
    if not messages:
        refuse("messages: at least one message is required")
    for index, message in enumerate(messages):
        _check_message(message, f"messages.{index}")
    joined = merged(messages)
    if joined[0][0] != "user":
        refuse('messages: first message must use the "user" role')
    role, blocks = joined[-1]
    if role == "assistant" and not _is_paused(blocks):
        refuse("This model does not support assistant message prefill. The conversation must end with a user message.")
    return joined


def _is_paused(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """A paused turn may come back as it is: it ends in the server's own work."""
    return bool(blocks) and str(blocks[-1]["type"]) in _OTHER_BLOCKS


def _check_message(message: object, where: str) -> None:
    if not isinstance(message, dict):
        refuse(f"{where}: Input should be a valid dictionary")
    _no_extras(message, frozenset({"role", "content"}), f"{where}.")
    for required in ("role", "content"):
        if required not in message:
            refuse(f"{where}.{required}: Field required")
    role, content = message["role"], message["content"]
    if role not in ("user", "assistant", "system"):
        refuse(f"{where}.role: Input should be 'user' or 'assistant'")
    if isinstance(content, str):
        if not content:
            refuse(f"{where}: all messages must have non-empty content except for the optional final assistant message")
        if not content.strip():
            refuse("messages: text content blocks must contain non-whitespace text")
        return
    if not isinstance(content, list):
        refuse(f"{where}.content: Input should be a valid list")
    if not content:
        refuse(f"{where}: all messages must have non-empty content except for the optional final assistant message")
    for index, block in enumerate(content):
        _check_block(block, f"{where}.content.{index}", role)


def _check_block(block: object, where: str, role: str = "user") -> None:
    if not isinstance(block, dict):
        refuse(f"{where}: Input should be a valid dictionary")
    kind = block.get("type")
    if kind is None:
        refuse(f"{where}.type: Field required")
    if kind not in _BLOCK_FIELDS and kind not in _OTHER_BLOCKS:
        refuse(f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    if (kind == "tool_use" and role != "assistant") or (role == "user" and kind not in _USER_BLOCKS):
        refuse(f"{where}: `{kind}` blocks can only be in `assistant` messages")
    if role == "assistant" and kind in ("tool_result", "image", "document"):
        refuse(f"{where}: `{kind}` blocks can only be in `user` messages")
    if kind in _OTHER_BLOCKS:
        return
    for required in _REQUIRED_FIELDS[kind]:
        if required not in block:
            refuse(f"{where}.{kind}.{required}: Field required")
    _no_extras(block, _BLOCK_FIELDS[kind], f"{where}.{kind}.")
    _check_block_values(block, where)
    _check_cache_control(block, f"{where}.{kind}")


def _check_block_values(block: Mapping[str, Any], where: str) -> None:
    match block["type"]:
        case "text":
            _check_text(block["text"], f"{where}.text")
        case "tool_use":
            _check_id(block["id"], f"{where}.tool_use.id")
            if not isinstance(block["name"], str) or not _TOOL_NAME.fullmatch(block["name"]):
                refuse(f"{where}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
            if not isinstance(block["input"], dict):
                refuse(f"{where}.tool_use.input: Input should be a valid dictionary")
        case "tool_result":
            _check_id(block["tool_use_id"], f"{where}.tool_result.tool_use_id")
            _check_result(block, where)
        case "thinking":
            thinking, signature = block["thinking"], block["signature"]
            ours = isinstance(signature, str) and is_signed_by_us(signature)
            if not signature or (ours and thinking and signature != signature_of(thinking)):
                refuse(f"{where}: Invalid `signature` in `thinking` block")
        case "redacted_thinking":
            if not isinstance(block["data"], str) or not block["data"]:
                refuse(f"{where}: Invalid `data` in `redacted_thinking` block")


def _check_text(text: object, where: str) -> None:
    if not isinstance(text, str):
        refuse(f"{where}.text: Input should be a valid string")
    area = where.partition(".")[0]
    if not text:
        refuse(f"{area}: text content blocks must be non-empty")
    if not text.strip():
        refuse(f"{area}: text content blocks must contain non-whitespace text")


def _check_id(value: object, where: str) -> None:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        refuse(f"{where}: String should match pattern '^[a-zA-Z0-9_-]+$'")


def _check_result(block: Mapping[str, Any], where: str) -> None:
    content = block.get("content", "")
    if not isinstance(block.get("is_error", False), bool):
        refuse(f"{where}.tool_result.is_error: Input should be a valid boolean")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        refuse(f"{where}.tool_result.content: Input should be a valid list")
    for index, inner in enumerate(content):
        kind = inner.get("type") if isinstance(inner, dict) else None
        if kind not in ("text", "image", "document", "search_result", "tool_reference"):
            refuse(f"{where}.tool_result.content.{index}: Input tag '{kind}' does not match any of the expected tags")
        if kind == "text":
            _check_block(inner, f"{where}.tool_result.content.{index}")


def _check_cache_control(block: Mapping[str, Any], where: str) -> None:
    control = block.get("cache_control")
    if control is None:
        return
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        refuse(f"{where}.cache_control.type: Input should be 'ephemeral'")
    if control.get("ttl", "5m") not in ("5m", "1h"):
        refuse(f"{where}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
    _no_extras(control, frozenset({"type", "ttl"}), f"{where}.cache_control.ephemeral.")


def _check_cache_breakpoints(body: Mapping[str, Any]) -> None:
    system = body.get("system")
    places = chain(
        [body],
        body.get("tools") or (),
        system if isinstance(system, list) else (),
        _all_blocks(body["messages"]),
    )
    found = sum(bool(place.get("cache_control")) for place in places)
    if found > _CACHE_BREAKPOINTS:
        refuse(f"A maximum of {_CACHE_BREAKPOINTS} blocks with cache_control may be provided. Found {found}.")


def _all_blocks(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        if not isinstance(message["content"], str):
            yield from message["content"]


def _check_pairs(messages: list[tuple[str, list[Mapping[str, Any]]]]) -> None:
    """Every `tool_use` has its `tool_result` at the head of the next message, and the reverse."""
    wanted: list[str] = []
    seen: set[str] = set()
    for index, (role, blocks) in enumerate(messages):
        _check_results(wanted, blocks, index)
        wanted = [block["id"] for block in blocks if block["type"] == "tool_use"] if role == "assistant" else []
        if len(set(wanted)) < len(wanted) or seen & set(wanted):
            refuse(f"messages.{index}.content: `tool_use` ids must be unique")
        seen.update(wanted)
    if wanted:
        _refuse_unanswered(wanted, len(messages) - 1)


def _check_results(wanted: list[str], blocks: Sequence[Mapping[str, Any]], index: int) -> None:
    leading = [block["tool_use_id"] for block in takewhile(lambda block: block["type"] == "tool_result", blocks)]
    if missing := [call_id for call_id in wanted if call_id not in leading]:
        _refuse_unanswered(missing, index - 1)
    given = [(at, block["tool_use_id"]) for at, block in enumerate(blocks) if block["type"] == "tool_result"]
    for at, call_id in given:
        if call_id not in wanted:
            refuse(
                f"messages.{index}.content.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}."
                " Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
    if len({call_id for _, call_id in given}) < len(given):
        refuse(
            f"messages.{index}.content: each tool_use must have a single result. Found multiple `tool_result` blocks"
            " with one id."
        )


def _refuse_unanswered(call_ids: Sequence[str], index: int) -> NoReturn:
    refuse(
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after:"
        f" {', '.join(call_ids)}. Each `tool_use` block must have a corresponding `tool_result` block in the next"
        " message."
    )


def _check_tools_for(messages: list[tuple[str, list[Mapping[str, Any]]]], tools: list[Mapping[str, Any]]) -> None:
    used = any(block["type"] in ("tool_use", "tool_result") for _, blocks in messages for block in blocks)
    if used and not tools:
        refuse("Requests which include `tool_use` or `tool_result` blocks must define tools")


def _check_thinking_kept(body: Mapping[str, Any], messages: list[tuple[str, list[Mapping[str, Any]]]]) -> None:
    """While functions are being called, the reasoning before the calls has to come back with them."""
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled" or len(messages) < 2:
        return
    index = len(messages) - 2
    role, blocks = messages[index]
    answers = any(block["type"] == "tool_result" for block in messages[-1][1])
    first = blocks[0]["type"]
    if role == "assistant" and answers and first not in ("thinking", "redacted_thinking"):
        refuse(
            f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When"
            " `thinking` is enabled, a final `assistant` message must start with a thinking block."
        )


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
