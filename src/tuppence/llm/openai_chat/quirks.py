"""What one server of the Chat Completions protocol wants otherwise than the others. One value a server.

Only what is sent differs by quirk. What comes back is read the same from everybody: a dialect is recognised by its
form, not by who speaks it, so a server that nobody has heard of is understood as well.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Quirks(msgspec.Struct, frozen=True):
    """The defaults suit a server of which nothing is known."""

    instructions_role: Literal["system", "developer"] = "system"
    """The role of the instructions; "developer" is what OpenAI's own reasoning models call it."""
    output_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The field for the most tokens of an answer; OpenAI's reasoning models refuse the older name."""
    usage_on_request: bool = True
    """Whether a stream reports its tokens only when asked by `stream_options`. False where the field is refused."""
    none_choice: bool = True
    """Whether `tool_choice: "none"` is obeyed. False: calls are forbidden by leaving the definitions out."""
    required_choice: Literal["required", "any"] | None = "required"
    """The word that makes the model call a function. None: there is none, and "auto" is what is left."""
    parallel_calls: bool | None = None
    """What `parallel_tool_calls` says. None: nothing, each server does as it likes."""
    empty_content: Literal[""] | None = None
    """The content of a message that only calls functions. Gateways to other protocols refuse an empty text."""
    reasoning_back: Literal["reasoning_content", "reasoning_details"] | None = None
    """The field in which the reasoning of a message that calls functions goes back to the model that wrote it. None: it
    is not sent, as most servers refuse or ignore it."""
    call_ids: Literal["short", "nine"] = "short"
    """Which call ids are taken: up to 40 letters, digits, dashes and underscores, or exactly nine letters or digits."""
    user_after_results: bool = True
    """Whether a user's message may follow the results of functions without an answer between (a turn was stopped)."""
    session_field: Literal["prompt_cache_key"] | None = None
    """Where the session id goes. None: it is not sent."""
    user_field: Literal["user", "safety_identifier"] | None = None
    """Where the stand-in for the person goes. None: it is not sent."""
