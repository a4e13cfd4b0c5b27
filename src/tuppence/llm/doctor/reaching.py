"""Probes of the way to a model: address, key, list of models, and one plain answer."""

from __future__ import annotations

from tuppence.llm.doctor.findings import Finding, Probed, failed, insurmountable, ok, unreached, warning
from tuppence.llm.doctor.patient import MOST_TOKENS, Patient
from tuppence.llm.errors import AuthenticationFailed, LLMError, RequestRejected

READY = "Reply with the word ready."
_SHOWN_MODELS = 8


class Listing:
    """The list of models, and by it whether there is one of the patient's name."""

    def __init__(self) -> None:
        self._listed: list[str] | None = None
        self._refused = False

    async def models(self, patient: Patient) -> Probed:
        """Whether the models are listed. A list that is missing is no harm by itself."""
        try:
            self._listed = listed = await patient.provider.models()
        except AuthenticationFailed:
            patient.reached = self._refused = True
            return Probed(())  # the key may still be good for asking: the next probe tells
        except LLMError as error:
            obstacle = unreached(error) or insurmountable(error)
            if obstacle is not None:
                return Probed((obstacle,), ends=True)
            patient.reached = True
            return Probed((_no_list(f"There is no list of models{_status(error)}."),))
        patient.reached = True
        return Probed((ok("model list", f"{len(listed)} {'model' if len(listed) == 1 else 'models'} listed."),))

    async def plain_answer(self, patient: Patient) -> Probed:
        """Whether the model is there and answers at all."""
        check = "plain answer"
        try:
            heard = await patient.hear(READY, plainly=True)
        except LLMError as error:
            return self._no_answer(patient, error)
        response = heard.response
        remarks = (_no_list("With this key the models cannot be listed."),) if self._refused else ()
        patient.answers_plainly = bool(response.output_text.strip()) or response.stop_reason == "max_tokens"
        if not patient.answers_plainly:
            why = response.provider_stop_reason or response.stop_reason
            found = f"It answered without a word (stopped: {why})."
            return Probed((*remarks, failed(check, found, "Try a model that is made for conversations.")))
        if not response.output_text.strip():
            found = f"It thought for {MOST_TOKENS:,} tokens without coming to a word."
            return Probed((*remarks, warning(check, found, "Let it think less, or choose another model.")))
        return Probed((*remarks, ok(check, f"Answered in {heard.seconds:.1f} s.{self._unlisted(patient.model)}")))

    def _no_answer(self, patient: Patient, error: LLMError) -> Probed:
        obstacle = insurmountable(error) or (None if patient.reached else unreached(error))
        if obstacle is None and isinstance(error, RequestRejected) and error.status == 404:
            obstacle = self._unknown_model(patient, error)
        if obstacle is not None:
            return Probed((obstacle,), ends=True)
        found = "The server is there, but no whole answer came from it." if unreached(error) else str(error)
        return Probed((failed("plain answer", found, "Check the address, and look into the server's log."),))

    def _unknown_model(self, patient: Patient, error: LLMError) -> Finding:
        if self._listed is None:
            return failed("model", str(error), "Check the model's name and the address.")
        if patient.model in self._listed:
            advice = "Load the model, or choose one that this key may use."
            return failed("model", f"{patient.model!r} is listed but cannot be asked.", advice)
        listed = sorted(self._listed)
        more = f" and {len(listed) - _SHOWN_MODELS} more" if len(listed) > _SHOWN_MODELS else ""
        advice = f"Choose one of: {', '.join(listed[:_SHOWN_MODELS])}{more}." if listed else "Load a model first."
        return failed("model", f"There is no model {patient.model!r}.", advice)

    def _unlisted(self, model: str) -> str:
        """A remark when the name that was asked for is none that is listed: an alias, most likely."""
        known = self._listed is None or any(model in name or name in model for name in self._listed)
        return "" if known else f" {model!r} is not among the listed models, but it answers."


def _no_list(found: str) -> Finding:
    return warning("model list", found, "Take care with the model's name: only asking tells whether it is right.")


def _status(error: LLMError) -> str:
    return f" (HTTP {error.status})" if error.status else ""
