"""What a trace says of an error: never its message, which may quote what is nobody's business."""

import tuppence.llm
from tuppence.llm import LLMError

_SENTENCES = {
    "CapReached": "It could have cost more than was allowed.",
    "LimitReached": "It could have taken more than was allowed.",
    "interrupted": "The answer broke off before its end.",
    "refused": "The function could not do what it was asked to.",
}


def sentence_on(error: str, status: int | None = None) -> str:
    """A fixed sentence on errors of the class named `error`. status: of HTTP; None: it had none."""
    known = getattr(tuppence.llm, error, None)
    if isinstance(known, type) and issubclass(known, LLMError) and known.__doc__:
        said = known.__doc__.partition("\n")[0]
    else:
        said = _SENTENCES.get(error, "It ended with an error.")
    return f"{error} (HTTP {status}): {said}" if status is not None else f"{error}: {said}"
