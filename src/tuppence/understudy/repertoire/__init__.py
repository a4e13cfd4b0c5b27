"""The repertoire: questions about money answered by really calling the functions on offer. Knows no wire.

What to do next is derived from the conversation alone: the calls that the plan wants and that were not made yet, or the
answer when none is left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from tuppence.understudy.conversation import Conversation, Function, Question
from tuppence.understudy.repertoire import answers
from tuppence.understudy.repertoire.arguments import Wish, arguments_for
from tuppence.understudy.repertoire.asks import Ask, Topic, asked, question_in
from tuppence.understudy.repertoire.instructions import (
    Calling,
    Instruction,
    Saying,
    arguments_in,
    instruction_in,
)
from tuppence.understudy.repertoire.plans import Done, stages_for
from tuppence.understudy.reply import Block, Call, Reply, Text, Thinking

__all__ = ["performed"]


def performed(question: Question, today: date | None = None) -> Reply:
    """The understudy's own answer to `question`. `today` counts when the conversation does not state the day."""
    conversation = question.conversation
    day = today or date.today()
    texts = _questions(conversation)
    instruction = _instruction(texts[-1], conversation, day)
    if instruction is not None:
        topic: str = "an instruction"
        blocks = list(_carried_out(instruction, conversation, day))
    else:
        ask = asked(texts, conversation.instructions, day)
        topic = ask.topic
        blocks = list(_blocks(ask, conversation))
    if question.thinking != "no" and conversation.calls != "required":
        words = f"Scripted, not reasoned: the words of the question match “{topic}”."
        blocks.insert(0, Thinking(words, hidden=question.thinking == "omitted"))
    return Reply(blocks)


def _instruction(text: str, conversation: Conversation, today: date) -> Instruction | None:
    """The instruction in the person's last message, unless a question about money is left besides."""
    found = instruction_in(question_in(text), conversation)
    if isinstance(found, Saying):
        words = question_in(text)
        rest = words[: found.span[0]] + " " + words[found.span[1] :]
        if asked((rest,), "", today).topic not in (Topic.OUTSIDE, Topic.MYSELF):
            return None
    return found


def _carried_out(instruction: Instruction, conversation: Conversation, today: date) -> Iterator[Block]:
    match instruction:
        case Saying(words):
            yield Text(words)
        case Calling(functions, text):
            done = _done(conversation)
            calls = [_told_call(function, text, today) for function in functions]
            left = [call for call in calls if all(one.function != call.name for one in done)]
            if conversation.calls == "forbidden" or not functions:
                yield Text(answers.uncalled([function.name for function in functions]))
            elif left:
                yield from left if conversation.parallel_calls else left[:1]
            else:
                yield Text(answers.called(done))


def _told_call(function: Function, text: str, today: date) -> Call:
    arguments = arguments_for(Wish(function.name), function.parameters, today) | arguments_in(text, function)
    return Call(function.name, arguments)


def _blocks(ask: Ask, conversation: Conversation) -> Iterator[Block]:
    done = _done(conversation)
    calls = _next_calls(ask, conversation, done)
    if calls:
        if not done:
            yield Text(f"Let me look that up ({ask.topic}).")
        yield from calls
    elif conversation.calls == "required" and (forced := _forced(ask, conversation)) is not None:
        yield forced
    else:
        yield Text(_words(ask, conversation, done))


def _words(ask: Ask, conversation: Conversation, done: Sequence[Done]) -> str:
    """The answer when there is nothing left to call."""
    if ask.topic is Topic.MYSELF:
        return answers.introduction()
    if ask.topic is Topic.OUTSIDE:
        return answers.outside()
    needed = [wish.function for wish in stages_for(ask)[-1](ask, done)]
    useful = [one for one in done if one.function in needed]
    if not useful:
        return answers.unanswerable(list(dict.fromkeys(needed)))
    if all(one.error is not None for one in useful):
        return answers.failed(useful[-1])
    return answers.answer(ask, done)


def _next_calls(ask: Ask, conversation: Conversation, done: Sequence[Done]) -> list[Call]:
    """The calls of the first stage that has some left; those not on offer are passed over."""
    offered = {function.name: function for function in conversation.functions}
    if conversation.calls == "forbidden":
        return []
    if conversation.required_function is not None:
        offered = {name: function for name, function in offered.items() if name == conversation.required_function}
    for stage in stages_for(ask):
        wishes = [wish for wish in stage(ask, done) if wish.function in offered]
        calls = [_call(wish, offered[wish.function], ask) for wish in wishes]
        open_calls = [call for call in _distinct(calls) if not _is_done(call, done)]
        if open_calls:
            return open_calls if conversation.parallel_calls else open_calls[:1]
    return []


def _call(wish: Wish, function: Function, ask: Ask) -> Call:
    return Call(function.name, arguments_for(wish, function.parameters, ask.today))


def _forced(ask: Ask, conversation: Conversation) -> Call | None:
    """A call that has to be made although the plan wants none: the least that the schema allows."""
    names = (conversation.required_function, None)
    function = next((f for name in names for f in conversation.functions if name in (None, f.name)), None)
    return None if function is None else _call(Wish(function.name), function, ask)


def _distinct(calls: Sequence[Call]) -> list[Call]:
    return [call for at, call in enumerate(calls) if call not in calls[:at]]


def _is_done(call: Call, done: Sequence[Done]) -> bool:
    return any(one.function == call.name and one.arguments == call.arguments for one in done)


def _questions(conversation: Conversation) -> tuple[str, ...]:
    """The person's messages; one empty text when there are none."""
    return tuple(said.text for said in conversation.messages if said.speaker == "user" and said.text) or ("",)


def _done(conversation: Conversation) -> list[Done]:
    """The calls since the person's last message, with their results."""
    messages = conversation.messages
    last = max((at for at, said in enumerate(messages) if said.speaker == "user" and not said.results), default=-1)
    since = messages[last + 1 :]
    results = {result.call_id: result for said in since for result in said.results}
    return [
        _done_call(call.name, dict(call.arguments), results[call.id].output, results[call.id].is_error)
        for said in since
        for call in said.calls
        if call.id in results
    ]


def _done_call(name: str, arguments: dict[str, Any], output: str, is_error: bool) -> Done:
    try:
        result = json.loads(output)
    except ValueError:
        result = None
    fields = result if isinstance(result, dict) else {}
    error, hint = fields.get("error"), fields.get("hint")
    if isinstance(error, dict):
        hint = error.get("hint", hint)
        error = error.get("message")
    if error is None and (is_error or result is None):
        error = output or "nothing at all"
    return Done(name, arguments, result, str(error) if error else None, str(hint) if hint else None)
