"""Probes of the stream: whether its pieces really come one by one, how fast, and what is reported and thought in it."""

from __future__ import annotations

from tuppence.llm.abilities import Abilities
from tuppence.llm.concept import ChatResponse, TokenUsage
from tuppence.llm.doctor.findings import Finding, Probed, failed, insurmountable, ok, warning
from tuppence.llm.doctor.patient import Heard, Patience, Patient
from tuppence.llm.doctor.reaching import READY
from tuppence.llm.errors import (
    AuthenticationFailed,
    LLMError,
    MalformedStream,
    RequestRejected,
    Stalled,
    StreamInterrupted,
)
from tuppence.llm.think_tags import thinking_in

COUNT = "Count from 1 to 40 in digits, separated by spaces. Write nothing else."
_LAST_NUMBER = "40"
_ENOUGH_TEXT = 40  # characters that nobody makes in one go
_ENOUGH_PIECES = 10
_WAITED = 0.5  # seconds until the first piece; with less nobody waits, whatever happens on the way
_QUICKER = 0.75  # of the time until the first piece: what one word takes at most where the rest was held back
_AT_ONCE = 0.05  # of the time until the first piece: what comes within it came at once
_FASTEST = 1000  # pieces a second; no model is faster with pieces as small as ours


async def streaming(patient: Patient) -> Probed:
    """Whether a stream that is asked for is one, and when its first words come."""
    try:
        heard, abilities = await _counted(patient)
    except LLMError as error:
        return _no_stream(patient, error)
    if not heard.response.output_text.strip() and heard.response.stop_reason != "max_tokens":
        return _unreadable(patient, "The stream ended without a word.")
    held_back = await _is_held_back(patient, heard)
    finding = pieces_finding(heard, held_back=held_back)
    return Probed((finding, *pace_findings(heard, patient.patience)), abilities)


async def _counted(patient: Patient) -> tuple[Heard, Abilities]:
    """A long streamed answer, and by which abilities it was got. Raises LLMError."""
    asked, unasked = Abilities(streams=True), Abilities(streams=True, takes_usage_question=False)
    try:
        return await patient.hear(COUNT, knowing=asked), asked
    except AuthenticationFailed:
        raise
    except RequestRejected:
        return await patient.hear(COUNT, knowing=unasked), unasked


async def _is_held_back(patient: Patient, heard: Heard) -> bool:
    """Whether something on the way holds pieces back. Two of three answers decide: a busy machine may stand still."""
    if not await _came_together(patient, heard):
        return False
    for _ in range(2):
        again, _abilities = await _counted(patient)
        if await _came_together(patient, again):
            return True
    return False


async def _came_together(patient: Patient, heard: Heard) -> bool:
    return came_at_once(heard.moments) and await _is_quicker_with_less(patient, heard)


async def _is_quicker_with_less(patient: Patient, heard: Heard) -> bool:
    """Whether one word comes much sooner than the first piece of many: then that piece had waited for the others."""
    less = await patient.hear(READY, plainly=patient.answers_plainly)
    return less.seconds < _QUICKER * heard.moments[0]


def pieces_finding(heard: Heard, *, held_back: bool) -> Finding:
    """Whether the pieces came one by one."""
    count = len(heard.moments)
    advice = (
        "Nothing can be read before an answer is complete. Switch buffering off in the proxy or gateway before the "
        "server, or ask the server directly."
    )
    if count <= 1 and len(heard.response.output_text) >= _ENOUGH_TEXT:
        return warning("streaming", f"The whole answer came in one piece after {heard.seconds:.1f} s.", advice)
    if held_back:
        found = f"{count} pieces came all at once after {heard.moments[0]:.1f} s: something holds them back."
        return warning("streaming", found, advice)
    return ok("streaming", f"{count} pieces within {heard.seconds:.1f} s.")


def pace_findings(heard: Heard, patience: Patience) -> list[Finding]:
    """When the first words came, and how fast the others followed."""
    findings = []
    first_words = heard.moments[0] if heard.moments else heard.seconds
    first_byte = heard.seconds if heard.first_byte is None else heard.first_byte
    found = f"First byte after {first_byte:.2f} s, first words after {first_words:.2f} s."
    if first_words > patience.first_words:
        advice = "Keep the model loaded, choose a smaller one, or let it think less."
        findings.append(warning("first words", found, advice))
    else:
        findings.append(ok("first words", found))
    pace = tokens_per_second(heard)
    if pace is not None and pace < patience.tokens_per_second:
        advice = "Choose a smaller model, or a machine with more memory bandwidth."
        findings.append(warning("speed", f"{pace:.1f} tokens a second, slower than one reads.", advice))
    elif pace is not None:
        findings.append(ok("speed", f"{pace:,.0f} tokens a second."))
    return findings


