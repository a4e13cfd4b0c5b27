"""Probes of function calling: one call, none of its arguments, several at once, forbidden ones."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tuppence.llm.abilities import Abilities
from tuppence.llm.concept import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatResponse,
    FunctionDefinition,
    FunctionResult,
    Message,
    UserMessage,
)
from tuppence.llm.doctor.findings import Finding, Probed, failed, ok, skipped, warning
from tuppence.llm.doctor.patient import Patient
from tuppence.llm.errors import LLMError, RequestRejected

TEMPERATURE = FunctionDefinition(
    "get_temperature",
    "The temperature in a city now, in degrees Celsius.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
TIME = FunctionDefinition(
    "get_time", "The time of day now. It takes no arguments.", {"type": "object", "properties": {}}
)
RESULTS = {TEMPERATURE.name: '{"city": "Paris", "temperature": 31}', TIME.name: '{"time": "14:07"}'}

CALL_ONE = "Call get_temperature for the city Paris, then tell me the temperature."
CALL_WITHOUT_ARGUMENTS = "Call get_time, then tell me the time."
CALL_BOTH = (
    "Call get_time and get_temperature for the city Paris, both at once, then tell me the time and the temperature."
)

_TOO_LITTLE = "Choose a model that calls functions: without them nothing can be looked up."


async def one_call(patient: Patient) -> Probed:
    """Whether it calls a function, with arguments that can be read, and makes something of the result."""
    check = "function calls"
    try:
        response = (await patient.hear(CALL_ONE, functions=[TEMPERATURE])).response
    except RequestRejected as error:
        advice = f"{_TOO_LITTLE} Or let the server take them (vLLM: --enable-auto-tool-choice, llama.cpp: --jinja)."
        return _unable(failed(check, f"Requests with functions are refused. {error}", advice))
    if not response.function_requests:
        return _unable(failed(check, "It was told to call a function and did not.", _TOO_LITTLE))
    if any(request.malformed for request in response.function_requests):
        found = "It calls functions with arguments that are not JSON."
        return _unable(failed(check, found, f"{_TOO_LITTLE} Or check the server's chat template for this model."))
    request = response.function_requests[0]
    if request.function_name != TEMPERATURE.name or "paris" not in str(request.function_args.get("city", "")).lower():
        found = f"Told to call get_temperature for Paris it called {_shown(request)}."
        finding = warning(check, found, "Expect wrong look-ups. Choose a more able model.")
    else:
        finding = ok(check, f"Called {_shown(request)}.")
    results = await _results(patient, CALL_ONE, response, [TEMPERATURE], ("31",))
    able = results.status != "failed"
    return Probed((finding, results), Abilities(calls_functions=able), ends=False)


async def call_without_arguments(patient: Patient) -> Probed:
    """Whether a function without parameters can be offered and called."""
    check = "calls without arguments"
    if patient.abilities.calls_functions is False:
        return Probed((skipped(check, "It does not call functions."),))
    found = await _fault_without_arguments(patient, patient.abilities)
    if found is None:
        return Probed((ok(check, "Called get_time()."),), Abilities(calls_without_arguments=True))
    remedied = patient.abilities.updated(Abilities(calls_without_arguments=False))
    if await _fault_without_arguments(patient, remedied) is None:
        advice = "Such functions are given a parameter that is not used."
        return Probed((warning(check, found, advice),), Abilities(calls_without_arguments=False))
    return Probed((warning(check, found, "Expect that it looks up less than it could. Choose a more able model."),))


async def _fault_without_arguments(patient: Patient, abilities: Abilities) -> str | None:
    """What goes wrong with a function without parameters; None when nothing does."""
    try:
        response = (await patient.hear(CALL_WITHOUT_ARGUMENTS, functions=[TIME], knowing=abilities)).response
    except LLMError as error:
        return f"A function without parameters is refused. {error}"
    if not response.function_requests:
        return "Told to call a function without parameters it did not."
    if any(request.malformed for request in response.function_requests):
        return "Where there are no arguments it sends something that is not JSON."
    return None


async def parallel_calls(patient: Patient) -> Probed:
    """Whether several functions can be requested in one answer, and their results given back together."""
    check = "parallel calls"
    if patient.abilities.calls_functions is False:
        return Probed((skipped(check, "It does not call functions."),))
    fault = await _fault_of_parallel(patient)
    if fault is None:
        return Probed((ok(check, "Both of two functions were called in one answer."),), Abilities(parallel_calls=True))
    one_at_a_time = Abilities(parallel_calls=False)
    try:
        remedied = patient.abilities.updated(one_at_a_time)
        await patient.hear(CALL_BOTH, functions=[TIME, TEMPERATURE], knowing=remedied)
    except RequestRejected:
        one_at_a_time = one_at_a_time.updated(Abilities(takes_parallel_switch=False))
    advice = "Functions are called one after the other: looking up several things takes more rounds."
    return Probed((warning(check, fault, advice),), one_at_a_time)


async def _fault_of_parallel(patient: Patient) -> str | None:
    functions = [TIME, TEMPERATURE]
    try:
        response = (await patient.hear(CALL_BOTH, functions=functions)).response
    except RequestRejected as error:
        return f"A request that would take two calls is refused. {error}"
    requests = response.function_requests
    if {request.function_name for request in requests} != {TIME.name, TEMPERATURE.name}:
        return f"Told to call two functions at once it called {', '.join(map(_shown, requests)) or 'none'}."
    if any(request.malformed for request in requests):
        return "The arguments of two calls at once cannot be read."
    if len({request.call_id for request in requests}) < len(requests):
        return "Calls in one answer have the same id, so their results cannot be told apart."
    try:
        await patient.hear(*_answered(CALL_BOTH, response), functions=functions)
    except RequestRejected as error:
        return f"The results of two calls are refused. {error}"
    return None


async def forbidden_calls(patient: Patient) -> Probed:
    """Whether it speaks when it must not call functions: the last round of every question depends on it."""
    check = "forbidden calls"
    if patient.abilities.calls_functions is False:
        return Probed((skipped(check, "It does not call functions."),))
    advice = "In the last round of a question it is not told of any functions."
    try:
        response = (await patient.hear(CALL_ONE, functions=[TIME, TEMPERATURE], tool_choice="none")).response
    except RequestRejected as error:
        found = f"Forbidding calls is refused. {error}"
        return Probed((warning(check, found, advice),), Abilities(forbids_calls=False))
    if response.function_requests:
        found = f"It called {_shown(response.function_requests[0])} although that was forbidden."
        return Probed((warning(check, found, advice),), Abilities(forbids_calls=False))
    return Probed((ok(check, "It answered without calling."),), Abilities(forbids_calls=True))


async def _results(
    patient: Patient,
    question: str,
    response: ChatResponse,
    functions: Sequence[FunctionDefinition],
    expected: Sequence[str],
) -> Finding:
    """Whether results that are given back turn up in the answer."""
    check = "function results"
    try:
        answer = (await patient.hear(*_answered(question, response), functions=functions)).response
    except RequestRejected as error:
        return failed(check, f"The results of functions are refused. {error}", _TOO_LITTLE)
    if all(figure in answer.output_text for figure in expected):
        return ok(check, "The result was in the answer.")
    if answer.function_requests:
        found = "It got its result and called again instead of answering."
    else:
        found = "The result was not in the answer."
    return warning(check, found, "Expect answers that pass over what was looked up. Choose a more able model.")


def _answered(question: str, response: ChatResponse) -> list[Message]:
    """The conversation with the results of all calls in `response`."""
    requests = response.function_requests
    results = [FunctionResult(one.call_id, RESULTS.get(one.function_name, '{"error": "unknown"}')) for one in requests]
    return [UserMessage(question), AssistantMessage.of(response), *results]


def _unable(finding: Finding) -> Probed:
    return Probed((finding,), Abilities(calls_functions=False))


def _shown(request: ChatFunctionRequest) -> str:
    arguments = msgspec.json.encode(request.function_args).decode()
    return f"{request.function_name}({arguments if request.function_args else ''})"[:120]
