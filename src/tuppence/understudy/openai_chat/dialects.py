"""How servers of the Chat Completions protocol differ. One value a server, made of what its answers looked like.

Every field is a deviation that was seen somewhere; `replace(OPENAI, ...)` makes a server that has just this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from tuppence.understudy.openai.access import MODELS
from tuppence.understudy.openai.faults import error_object
from tuppence.understudy.reply import Fault

_OPENAI_ONLY = frozenset({"store", "metadata", "prompt_cache_key", "safety_identifier", "service_tier", "verbosity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The defaults are OpenAI's own ways."""

    name: str
    models: tuple[str, ...] = MODELS
    needs_key: bool = True
    window_field: str | None = None
    """The field of a model in the list that says how many tokens fit."""

    reasoning: Literal["reasoning", "reasoning_content", "parts"] | None = None
    """The field of a delta that carries reasoning; "parts": content is a list of parts then. None: it is not shown."""
    joins_reasoning: bool = False
    """The last piece of reasoning comes in one delta with the first of the text."""
    calls: Literal["pieces", "whole", "together"] = "pieces"
    """A call in pieces, in one delta, or all calls in one delta."""
    call_index: bool = True
    call_ids: Literal["first", "repeated", "empty", "missing"] = "first"
    """Where a call's id stands: in its first delta, in all of them (its name as well), nowhere."""
    call_id_form: Literal["call", "nine"] = "call"
    calls_finish: str = "tool_calls"
    """The finish reason after calls."""
    finish: Literal["apart", "with_last", "twice"] = "apart"
    """In a last chunk without content, next to the last content, or both."""
    role: Literal["first", "every", "never"] = "first"
    nulls: bool = False
    """Deltas name the fields they do not use, as null."""
    ids: bool = True
    """Chunks have an id; without, it is empty."""
    usage: Literal["apart", "with_finish", "trailing", "every", "x_groq", "never"] = "apart"
    """On a last chunk without choices, on the one with the finish reason, on one after it with an empty delta, on every
    chunk as a running total, within `x_groq`, or nowhere."""
    usage_unasked: bool = False
    """Streams report it also when `stream_options` does not ask."""
    usage_details: bool = True
    """The counts of cached and reasoning tokens are reported."""
    null_usage: bool = False
    """The other chunks say `usage: null`."""
    obfuscation: bool = False
    """Chunks are padded, so that their lengths tell nothing."""
    refusals: bool = False
    """A refusal has a field of its own; otherwise it is said as words."""
    prompt_filter: bool = False
    """A first chunk without choices brings the results of a content filter."""
    comment: str | None = None
    """A comment line before the answer and as keep-alive; None: no such lines."""
    line_end: str = "\n"
    done: bool = True
    """The stream ends with `[DONE]`."""
    error_in_stream: Literal["data", "event", "chunk"] = "data"
    """As bare `{"error": ...}`, as `event: error`, or on a chunk that has choices."""
    envelope: Literal["openai", "numbered", "flat", "list"] = "openai"
    """The body of an error: OpenAI's, with a number for its code, without `error` around it, or in a list."""

    refused_fields: frozenset[str] = frozenset()
    """Fields of OpenAI's that are refused."""
    refuses_unknown: bool = True
    """Fields that OpenAI does not have are refused; otherwise they are ignored."""
    one_output_limit: bool = False
    """Models that reason refuse `max_tokens`."""
    strict_ids: bool = False
    """Call ids have to be exactly nine letters or digits."""
    reasoning_back: Literal["refused", "ignored", "wanted"] = "ignored"
    """Reasoning in the messages that come back; "wanted": of a model that reasons, one with calls has to bring it."""
    user_after_results: bool = True
    """A person may speak right after the results of calls."""
    drops_beginning: bool = False
    """Input that does not fit loses its beginning in silence."""


