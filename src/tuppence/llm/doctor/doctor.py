"""The doctor himself: one probe after the other, each knowing what the earlier ones found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from tuppence.llm.doctor.calling import call_without_arguments, forbidden_calls, one_call, parallel_calls
from tuppence.llm.doctor.context_window import ContextWindow
from tuppence.llm.doctor.findings import Diagnosis, Finding, Probed, insurmountable, warning
from tuppence.llm.doctor.patient import Patience, Patient, Watch
from tuppence.llm.doctor.reaching import Listing
from tuppence.llm.doctor.streaming import reasoning, streaming, usage
from tuppence.llm.errors import LLMError
from tuppence.llm.provider import Provider

Probe: TypeAlias = Callable[[Patient], Awaitable[Probed]]

MODEST_WINDOW = 8192
"""Tokens up to which the context window is probed where tokens cost money: all tries together take twice as many."""
FREE_WINDOW = 16384
"""The same where they only take time."""


class Doctor:
    """Probes one model at one provider, by about ten small requests and some long ones for the context window."""

    def __init__(
        self,
        provider: Provider,
        model: str,
        *,
        largest_window: int = MODEST_WINDOW,
        watch: Watch = lambda stream, request: stream,
        patience: Patience | None = None,
    ) -> None:
        """largest_window: tokens up to which the context window is probed; 0: not at all.

        watch: given every stream, with its request, before it is read, to put watchers on it.
        """
        self._patient = Patient(provider, model, watch, patience or Patience())
        listing = Listing()
        self._probes: tuple[tuple[str, Probe], ...] = (
            ("model list", listing.models),
            ("plain answer", listing.plain_answer),
            ("streaming", streaming),
            ("usage", usage),
            ("reasoning", reasoning),
            ("function calls", one_call),
            ("calls without arguments", call_without_arguments),
            ("parallel calls", parallel_calls),
            ("forbidden calls", forbidden_calls),
            ("context window", ContextWindow(largest_window).probe),
        )

    async def diagnosis(self, told: Callable[[Finding], None] = lambda finding: None) -> Diagnosis:
        """All findings; `told` gets each one when it is made. Ends early when there is no use in asking on.

        Raises nothing that a provider can cause.
        """
        patient, findings, complete = self._patient, list[Finding](), True
        for check, probe in self._probes:
            probed = await _probed(check, probe, patient)
            patient.abilities = patient.abilities.updated(probed.abilities)
            findings += probed.findings
            for finding in probed.findings:
                told(finding)
            if probed.ends:
                complete = False
                break
        who = patient.provider
        return Diagnosis(who.name, who.host, patient.model, tuple(findings), patient.abilities, complete)


async def _probed(check: str, probe: Probe, patient: Patient) -> Probed:
    """What the probe brought. One that fails on the way is a finding as well."""
    try:
        return await probe(patient)
    except LLMError as error:
        obstacle = insurmountable(error)
        if obstacle is not None:
            return Probed((obstacle,), ends=True)
        advice = "This could not be probed. Run the doctor again; if it stays so, look into the server's log."
        return Probed((warning(check, str(error), advice),))
