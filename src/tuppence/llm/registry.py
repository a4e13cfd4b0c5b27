"""The providers by name. The only file that names them all.

A provider that speaks a known wire is one value here, its prices (genai-prices, under its name or `priced_as`), and a
scripted or recorded stream in the tests. Addresses and default models: the providers' documentation, November 2026.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from tuppence.llm.anthropic_messages import AnthropicMessages
from tuppence.llm.openai_chat import OpenAIChat, Quirks
from tuppence.llm.openai_responses import OpenAIResponses
from tuppence.llm.provider import Preset, Provider
from tuppence.llm.retry import Retry
from tuppence.llm.wire import Limits, OnRequest

_AT_HOME = Limits(connect=5.0, first_byte=600.0, idle=300.0)
"""A machine at home may load a model for minutes before it says a word."""

_PRESETS = (
    Preset(
        name="anthropic",
        title="Anthropic",
        wire=AnthropicMessages(),
        base_url="https://api.anthropic.com",
        key_variable="ANTHROPIC_API_KEY",
        default_model="claude-sonnet-5-5",
        models=r"claude|understudy",
    ),
    Preset(
        name="openai",
        title="OpenAI",
        wire=OpenAIResponses(),
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        default_model="gpt-6-luna",
        models=r"gpt-|o\d|chatgpt|codex|ft:|understudy",
    ),
    Preset(
        name="openai-compatible",
        title="OpenAI-compatible server",
        wire=OpenAIChat(),
        base_url="http://127.0.0.1:8080/v1",
        key_variable="OPENAI_COMPATIBLE_API_KEY",
        needs_key=False,
        limits=_AT_HOME,
    ),
    Preset(
        name="ollama",
        title="Ollama",
        wire=OpenAIChat(Quirks(none_choice=False, required_choice=None)),
        base_url="http://127.0.0.1:11434/v1",
        key_variable="OLLAMA_API_KEY",
        needs_key=False,
        limits=_AT_HOME,
    ),
    Preset(
        name="llama.cpp",
        title="llama.cpp",
        wire=OpenAIChat(),
        base_url="http://127.0.0.1:8080/v1",
        key_variable="LLAMA_API_KEY",
        needs_key=False,
        limits=_AT_HOME,
    ),
    Preset(
        name="lm-studio",
        title="LM Studio",
        wire=OpenAIChat(),
        base_url="http://127.0.0.1:1234/v1",
        key_variable="LM_STUDIO_API_KEY",
        needs_key=False,
        limits=_AT_HOME,
    ),
    Preset(
        name="vllm",
        title="vLLM",
        wire=OpenAIChat(),
        base_url="http://127.0.0.1:8000/v1",
        key_variable="VLLM_API_KEY",
        needs_key=False,
        limits=_AT_HOME,
    ),
    Preset(
        name="groq",
        title="Groq",
        wire=OpenAIChat(Quirks(output_limit="max_completion_tokens", user_field="user")),
        base_url="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        default_model="openai/gpt-oss-120b",
    ),
    Preset(
        name="openrouter",
        title="OpenRouter",
        wire=OpenAIChat(Quirks(reasoning_back="reasoning_details", user_field="user")),
        base_url="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        default_model="openrouter/auto",
    ),
    Preset(
        name="mistral",
        title="Mistral",
        wire=OpenAIChat(
            Quirks(
                call_ids="nine",
                required_choice="any",
                usage_on_request=False,
                user_after_results=False,
                empty_content="",
            )
        ),
        base_url="https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        default_model="mistral-medium-latest",
    ),
    Preset(
        name="deepseek",
        title="DeepSeek",
        wire=OpenAIChat(Quirks(reasoning_back="reasoning_content")),
        base_url="https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        default_model="deepseek-chat",
    ),
    Preset(
        name="gemini",
        title="Gemini",
        wire=OpenAIChat(),
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
        default_model="gemini-3.8-flash",
        priced_as="google",
    ),
    Preset(
        name="azure",
        title="Azure OpenAI",
        wire=OpenAIChat(
            Quirks(output_limit="max_completion_tokens", session_field="prompt_cache_key", user_field="user")
        ),
        base_url="",
        key_variable="AZURE_OPENAI_API_KEY",
    ),
)

PRESETS = {preset.name: preset for preset in _PRESETS}


class UnknownProvider(LookupError):
    """No provider of that name is registered."""


class NoAddress(LookupError):
    """The provider has no address that can be used: one has to be given."""


def preset_named(name: str) -> Preset:
    """What is registered under `name`. Raises UnknownProvider, which lists all names."""
    preset = PRESETS.get(name)
    if preset is None:
        raise UnknownProvider(f"There is no provider {name!r}. Registered are: {', '.join(sorted(PRESETS))}.")
    return preset


def open_provider(
    name: str,
    *,
    api_key: str,
    base_url: str | None = None,
    limits: Limits | None = None,
    retry: Retry | None = None,
    on_request: OnRequest | None = None,
) -> Provider:
    """The provider registered under `name`, ready to be asked.

    base_url: what the official SDK of its wire takes; None for the provider's own address. limits, retry: None for the
    provider's usual ones. on_request: receives the host and the exact bytes of every attempt before it is sent.
    Raises UnknownProvider, and NoAddress where everybody has an address of their own, or when it holds a password.
    """
    preset = preset_named(name)
    if not (base_url or preset.base_url):
        raise NoAddress(f"{preset.title} has no address of its own. Set {preset.address_variable} to yours.")
    if "@" in urlsplit(base_url or "").netloc:
        raise NoAddress(
            f"The address of {preset.title} holds a name or a password. Leave only the server in "
            f"{preset.address_variable}, and put the key into {preset.key_variable}."
        )
    return Provider(preset, api_key=api_key, base_url=base_url, limits=limits, retry=retry, on_request=on_request)
