"""Who may ask, and for which models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tuppence.understudy.connection import Request
from tuppence.understudy.openai.faults import refuse
from tuppence.understudy.reply import Reply, compact_json
from tuppence.understudy.wire import House

_MODELS_TEXT = """
    gpt-6.2-sol gpt-6.2-astra gpt-6.1-sol gpt-6.1-terra gpt-6-sol gpt-6-luna gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna
    gpt-5.5 gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.2 gpt-5.1 gpt-5 gpt-5-mini gpt-5-nano
    gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-4o gpt-4o-mini o3 o3-mini o4-mini understudy
"""
MODELS = tuple(_MODELS_TEXT.split())
_REASONING = re.compile(
    r"(?:.*/)?(?:o\d\b|gpt-[5-9]|gpt-oss|codex|qwen3|deepseek-(?:r\d|reasoner)|magistral|gemini-[2-9]|.*thinking)"
    r"(?!.*chat-latest)"
)


def reasons(model: str) -> bool:
    """Whether `model` is one that reasons, by its name."""
    return _REASONING.match(model) is not None


class Access:
    """The door of an OpenAI wire."""

    def __init__(
        self, house: House, models: Sequence[str] = MODELS, *, needs_key: bool = True, window_field: str | None = None
    ) -> None:
        """needs_key: refuse requests without any key. window_field: where the list of models says how much fits."""
        self._house = house
        self._models = house.models or tuple(models)
        self._needs_key = needs_key
        self._window_field = window_field

    @property
    def models(self) -> Sequence[str]:
        """The models there are."""
        return self._models

    def check_key(self, request: Request) -> None:
        """Raise Rejected without the right key; any key is right when the house has none of its own."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        key = bearer or request.headers.get("api-key", "")
        if not key and (self._needs_key or self._house.api_key is not None):
            refuse("You didn't provide an API key.", status=401)
        if self._house.api_key is not None and key != self._house.api_key:
            refuse("Incorrect API key provided: ***.", code="invalid_api_key", status=401)

    def check_model(self, model: object) -> None:
        """Raise Rejected when there is no such model."""
        if model not in self._models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            refuse(message, "model", "model_not_found", 404)

    def models_reply(self, request: Request) -> Reply | None:
        """The reply to a request for the models or for one of them; None when the request is not for models."""
        _, found, name = request.path.partition("/models")
        if not found:
            return None
        if request.method != "GET":
            refuse("Not allowed to do that with models.", status=405)
        if name.strip("/"):
            self.check_model(name.strip("/"))
            return _json_reply(self._model(name.strip("/")))
        return _json_reply({"object": "list", "data": [self._model(model) for model in self._models]})

    def _model(self, name: str) -> dict[str, Any]:
        window = {self._window_field: self._house.context_window} if self._window_field else {}
        return {"id": name, "object": "model", "created": 0, "owned_by": "understudy", **window}


def _json_reply(body: Mapping[str, Any]) -> Reply:
    return Reply(raw=compact_json(body).encode())
