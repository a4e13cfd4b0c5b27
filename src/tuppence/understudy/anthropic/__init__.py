"""The Anthropic Messages wire, and builders of its events for scripts."""

from tuppence.understudy.anthropic.events import (
    message_events,
    ping_event,
    signature_of,
    text_events,
    tool_use_events,
)
from tuppence.understudy.anthropic.messages import AnthropicMessages

__all__ = [
    "AnthropicMessages",
    "message_events",
    "ping_event",
    "signature_of",
    "text_events",
    "tool_use_events",
]