def tokens_per_second(heard: Heard) -> float | None:
    """Of the answer after its first piece; None when it came too much at once to tell."""
    if len(heard.moments) < _ENOUGH_PIECES or came_at_once(heard.moments):
        return None
    span = heard.moments[-1] - heard.moments[0]
    tokens = max(len(heard.moments) - 1, heard.response.usage.output_tokens or 0)
    return tokens / span if span > 0 else None


def came_at_once(moments: tuple[float, ...]) -> bool:
    """Whether pieces that had time to come one by one came together. Where all was fast nothing can be told."""
    if len(moments) < _ENOUGH_PIECES or moments[0] < _WAITED:
        return False
    span = moments[-1] - moments[0]
    return span < moments[0] * _AT_ONCE and span * _FASTEST < len(moments)


def _no_stream(patient: Patient, error: LLMError) -> Probed:
    """What it means that a stream could not be read."""
    obstacle = insurmountable(error)
    if obstacle is not None:
        return Probed((obstacle,), ends=True)
    partial = error.partial.output_text if error.partial else ""
    match error:
        case RequestRejected():
            found = f"A stream is refused{f' (HTTP {error.status})' if error.status else ''}."
        case MalformedStream():
            found = "What was sent is not a stream."
        case StreamInterrupted() if _LAST_NUMBER in partial:
            found = "All words came, but never the sign that the answer is complete."
        case Stalled():
            found = f"The stream fell silent after {len(partial)} characters."
        case StreamInterrupted():
            found = f"The stream broke off after {len(partial)} characters."
        case _:
            found = f"No stream came. {error}"
    return _unreadable(patient, found)


def _unreadable(patient: Patient, found: str) -> Probed:
    """A stream that cannot be used: the model is asked plainly, if that works."""
    if not patient.answers_plainly:
        return Probed((failed("streaming", found, "Check the address and the server's log."),), ends=True)
    advice = "Answers are asked for in one piece instead. Look into the server's log, or try a newer version of it."
    return Probed((warning("streaming", found, advice),), Abilities(streams=False))


async def usage(patient: Patient) -> Probed:
    """Whether the tokens of all answers so far were reported."""
    unasked = patient.abilities.takes_usage_question is False
    remark = " A stream that is asked to report them is refused, so it is not asked." if unasked else ""
    missing = [answer for answer in patient.answers if not _is_reported(answer.usage)]
    if not missing:
        counts = [f"{one.usage.input_tokens:,} in, {one.usage.output_tokens:,} out" for one in patient.answers]
        return Probed((ok("usage", f"Reported: {'; '.join(counts)}.{remark}"),), Abilities(reports_usage=True))
    found = f"The tokens of {len(missing)} of {len(patient.answers)} answers were not reported.{remark}"
    advice = "Tokens are estimated and marked as such; their cost is a guess."
    return Probed((warning("usage", found, advice),), Abilities(reports_usage=False))


async def reasoning(patient: Patient) -> Probed:
    """Where the reasoning of the answers so far was."""
    in_text = next((style for answer in patient.answers if (style := thinking_in(answer.output_text))), None)
    if in_text is not None:
        found = f"It is mixed into the text, {'between tags' if in_text == 'tags' else 'before a lone </think>'}."
        advice = "It is told apart here. Better: let the server do it (vLLM: --reasoning-parser, llama.cpp: --jinja)."
        abilities = Abilities(thinks_in_text=True, opens_thinking=in_text == "tags")
        return Probed((warning("reasoning", found, advice),), abilities)
    shown = sum(len(answer.reasoning_text) for answer in patient.answers)
    found = f"Apart from the text, {shown:,} characters shown." if shown else _unseen(patient.answers)
    return Probed((ok("reasoning", found),), Abilities(thinks_in_text=False))


def _unseen(answers: list[ChatResponse]) -> str:
    tokens = sum(answer.usage.reasoning_tokens or 0 for answer in answers)
    return f"Not shown; {tokens:,} tokens of it are reported." if tokens else "None was shown."


def _is_reported(usage: TokenUsage) -> bool:
    return usage.input_tokens is not None and usage.output_tokens is not None
