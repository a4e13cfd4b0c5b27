"""What can go wrong between us and a model, cut by what the caller can do about it.

LLMError                       carries provider, model, status, request_id, partial and usage
├── RequestRejected            our request is wrong; repeating it cannot help (400, 404, 413, 422)
│   ├── AuthenticationFailed   401, 403
│   └── ContextTooLong
├── Unavailable                nothing was delivered; may be sent again after `retry_after` (429, 5xx, no connection)
│   └── RateLimited
└── StreamInterrupted          part of the answer was delivered; the caller decides
    ├── Stalled                no byte within the idle limit
    └── MalformedStream        bytes that are not the protocol

Messages are for people: what happened and what to do. They never hold a key, a request or a response body; the
provider's own words travel in `__cause__` only.
"""

from __future__ import annotations

from tuppence.llm.concept import ChatResponse, TokenUsage


class LLMError(Exception):
    """The model gave no usable answer."""

    def __init__(
        self,
        message: str | None = None,
        *,
        provider: str | None = None,
        model: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        partial: ChatResponse | None = None,
        usage: TokenUsage | None = None,
    ) -> None:
        super().__init__(message or (self.__doc__ or "").split("\n")[0])
        self.provider = provider
        """The registered name of the provider; None before one was chosen."""
        self.model = model
        """The model that was asked for."""
        self.status = status
        """The HTTP status, None when no answer came or the error came inside a stream."""
        self.request_id = request_id
        """The provider's id of the request, for its support; None when it sent none."""
        self.partial = partial
        """What had been delivered; None when nothing was. Function requests that were cut off are not in it."""
        self.usage = usage
        """The tokens reported so far; None when none were."""


class RequestRejected(LLMError):
    """The provider rejected the request; sending it again cannot help."""


class AuthenticationFailed(RequestRejected):
    """The provider did not accept the API key."""


class ContextTooLong(RequestRejected):
    """The conversation is longer than the model can take."""


class Unavailable(LLMError):
    """The provider cannot be reached or cannot answer now; nothing was delivered."""

    retry_after: float | None = None
    """Seconds after which the provider asks to be tried again; None when it did not say."""


class RateLimited(Unavailable):
    """The provider asks to slow down."""


class StreamInterrupted(LLMError):
    """The answer broke off before its end."""


class Stalled(StreamInterrupted):
    """The provider stopped sending in the middle of the answer."""


class MalformedStream(StreamInterrupted):
    """The provider sent something that is not its protocol."""