OPENAI = Dialect(
    name="openai", null_usage=True, obfuscation=True, refusals=True, one_output_limit=True, reasoning_back="refused"
)
OLLAMA = Dialect(
    name="ollama",
    models=("llama3.2:3b", "qwen3:8b", "gpt-oss:20b", "mistral-small:24b", "understudy"),
    needs_key=False,
    reasoning="reasoning",
    calls="whole",
    role="every",
    usage_details=False,
    refuses_unknown=False,
    drops_beginning=True,
)
LLAMA_CPP = Dialect(
    name="llama.cpp",
    models=("qwen3-8b-q4_k_m.gguf", "gpt-oss-20b", "understudy"),
    needs_key=False,
    reasoning="reasoning_content",
    usage_details=False,
    envelope="numbered",
    refuses_unknown=False,
)
LM_STUDIO = replace(LLAMA_CPP, name="lm-studio", models=("qwen3-8b", "openai/gpt-oss-20b", "understudy"), done=True)
VLLM = Dialect(
    name="vllm",
    models=("Qwen/Qwen3-8B", "understudy"),
    needs_key=False,
    window_field="max_model_len",
    reasoning="reasoning_content",
    calls="pieces",
    call_ids="repeated",
    usage_details=False,
    envelope="numbered",
    refuses_unknown=False,
)
GROQ = Dialect(
    name="groq",
    models=("llama-3.3-70b-versatile", "openai/gpt-oss-120b", "qwen/qwen3-32b", "understudy"),
    window_field="context_window",
    reasoning="reasoning",
    calls="together",
    usage="x_groq",
    usage_unasked=True,
    error_in_stream="event",
    refused_fields=_OPENAI_ONLY - {"service_tier"},
    reasoning_back="refused",
)
OPENROUTER = Dialect(
    name="openrouter",
    models=("openai/gpt-5.4", "anthropic/claude-sonnet-5", "deepseek/deepseek-r1", "understudy"),
    window_field="context_length",
    reasoning="reasoning",
    role="every",
    usage="trailing",
    usage_unasked=True,
    comment="OPENROUTER PROCESSING",
    error_in_stream="chunk",
    envelope="numbered",
    refuses_unknown=False,
)
MISTRAL = Dialect(
    name="mistral",
    models=("mistral-large-latest", "mistral-small-latest", "magistral-medium-latest", "understudy"),
    window_field="max_context_length",
    reasoning="parts",
    calls="together",
    call_id_form="nine",
    finish="with_last",
    usage="with_finish",
    usage_unasked=True,
    usage_details=False,
    envelope="flat",
    refused_fields=_OPENAI_ONLY | {"max_completion_tokens", "stream_options", "user"},
    strict_ids=True,
    user_after_results=False,
)
DEEPSEEK = Dialect(
    name="deepseek",
    models=("deepseek-chat", "deepseek-reasoner", "understudy"),
    reasoning="reasoning_content",
    nulls=True,
    usage="with_finish",
    usage_unasked=True,
    null_usage=True,
    comment="keep-alive",
    refuses_unknown=False,
    reasoning_back="wanted",
)
GEMINI = Dialect(
    name="gemini",
    models=("gemini-3-pro-preview", "gemini-2.5-flash", "understudy"),
    calls="whole",
    call_index=False,
    call_ids="empty",
    calls_finish="stop",
    finish="with_last",
    role="every",
    usage="every",
    usage_unasked=True,
    usage_details=False,
    envelope="list",
    refused_fields=_OPENAI_ONLY,
)
AZURE = replace(OPENAI, name="azure", prompt_filter=True)
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            OPENAI,
            AZURE,
            DEEPSEEK,
            GEMINI,
            GROQ,
            LLAMA_CPP,
            LM_STUDIO,
            MISTRAL,
            OLLAMA,
            OPENROUTER,
            VLLM,
        )
    }
)


def dialect_named(name: str) -> Dialect:
    """The preset of that name. Raises ValueError, which lists them all."""
    if name not in DIALECTS:
        raise ValueError(f"there is no dialect {name!r}; there are {', '.join(DIALECTS)}")
    return DIALECTS[name]


def error_body(fault: Fault, dialect: Dialect) -> Any:
    """The body of an error answer."""
    error = error_object(fault)
    match dialect.envelope:
        case "openai":
            return {"error": error}
        case "numbered":
            return {"error": {"code": fault.status, "message": error["message"], "type": error["type"]}}
        case "flat":
            return {"object": "error", **error}
        case "list":
            status = "INVALID_ARGUMENT" if fault.status == 400 else error["type"].upper()
            return [{"error": {"code": fault.status, "message": error["message"], "status": status}}]
