"""The answerer: a provider, the model that is asked of it, and what was found out about the two."""

from __future__ import annotations

import msgspec

from tuppence.llm.abilities import Abilities
from tuppence.llm.provider import Provider


class Answerer(msgspec.Struct, frozen=True):
    """Who may answer: a provider and the model that is asked of it."""

    provider: Provider
    model: str
    abilities: Abilities = Abilities()
    """What was found out about the model; by default nothing, and it is asked as usual."""
