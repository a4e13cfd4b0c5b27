"""What servers on one's own machine tell about themselves outside the protocol. Sources: their API references."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tuppence.understudy.connection import Request
from tuppence.understudy.openai.access import reasons
from tuppence.understudy.openai.faults import refuse
from tuppence.understudy.openai_chat.dialects import Dialect
from tuppence.understudy.reply import Reply, compact_json


def local_reply(request: Request, dialect: Dialect, models: Sequence[str], window: int) -> Reply | None:
    """The reply to a request for the server's own description; None when the dialect knows no such path."""
    body: Mapping[str, Any] | None = None
    match dialect.name, request.method, request.path:
        case "ollama", "GET", "/api/version":
            body = {"version": "0.0.0-understudy"}
        case "ollama", "GET", "/api/tags":
            body = {
                "models": [{"name": model, "model": model, "details": {"family": "understudy"}} for model in models]
            }
        case "ollama", "POST", "/api/show":
            body = _shown(request.body, models, window)
        case (("llama.cpp" | "lm-studio"), "GET", "/props"):
            body = {"default_generation_settings": {"n_ctx": window}, "total_slots": 1}
        case (("llama.cpp" | "vllm"), "GET", "/health"):
            body = {"status": "ok"}
    return None if body is None else Reply(raw=compact_json(body).encode())


def _shown(asked: bytes, models: Sequence[str], window: int) -> dict[str, Any]:
    try:
        wanted = json.loads(asked)
    except ValueError:
        wanted = None
    model = (wanted.get("model") or wanted.get("name")) if isinstance(wanted, dict) else None
    if model not in models:
        refuse(f"model '{model}' not found", status=404)
    abilities = ["completion", "tools", *(["thinking"] if reasons(str(model)) else [])]
    about = {"general.architecture": "understudy", "understudy.context_length": window}
    return {"details": {"family": "understudy"}, "model_info": about, "capabilities": abilities}
