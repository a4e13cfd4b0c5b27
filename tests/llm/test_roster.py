"""Who answers, and who steps in."""

from __future__ import annotations

import pytest

from tuppence.llm.anthropic_messages import AnthropicMessages
from tuppence.llm.provider import Preset
from tuppence.llm.roster import Configured, NothingFits, Roster

WIRE = AnthropicMessages()
CLAUDE = Configured(Preset("anthropic", "Anthropic", WIRE, "https://a", "A_KEY", "claude-x", models="claude"), "k")
GPT = Configured(Preset("openai", "OpenAI", WIRE, "https://o", "O_KEY", "gpt-x", models=r"gpt-|o\d"), "k")
LOCAL = Configured(Preset("ollama", "Ollama", WIRE, "http://l", "", needs_key=False))
LOCAL_WITH_MODEL = Configured(LOCAL.preset, model="qwen")


def chosen(roster: Roster, **asked: str | None) -> list[tuple[str, str]]:
    return [(choice.configured.preset.name, choice.model) for choice in roster.choose(**asked)]


def test_the_first_configured_provider_answers_with_its_default_model() -> None:
    assert chosen(Roster([GPT, CLAUDE])) == [("openai", "gpt-x")]


def test_a_model_goes_to_the_provider_that_has_it() -> None:
    assert chosen(Roster([CLAUDE, GPT]), model="o9") == [("openai", "o9")]
    assert chosen(Roster([CLAUDE, LOCAL]), model="qwen") == [("ollama", "qwen")]


def test_a_named_provider_answers_with_its_own_default() -> None:
    assert chosen(Roster([CLAUDE, GPT, LOCAL_WITH_MODEL]), provider="ollama") == [("ollama", "qwen")]


def test_whoever_is_named_or_alone_is_asked_for_any_model() -> None:
    assert chosen(Roster([CLAUDE, GPT]), provider="anthropic", model="new-name") == [("anthropic", "new-name")]
    assert chosen(Roster([CLAUDE]), model="new-name") == [("anthropic", "new-name")]


def test_those_that_step_in_follow_in_their_order() -> None:
    roster = Roster([CLAUDE, GPT, LOCAL_WITH_MODEL], fallback=["ollama", "anthropic"])
    assert chosen(roster) == [("anthropic", "claude-x"), ("ollama", "qwen")]
    assert chosen(roster, provider="openai") == [("openai", "gpt-x"), ("ollama", "qwen"), ("anthropic", "claude-x")]


@pytest.mark.parametrize(
    ("configured", "asked", "words"),
    [
        ([], {}, "No provider is set up. Set a provider's key"),
        ([CLAUDE], {"provider": "openai"}, r"'openai' is not set up. Available: anthropic \(claude-x\)"),
        ([CLAUDE, GPT], {"model": "qwen"}, r"offers the model 'qwen'. Available: anthropic .*, openai"),
        ([LOCAL], {}, r"Say which model Ollama is to be asked for. Available: ollama \(name a model\)"),
    ],
)
def test_what_does_not_fit_is_answered_with_what_is_available(
    configured: list[Configured], asked: dict[str, str], words: str
) -> None:
    with pytest.raises(NothingFits, match=words):
        Roster(configured).choose(**asked)


def test_a_fallback_that_is_not_configured_is_named() -> None:
    with pytest.raises(NothingFits, match="'openai' is not set up"):
        Roster([CLAUDE], fallback=["openai"])
