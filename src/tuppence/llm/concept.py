"""What speaking to a model means here: what is asked, what comes back in pieces, what it all adds up to.

Everything in this module is a value. Values are frozen, carry no behaviour beyond what follows from them, and are the
same for every provider. Blocks and messages can be written with `msgspec.json.encode` and read back unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

ToolChoice: TypeAlias = Literal["auto", "none", "required"]
"""Whether the model may, must not, or must request a function."""

StopReason: TypeAlias = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "function_request",
    "refusal",
    "pause",
    "context_window",
    "content_filter",
    "other",
]
"""Why a model stopped, in one vocabulary for all. `pause`: it wants to be called again with the same transcript."""


# ------------------------------------------------------------------------------------------------------- tokens


class TokenUsage(msgspec.Struct, frozen=True):
    """Tokens of one request. None means that the provider did not report the number; it never stands for zero."""

    input_tokens: int | None = None
    """All input, whether it came from a cache or not."""
    output_tokens: int | None = None
    """All output, reasoning included."""
    cache_read_tokens: int | None = None
    """The part of the input that was read from the provider's cache."""
    cache_write_tokens: int | None = None
    """The part of the input that was written to the provider's cache."""
    reasoning_tokens: int | None = None
    """The part of the output that was reasoning."""


# ------------------------------------------------------------------------------------------------- content blocks


class Origin(msgspec.Struct, frozen=True):
    """Who made a block. What only its maker understands (signatures, opaque blocks) is sent back to nobody else."""

    provider: str
    """The provider's registered name, such as "anthropic"."""
    model: str
    """The model as it was asked for, which may be an alias of the one that answered."""


class TextBlock(msgspec.Struct, frozen=True, tag="text"):
    """Words for the reader. A refusal's words are such words too."""

    text: str
    origin: Origin | None = None
    message_id: str | None = None
    """The provider's id of the message that this text belongs to; None where a response is one message."""
    raw: dict[str, Any] | None = None
    """The provider's own form of the block, if it holds more than the text (citations); sent back to its origin."""


class ReasoningBlock(msgspec.Struct, frozen=True, tag="reasoning"):
    """What the model thought before it answered, as far as the provider shows it; `text` may be empty."""

    text: str
    origin: Origin | None = None
    raw: dict[str, Any] | None = None
    """The provider's own form, signature or encrypted content included; returned unchanged to its origin. None when the
    block was cut off before it was signed."""


class ChatFunctionRequest(msgspec.Struct, frozen=True, tag="function_request"):
    """The model asks for one of our functions to be run."""

    id: str
    """The provider's id of this item; the same as `call_id` where the provider has only one."""
    call_id: str
    """The id under which the result is given back."""
    function_name: str
    function_args: dict[str, Any]
    """The arguments by name; `{}` when there are none and when they are malformed."""
    malformed: bool = False
    """Whether the arguments are no JSON object. They must not be run; `raw_arguments` holds them."""
    raw_arguments: str | None = None
    """The arguments as the model wrote them, only when malformed."""
    origin: Origin | None = None
    raw: dict[str, Any] | None = None
    """The provider's own form, if it holds more than the fields above."""


class ProviderBlock(msgspec.Struct, frozen=True, tag="provider"):
    """A block that only its origin understands (its own tools and results): carried along and sent back unchanged."""

    kind: str
    """The provider's word for it, such as "server_tool_use"."""
    raw: dict[str, Any]
    origin: Origin | None = None


Block: TypeAlias = TextBlock | ReasoningBlock | ChatFunctionRequest | ProviderBlock


# ----------------------------------------------------------------------------------------------------- responses


class ChatMessage(msgspec.Struct, frozen=True):
    """One message of a response, as a reader sees it."""

    id: str
    output_text: str


