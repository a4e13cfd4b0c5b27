"""Which category or merchant of the household a person means."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ALSO_CALLED = {
    "eating out": ("restaurant", "dining"),
    "dining out": ("restaurant", "dining"),
    "takeaway": ("restaurant", "dining"),
    "takeout": ("restaurant", "dining"),
    "food": ("grocery", "food", "restaurant"),
    "supermarket": ("grocery",),
    "gas": ("fuel", "gas", "petrol", "transport"),
    "petrol": ("fuel", "gas", "transport"),
    "fuel": ("fuel", "gas", "transport"),
    "electricity": ("electricity", "utility"),
    "power": ("electricity", "utility"),
    "internet": ("internet", "phone", "utility"),
    "phone": ("phone", "internet", "utility"),
    "holiday": ("travel", "holiday", "vacation"),
    "vacation": ("travel", "vacation", "holiday"),
    "flight": ("flight", "travel"),
    "doctor": ("health", "medical", "doctor"),
    "medicine": ("health", "pharmacy", "medical"),
    "streaming": ("streaming", "subscription", "entertainment"),
    "clothes": ("clothing", "clothes", "apparel"),
    "housing": ("rent", "mortgage", "home", "housing"),
    "salary": ("salary", "income", "wage"),
}


def matching_name(subject: str, names: Sequence[str]) -> str | None:
    """The one of `names` that `subject` means: the same words, words within it, or another word for it; else None."""
    wanted = _stems(subject)
    if not wanted:
        return None
    for name in names:
        if _stems(name) == wanted:
            return name
    for name in names:
        stems = _stems(name)
        if wanted <= stems or (stems and stems <= wanted):
            return name
    for other in _ALSO_CALLED.get(" ".join(_singular(word) for word in _words(subject)), ()):
        for name in names:
            if other in _stems(name):
                return name
    return None


def _stems(text: str) -> frozenset[str]:
    return frozenset(_singular(word) for word in _words(text) if word not in ("and", "the", "a", "of"))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
