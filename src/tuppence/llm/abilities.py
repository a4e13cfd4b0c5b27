"""What a model at a provider can do, as far as that was found out, and how it is asked and read accordingly. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tuppence.llm.concept import (
    Block,
    ChatFunctionRequest,
    ChatRequest,
    ChatResponse,
    ChatStreamChunk,
    FunctionDefinition,
    OutputTextChunk,
    ReasoningBlock,
    ReasoningChunk,
    ResponseChunk,
    TextBlock,
    TokenUsage,
)
from tuppence.llm.context import Fitted, estimated_tokens, fitted, message_tokens
from tuppence.llm.provider import Provider
from tuppence.llm.stream import ChatStream
from tuppence.llm.think_tags import Piece, ThinkTags, thinking_in

_PLACEHOLDER = "nothing"
"""The parameter given to functions that have none, for servers that cannot do without."""
_LONGEST_ANSWER = 4096
"""Tokens that are kept free for an answer where the context window is limited; less in a small one."""


class Abilities(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a model at a provider. None: not known, and the request is made as usual."""

    streams: bool | None = None
    """False: a stream that was asked for cannot be read, a plain answer can."""
    calls_functions: bool | None = None
    """False: it never requests a function, refuses their definitions, or its requests cannot be read."""
    calls_without_arguments: bool | None = None
    """False: functions without parameters are refused, or requests for them cannot be read."""
    parallel_calls: bool | None = None
    """False: only one function at a time is requested, or can be."""
    takes_parallel_switch: bool | None = None
    """False: it refuses requests that say whether several functions may be requested at once."""
    forbids_calls: bool | None = None
    """False: it requests functions although that was forbidden."""
    reports_usage: bool | None = None
    """False: it does not report its tokens, streamed or not."""
    takes_usage_question: bool | None = None
    """False: it refuses a stream that is asked to report its tokens, so it is not asked."""
    thinks_in_text: bool | None = None
    """True: its reasoning is in the text of its answer, between tags."""
    opens_thinking: bool | None = None
    """False: the tag before that reasoning is missing: every answer begins inside of it."""
    context_window: int | None = None
    """Tokens that it really takes, its answer included; None also when no limit was met."""

    def updated(self, later: Abilities) -> Abilities:
        """These abilities with what `later` knows put over them."""
        known = {name: value for name, value in msgspec.structs.asdict(later).items() if value is not None}
        return msgspec.structs.replace(self, **known)

    def objection(self, model: str) -> str | None:
        """Why `model` cannot be asked about a ledger, to be said before it is; None: nothing is known against it."""
        if self.calls_functions is not False:
            return None
        return (
            f"{model} does not call functions, so it cannot look anything up. Choose another model, or change the "
            "server's settings and run `tuppence doctor` again."
        )

    # ------------------------------------------------------------------------------------------------------ asking

    def applied_to(self, request: ChatRequest) -> Fitted:
        """`request` as it can be taken, and how many of its oldest turns had to be left out for that.

        Raises ContextTooLong when not even the newest question fits.
        """
        functions = self._functions(request)
        changes: dict[str, Any] = {"functions": functions}
        if functions and self.parallel_calls is False and self.takes_parallel_switch is not False:
            changes["parallel_calls"] = False
        if self.takes_usage_question is False:
            changes["usage_asked"] = False
        if self.context_window is None:
            return Fitted(msgspec.structs.replace(request, **changes), 0)
        longest = min(request.max_output_tokens or _LONGEST_ANSWER, _LONGEST_ANSWER, self.context_window // 4)
        adapted = msgspec.structs.replace(request, **changes, max_output_tokens=longest)
        return fitted(adapted, self.context_window, longest)

    def stream_from(self, provider: Provider, request: ChatRequest) -> ChatStream:
        """The answer to `request` (as `applied_to` made it): streamed, or asked plainly where streams cannot be read.

        To be read through a `reader()`, which makes chunks of a plain answer as well.
        """
        if self.streams is False:
            return provider.plain_chat_response(request)
        return provider.stream_chat_response(request)

    def reader(self) -> AnswerReader:
        """Reads one answer."""
        return AnswerReader(self)

    def _functions(self, request: ChatRequest) -> Sequence[FunctionDefinition]:
        if self.calls_functions is False or (self.forbids_calls is False and request.tool_choice == "none"):
            return ()
        if self.calls_without_arguments is False:
            return [_with_parameter(function) for function in request.functions]
        return request.functions


class AnswerReader:
    """Turns what a model says into what it means; one object per answer.

    Its chunks keep the promise of a stream: the joined `output_text` chunks are the response's text, and the response
    is last. An answer that was asked plainly gives its words in one piece.
    """

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._opened = abilities.opens_thinking is False
        self._tags = ThinkTags(opened=self._opened) if abilities.thinks_in_text else None
        self._text = self._reasoning = 0  # characters told so far

    def chunks_of(self, chunk: ChatStreamChunk) -> list[ChatStreamChunk]:
        """What a chunk of the stream means: itself, nothing yet, or several chunks."""
        if isinstance(chunk, ResponseChunk):
            return self._last_chunks(self.response_of(chunk.data))
        if isinstance(chunk, OutputTextChunk) and self._tags is not None:
            return [self._told(_chunk(piece)) for piece in self._tags.feed(chunk.data)]
        return [self._told(chunk)]

    def response_of(self, response: ChatResponse) -> ChatResponse:
        """What a response, whole or partial, means."""
        content = response.content
        if self._tags is not None:
            content = _without_thinking(response, self._opened)
        if self._abilities.parallel_calls is False:
            content = _with_one_call(content)
        if self._abilities.calls_without_arguments is False:
            content = tuple(map(_without_placeholder, content))
        return response if content is response.content else msgspec.structs.replace(response, content=content)

    def _told(self, chunk: ChatStreamChunk) -> ChatStreamChunk:
        if isinstance(chunk, OutputTextChunk):
            self._text += len(chunk.data)
        elif isinstance(chunk, ReasoningChunk):
            self._reasoning += len(chunk.data)
        return chunk

    def _last_chunks(self, response: ChatResponse) -> list[ChatStreamChunk]:
        """The response, after whatever of it was not told yet."""
        reasoning, text = response.reasoning_text[self._reasoning :], response.output_text[self._text :]
        untold: list[Piece] = [("reasoning", reasoning), ("text", text)]
        return [*(self._told(_chunk(piece)) for piece in untold if piece[1]), ResponseChunk(response)]


def estimated_usage(request: ChatRequest, response: ChatResponse | None) -> TokenUsage:
    """About how many tokens a request and its answer (or what there was of it) took, for providers that do not say."""
    definitions = msgspec.json.encode(list(request.functions)).decode() if request.functions else ""
    asked = sum(map(message_tokens, request.transcript)) + estimated_tokens((request.instructions or "") + definitions)
    if response is None:
        return TokenUsage(input_tokens=asked)
    calls = [one.function_name + str(one.function_args) for one in response.function_requests]
    said = response.reasoning_text + response.output_text + "".join(calls)
    return TokenUsage(input_tokens=asked, output_tokens=estimated_tokens(said))


def _chunk(piece: Piece) -> ChatStreamChunk:
    kind, text = piece
    return ReasoningChunk(text) if kind == "reasoning" else OutputTextChunk(text)


def _without_thinking(response: ChatResponse, opened: bool) -> tuple[Block, ...]:
    """The content with the reasoning in its texts as blocks of reasoning."""
    content = response.content
    if opened and response.stop_reason is not None and thinking_in(response.output_text) is None:
        return content  # this time it did not think
    tags = ThinkTags(opened=opened)
    last = max((at for at, block in enumerate(content) if isinstance(block, TextBlock)), default=-1)
    found: list[Block] = []
    for at, block in enumerate(content):
        if not isinstance(block, TextBlock):
            found.append(block)
            continue
        pieces = tags.feed(block.text) + (tags.flush() if at == last else [])
        found.extend(_block(piece, block) for piece in pieces)
    return tuple(found)


def _block(piece: Piece, origin: TextBlock) -> Block:
    kind, text = piece
    if kind == "reasoning":
        return ReasoningBlock(text, origin.origin)
    return origin if text == origin.text else TextBlock(text, origin.origin, origin.message_id)


def _with_one_call(content: tuple[Block, ...]) -> tuple[Block, ...]:
    """The content with the first of its function requests; the others are made again when they are still wanted."""
    calls = [block for block in content if isinstance(block, ChatFunctionRequest)]
    return tuple(block for block in content if not isinstance(block, ChatFunctionRequest) or block is calls[0])


def _with_parameter(function: FunctionDefinition) -> FunctionDefinition:
    """The function; one without parameters gets one that nobody has to fill in."""
    if function.parameters.get("properties"):
        return function
    unused = {"type": "string", "description": "Not used. Leave it empty."}
    return msgspec.structs.replace(
        function, parameters={**function.parameters, "type": "object", "properties": {_PLACEHOLDER: unused}}
    )


def _without_placeholder(block: Block) -> Block:
    if not isinstance(block, ChatFunctionRequest) or _PLACEHOLDER not in block.function_args:
        return block
    args = {name: value for name, value in block.function_args.items() if name != _PLACEHOLDER}
    return msgspec.structs.replace(block, function_args=args)