class ChatResponse(msgspec.Struct, frozen=True):
    """The finished answer of one round; or, as `partial` of an error or a stopped stream, what there was of it."""

    id: str
    """The provider's id of the response; empty when none was sent."""
    model: str
    """The model that answered, as the provider names it."""
    content: tuple[Block, ...]
    stop_reason: StopReason | None
    """None when the answer did not come to its end."""
    provider_stop_reason: str | None
    """The provider's own word for it; None when it gave none."""
    usage: TokenUsage

    @property
    def output_text(self) -> str:
        """All words for the reader, joined with nothing between; equal to the joined `output_text` chunks."""
        return "".join(block.text for block in self.content if isinstance(block, TextBlock))

    @property
    def reasoning_text(self) -> str:
        """All visible reasoning, joined; equal to the joined `reasoning` chunks."""
        return "".join(block.text for block in self.content if isinstance(block, ReasoningBlock))

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """The texts by the message they belong to, in order; empty when there are no words."""
        texts: dict[str, list[str]] = {}
        for block in self.content:
            if isinstance(block, TextBlock):
                texts.setdefault(block.message_id or self.id, []).append(block.text)
        return tuple(ChatMessage(message_id, "".join(parts)) for message_id, parts in texts.items())

    @property
    def function_requests(self) -> tuple[ChatFunctionRequest, ...]:
        return tuple(block for block in self.content if isinstance(block, ChatFunctionRequest))


# -------------------------------------------------------------------------------------------------------- chunks


class OutputTextChunk(msgspec.Struct, frozen=True, gc=False):
    """A piece of the visible answer, exactly as the provider sent it; never empty."""

    data: str
    type: ClassVar[Literal["output_text"]] = "output_text"
    usage: ClassVar[None] = None


class ReasoningChunk(msgspec.Struct, frozen=True, gc=False):
    """A piece of the visible reasoning; never empty."""

    data: str
    type: ClassVar[Literal["reasoning"]] = "reasoning"
    usage: ClassVar[None] = None


class ResponseChunk(msgspec.Struct, frozen=True):
    """The whole answer, once and last."""

    data: ChatResponse
    type: ClassVar[Literal["response"]] = "response"

    @property
    def usage(self) -> TokenUsage:
        return self.data.usage


ChatStreamChunk: TypeAlias = OutputTextChunk | ReasoningChunk | ResponseChunk


# ------------------------------------------------------------------------------------------- what a model is asked


class FunctionDefinition(msgspec.Struct, frozen=True):
    """A function that the model may request."""

    name: str
    """Letters, digits, underscores and dashes, 64 at most: what every provider accepts."""
    description: str
    """When to use it and what it answers: the model reads this."""
    parameters: Mapping[str, Any]
    """A JSON Schema object."""


class UserMessage(msgspec.Struct, frozen=True, tag="user"):
    text: str


class AssistantMessage(msgspec.Struct, frozen=True, tag="assistant"):
    """What a model answered in one round, to be sent back as part of the transcript."""

    content: tuple[Block, ...]
    paused: bool = False
    """Whether the model wants to go on by itself when it gets the same transcript back."""

    @classmethod
    def of(cls, response: ChatResponse) -> AssistantMessage:
        """The answer of a finished (or cut off) round, unchanged."""
        return cls(response.content, paused=response.stop_reason == "pause")


class FunctionResult(msgspec.Struct, frozen=True, tag="function_result"):
    """What a requested function gave."""

    call_id: str
    output: str
    """Usually JSON."""
    is_error: bool = False


Message: TypeAlias = UserMessage | AssistantMessage | FunctionResult


class ChatRequest(msgspec.Struct, frozen=True):
    """One request to a model, the same for every provider."""

    model: str
    transcript: Sequence[Message]
    instructions: str | None = None
    """The system prompt. Keep it byte-stable over a chat, and put what changes (the date) into the transcript, so that
    providers can serve it from their cache."""
    functions: Sequence[FunctionDefinition] = ()
    tool_choice: ToolChoice = "auto"
    max_output_tokens: int | None = None
    """None: as many as the provider allows, or a generous number where it demands one."""
    session_id: str | None = None
    """Which chat this belongs to, for providers that route or group by it."""
    user_identifier: str | None = None
    """An opaque stand-in for the person, for providers that watch for abuse; never a name or an address."""
    parallel_calls: bool | None = None
    """Whether several functions may be requested in one answer. None: nothing is said, and the provider decides."""
    usage_asked: bool = True
    """Whether a stream is asked to report its tokens, where it has to be. False for servers that refuse to be asked."""
