"""The Chat Completions wire and its dialects."""

from tuppence.understudy.openai_chat.completions import OpenAIChat
from tuppence.understudy.openai_chat.dialects import DIALECTS, OPENAI, Dialect, dialect_named

__all__ = ["DIALECTS", "OPENAI", "Dialect", "OpenAIChat", "dialect_named"]
