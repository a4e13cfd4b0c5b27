"""What the pages of filing in the background say of runs and quotes."""

from __future__ import annotations

from collections.abc import Mapping

from tuppence.enrichment.preferences import Preferences
from tuppence.enrichment.quotes import Quote
from tuppence.enrichment.runs import Run, RunKind, RunState
from tuppence.llm import PRESETS
from tuppence.web.formats import Formats

KINDS: Mapping[RunKind, str] = {"categorize": "Find categories", "merchants": "Recognise merchants"}
"""What a run does."""
ABOUT: Mapping[RunKind, str] = {
    "categorize": "Files transactions that have no category yet.",
    "merchants": "Says which business is behind a transaction, and brings spellings of one together.",
}
LACKS: Mapping[RunKind, str] = {"categorize": "category", "merchants": "merchant"}
STATES: Mapping[RunState, str] = {
    "running": "Under way",
    "completed": "Done",
    "cancelled": "Cancelled",
    "capped": "Stopped at the limit",
    "failed": "Broke off",
}
SOURCES: Mapping[str, str] = {
    "rule": "your rules",
    "memory": "what you did before",
    "classifier": "likeness",
    "model": "a model",
}
"""Who says under what something is filed."""


def counted(count: int, one: str, more: str, formats: Formats) -> str:
    """A number of things in words."""
    return f"{formats.number(count)} {one if count == 1 else more}"


def joined(parts: list[str]) -> str:
    """Several things in a sentence."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def cost_text(run: Run, formats: Formats) -> str:
    """What the run has cost. What nobody can tell is not nothing."""
    if run.cost_unknown:
        return "unknown" if run.cost is None else f"{formats.dollars(run.cost)} and more: not all of it is known"
    if run.cost is None:
        return "not known yet" if run.requests else "nothing" if run.state != "running" else "nothing so far"
    return formats.dollars(run.cost)


def expected_text(quote: Quote, formats: Formats) -> str:
    """What the requests of a quote are expected to cost."""
    return "cost unknown" if quote.cost is None else f"about {formats.dollars(quote.cost)}"


def free_text(quote: Quote, formats: Formats) -> str:
    """By whom how many transactions are filed without asking anybody."""
    whom = {**SOURCES, "model": "what a model said before"}
    return joined([f"{formats.number(count)} by {whom[source]}" for source, count in quote.free.items() if count])


def limit_text(quote: Quote, wanted: Preferences, formats: Formats) -> str | None:
    """What a limit in money does to a run of the quote, in a sentence; None: nothing."""
    cap = quote.order.cap or wanted.run_cap
    preset = PRESETS.get(quote.provider or "")
    if quote.cost is None and (cap or wanted.month_cap) and (preset is None or preset.needs_key):
        return "There is a limit in money, and nobody knows what this model costs: it will not be asked."
    if quote.cost is not None and cap is not None and quote.cost > cap:
        return f"It stops before it has cost {formats.dollars(cap)}, which will not be enough for all."
    return None


def modes_text(wanted: Preferences, *, suggest_only: bool, asks_model: bool) -> str:
    """What is filed at once, and what is only suggested, in a sentence."""
    if suggest_only:
        return "Nothing is filed at once: everything goes to your review."
    sources = ["rule", "memory", "classifier", *(["model"] if asks_model else [])]
    filed = [SOURCES[one] for one in sources if getattr(wanted, one) == "file"]
    suggested = [SOURCES[one] for one in sources if getattr(wanted, one) != "file"]
    if not suggested:
        return "What is known surely is filed at once, and can be undone as a whole."
    if not filed:
        return "Nothing is filed at once: everything goes to your review, as the settings say."
    return (
        f"Filed at once is what is known by {joined(filed)}; what is said by {joined(suggested)} goes to your review."
    )
