"""What the doctor finds: values for people and for programs."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from tuppence.llm.abilities import Abilities
from tuppence.llm.errors import AuthenticationFailed, LLMError, RateLimited, RequestRejected, Unavailable

Status: TypeAlias = Literal["ok", "warning", "failed", "skipped"]
"""`warning`: it can be used, less well or in a roundabout way. `failed`: it cannot be used for this."""


class Finding(msgspec.Struct, frozen=True):
    """What one probe found."""

    check: str
    """What was looked at, such as "parallel calls"."""
    status: Status
    found: str
    """In words, with the figures."""
    advice: str | None = None
    """What to change, or what is done about it; None when nothing has to be."""


class Probed(msgspec.Struct, frozen=True):
    """What a probe brought."""

    findings: tuple[Finding, ...]
    abilities: Abilities = Abilities()
    """What is known by it."""
    ends: bool = False
    """Whether there is no use in asking anything else."""


class Diagnosis(msgspec.Struct, frozen=True):
    """Everything that was found of a model at a provider."""

    provider: str
    """The registered name."""
    host: str
    """Where it was asked."""
    model: str
    findings: tuple[Finding, ...]
    abilities: Abilities
    complete: bool = True
    """Whether everything was asked; False when there was no use in asking on, and little is known."""

    @property
    def usable(self) -> bool:
        """Whether the model can be used for questions about a ledger."""
        return not any(finding.status == "failed" for finding in self.findings)


def ok(check: str, found: str) -> Finding:
    return Finding(check, "ok", found)


def warning(check: str, found: str, advice: str) -> Finding:
    return Finding(check, "warning", found, advice)


def failed(check: str, found: str, advice: str) -> Finding:
    return Finding(check, "failed", found, advice)


def skipped(check: str, why: str) -> Finding:
    return Finding(check, "skipped", why)


def insurmountable(error: LLMError) -> Finding | None:
    """The finding for a failure that any other request would meet as well; None when another may do better."""
    match error:
        case AuthenticationFailed():
            return failed("key", str(error), "Set the right key, or ask for access to the model.")
        case RequestRejected(status=402):
            return failed("key", str(error), "Check plan and credit of the account.")
        case RateLimited():
            return failed("rate limit", str(error), "Wait until requests are allowed again, then run the doctor again.")
        case _:
            return None


def unreached(error: LLMError) -> Finding | None:
    """The finding for a server that cannot be reached; None when the failure tells that there is one."""
    if not isinstance(error, Unavailable) or error.status is not None:
        return None
    return failed("reachability", str(error), "Check the address, and that the server is running.")
