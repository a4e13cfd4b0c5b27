"""The providers by name. The only file that names them all."""

from __future__ import annotations

from tuppence.llm.anthropic_messages import AnthropicMessages
from tuppence.llm.provider import Preset, Provider
from tuppence.llm.retry import Retry
from tuppence.llm.wire import Limits, OnRequest

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="anthropic",
            title="Anthropic",
            wire=AnthropicMessages(),
            base_url="https://api.anthropic.com",
            key_variable="ANTHROPIC_API_KEY",
            default_model="claude-sonnet-4-5",
        ),
    )
}


class UnknownProvider(LookupError):
    """No provider of that name is registered."""


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
    Raises UnknownProvider.
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise UnknownProvider(f"There is no provider {name!r}. Registered are: {', '.join(sorted(PRESETS))}.")
    return Provider(preset, api_key=api_key, base_url=base_url, limits=limits, retry=retry, on_request=on_request)
