"""Defects the understudy can play, each of them seen in servers that call themselves compatible.

They come in four places: some requests are refused, the question is understood otherwise than it was asked, the reply
is spoilt, or it leaves in a bad way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, get_args

from tuppence.understudy.connection import Request
from tuppence.understudy.conversation import Question
from tuppence.understudy.delivery import Answer
from tuppence.understudy.reply import Block, Call, Fault, Rejected, Reply, Text, Thinking, Usage

Defect = Literal[
    "whole_answer",
    "held_back",
    "plain_json",
    "refuses_stream",
    "refuses_stream_options",
    "no_usage",
    "no_end",
    "drops_connection",
    "stalls",
    "slow_first_byte",
    "slow_tokens",
    "think_tags",
    "empty_answer",
    "ignores_tool_choice",
    "never_calls",
    "refuses_tools",
    "one_call_at_a_time",
    "refuses_parallel_calls",
    "breaks_on_no_parameters",
    "broken_arguments",
    "repeated_ids",
    "drops_beginning",
    "no_model_list",
    "unknown_model",
    "refuses_key",
    "sign_in_page",
]
DEFECTS: Mapping[Defect, str] = MappingProxyType(
    {
        "whole_answer": "streams, but the whole answer in one piece",
        "held_back": "a proxy holds the stream back until it is complete",
        "plain_json": "answers with plain JSON although a stream was asked for",
        "refuses_stream": "refuses to stream",
        "refuses_stream_options": "refuses `stream_options`",
        "no_usage": "never reports tokens",
        "no_end": "ends a stream without a finish reason or a last event",
        "drops_connection": "closes the connection in the middle of every answer",
        "stalls": "falls silent in the middle of every answer",
        "slow_first_byte": "waits before every answer",
        "slow_tokens": "waits between any two pieces of an answer",
        "think_tags": "mixes reasoning into the answer, within <think>",
        "empty_answer": "answers with nothing at all",
        "ignores_tool_choice": "calls functions although calls are forbidden",
        "never_calls": "never calls a function, whatever it is offered",
        "refuses_tools": "refuses requests that offer functions",
        "one_call_at_a_time": "never makes two calls in one answer",
        "refuses_parallel_calls": "refuses `parallel_tool_calls` and two calls in one message",
        "breaks_on_no_parameters": "refuses functions without parameters",
        "broken_arguments": "calls functions with arguments that are not JSON",
        "repeated_ids": "gives every call the same id",
        "drops_beginning": "drops the beginning of an input that does not fit, in silence",
        "no_model_list": "has no list of models",
        "unknown_model": "does not know the model it is asked for",
        "refuses_key": "refuses every key",
        "sign_in_page": "answers with a web page",
    }
)
assert set(DEFECTS) == set(get_args(Defect))

_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>"
_THOUGHT = "This is scripted, not reasoned."


@dataclass(frozen=True, slots=True)
class Defects:
    """The defects of one server. `slowness`: the seconds of the slow ones."""

    names: frozenset[Defect]
    slowness: float

    @staticmethod
    def of(names: Collection[Defect], slowness: float) -> Defects:
        """The defects of these names. Raises ValueError when there is no such defect."""
        unknown = [name for name in names if name not in DEFECTS]
        if unknown:
            raise ValueError(f"there is no defect {unknown[0]!r}; there are {', '.join(DEFECTS)}")
        return Defects(frozenset(names), slowness)

    def check(self, request: Request) -> None:
        """Raise Rejected for a request that is refused before it is read."""
        if "refuses_key" in self.names:
            raise Rejected(Fault(401))
        if "no_model_list" in self.names and "/models" in request.path:
            raise Rejected(Fault(404))

    def understood(self, question: Question) -> Question:
        """The question as the server takes it. Raises Rejected."""
        self._check_question(question)
        talk = question.conversation
        if "ignores_tool_choice" in self.names and talk.calls == "forbidden":
            talk = replace(talk, calls="allowed")
        if "never_calls" in self.names:
            talk = replace(talk, calls="forbidden", required_function=None)
        if "one_call_at_a_time" in self.names:
            talk = replace(talk, parallel_calls=False)
        streamed = question.streamed and "plain_json" not in self.names
        return replace(question, conversation=talk, streamed=streamed)

    def _check_question(self, question: Question) -> None:
        functions = question.conversation.functions
        if "unknown_model" in self.names:
            message = f"The model `{question.model}` does not exist"
            raise Rejected(Fault(404, message, param="model", code="model_not_found"))
        if "refuses_stream" in self.names and question.streamed:
            raise Rejected(Fault(400, "Streaming is not supported.", param="stream"))
        if "refuses_tools" in self.names and functions:
            raise Rejected(Fault(400, f"{question.model} does not support tools", param="tools"))
        if "refuses_stream_options" in self.names and "stream_options" in question.request:
            message = "Unknown parameter: 'stream_options'."
            raise Rejected(Fault(400, message, param="stream_options", code="unknown_parameter"))
        bare = [function.name for function in functions if not function.parameters.get("properties")]
        if "breaks_on_no_parameters" in self.names and bare:
            raise Rejected(Fault(400, f"Invalid schema for function '{bare[0]}': it has no properties.", param="tools"))
        if "refuses_parallel_calls" in self.names:
            if question.request.get("parallel_tool_calls"):
                message = "Unknown parameter: 'parallel_tool_calls'."
                raise Rejected(Fault(400, message, param="parallel_tool_calls", code="unknown_parameter"))
            if any(len(said.calls) > 1 for said in question.conversation.messages):
                raise Rejected(Fault(400, "This model only supports single tool-calls at once!"))

    def spoilt(self, reply: Reply) -> Reply:
        """The reply with what is wrong about it, as far as that needs no counting of its events."""
        if "sign_in_page" in self.names:
            return Reply(raw=_PAGE, content_type="text/html")
        if reply.content is not None:
            reply = replace(reply, content=self._blocks(reply.blocks))
        if "no_usage" in self.names:
            reply = replace(reply, usage=Usage())
        if "slow_first_byte" in self.names:
            reply = replace(reply, first_byte_delay=self.slowness)
        if "slow_tokens" in self.names:
            reply = replace(reply, pace=self.slowness)
        return replace(
            reply,
            in_one_piece=reply.in_one_piece or "whole_answer" in self.names,
            held_back=reply.held_back or "held_back" in self.names,
            without_end=reply.without_end or "no_end" in self.names,
        )

    def broken(self, reply: Reply, answer: Answer) -> Reply:
        """The reply broken off in its middle, where a defect says so; a plain answer in the middle of its bytes."""
        middle = max(1, len(answer.frames) // 2)
        if answer.status >= 400:
            return reply
        if "stalls" in self.names:
            return replace(reply, stall_after=middle if answer.streamed else 0)
        if "drops_connection" in self.names:
            if answer.streamed:
                return replace(reply, cut_after_event=middle)
            return replace(reply, cut_after_bytes=sum(len(frame.data) for frame in answer.frames) // 2)
        return reply

    def _blocks(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        if "empty_answer" in self.names:
            return ()
        if "broken_arguments" in self.names:
            blocks = [_with_broken_arguments(block) if isinstance(block, Call) else block for block in blocks]
        if "repeated_ids" in self.names:
            blocks = [replace(block, id="call_1") if isinstance(block, Call) else block for block in blocks]
        return _with_tags(blocks) if "think_tags" in self.names else tuple(blocks)


def _with_broken_arguments(call: Call) -> Call:
    return replace(call, arguments=call.arguments_text.rstrip("}") or "{")


def _with_tags(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with their reasoning, or some when there is none, written in front of the words."""
    thoughts = [block.text for block in blocks if isinstance(block, Thinking)] or [_THOUGHT]
    text = "".join(block.text for block in blocks if isinstance(block, Text))
    others = [block for block in blocks if not isinstance(block, Text | Thinking)]
    return (Text(f"<think>\n{' '.join(thoughts)}\n</think>\n\n{text}"), *others)
