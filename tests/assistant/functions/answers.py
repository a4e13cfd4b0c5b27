"""Asking a function as the responder does."""

import json
from typing import Any

from ledger.reports.small_household import TODAY

from tuppence.assistant.functions import FUNCTIONS
from tuppence.ledger.household import Ledger

BY_NAME = {one.name: one for one in FUNCTIONS}


async def found(ledger: Ledger, name: str, **arguments: Any) -> Any:
    """What the function found."""
    answer = await BY_NAME[name].run(ledger, arguments, TODAY)
    assert answer.ok, answer.output
    return json.loads(answer.output)


async def refused(ledger: Ledger, name: str, **arguments: Any) -> tuple[str, str]:
    """The error and the hint of a function that must not answer."""
    answer = await BY_NAME[name].run(ledger, arguments, TODAY)
    assert not answer.ok, answer.output
    refusal = json.loads(answer.output)
    assert refusal.keys() == {"error", "hint"}
    assert answer.summary == refusal["error"]
    return refusal["error"], refusal["hint"]


async def summary(ledger: Ledger, name: str, **arguments: Any) -> str:
    """What a person sees of the answer."""
    return (await BY_NAME[name].run(ledger, arguments, TODAY)).summary
