"""What spans say of turns, rounds, functions and runs. Pure.

Names: OpenTelemetry's semantic conventions for generative AI (open-telemetry/semantic-conventions-genai), "Semantic
conventions for GenAI agent and framework spans" and "Execute tool span"; those under `langfuse.`, `session.id` and
`user.id`: Langfuse, "OpenTelemetry property mapping". What neither knows is under `tuppence.`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from tuppence.tracing.content import Content

Attributes: TypeAlias = Mapping[str, str | bool | int | float | Sequence[str]]


def known(**values: str | bool | int | float | Sequence[str] | None) -> Attributes:
    """The values that are not None, by their names with a dot for each `__`."""
    return {name.replace("__", "."): value for name, value in values.items() if value is not None}


def identifier(text: str | None) -> str | None:
    """`text`, which a model or a provider wrote, when it reads like a name or an id; None for anything else, as it may
    hold what is nobody's business."""
    return text if text is not None and re.fullmatch(r"[\w.:/@+-]{1,128}", text, re.ASCII) else None


def function_name(name: str) -> str:
    """`name` as the model wrote it, if it could be one of a function."""
    return identifier(name) or "unknown"


def of_turn(chat_id: str | None, user: str | None) -> Attributes:
    """What all spans of a turn say. user: a stand-in for the person; None: nobody is told apart."""
    return known(gen_ai__conversation__id=chat_id, session__id=chat_id, user__id=user, langfuse__trace__name="turn")


def of_run(name: str, run_id: str, user: str | None) -> Attributes:
    """What all spans of a run say."""
    return known(session__id=run_id, user__id=user, langfuse__trace__name=name, tuppence__run__id=run_id)


def asked_in_turn(turn_id: str | None, content: Content | None, question: str | None) -> Attributes:
    said = known(
        gen_ai__operation__name="invoke_agent",
        gen_ai__agent__name="tuppence",
        langfuse__observation__type="agent",
        tuppence__turn__id=turn_id,
    )
    if content is None or question is None:
        return said
    return {**said, "langfuse.observation.input": content.text(question)}


def answered_in_turn(content: Content, answer: str) -> Attributes:
    return {"langfuse.observation.output": content.text(answer)}


def of_round(number: int) -> Attributes:
    return known(langfuse__observation__type="span", tuppence__round=number)


def of_function(name: str, call_id: str, content: Content | None, arguments: Mapping[str, Any]) -> Attributes:
    said = known(
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__name=function_name(name),
        gen_ai__tool__type="function",
        gen_ai__tool__call__id=identifier(call_id),
        langfuse__observation__type="tool",
    )
    if content is None:
        return said
    shown = content.json(arguments)
    return {**said, "gen_ai.tool.call.arguments": shown, "langfuse.observation.input": shown}


def returned_by_function(content: Content, output: str) -> Attributes:
    shown = content.text(output)
    return {"gen_ai.tool.call.result": shown, "langfuse.observation.output": shown}


def of_batch(name: str, batch: int) -> Attributes:
    return known(
        gen_ai__operation__name="invoke_workflow",
        gen_ai__workflow__name=name,
        langfuse__observation__type="chain",
        tuppence__batch=batch,
    )
