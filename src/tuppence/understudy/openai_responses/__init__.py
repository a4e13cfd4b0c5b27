"""OpenAI's Responses wire."""

from tuppence.understudy.openai_responses.responses import OpenAIResponses

__all__ = ["OpenAIResponses"]
