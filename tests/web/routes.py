"""Every route of the app, as the walk and the other tests go through them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tuppence.web.visitor import owner_of

OPEN = {
    "GET /sign-in",
    "POST /sign-in",
    "GET /enter/{secret}",
    "POST /enter/{secret}",
    "GET /health",
}
"""What is there for somebody who has not signed in, beside the static files."""


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    """With parameters in braces."""
    query: tuple[str, ...]
    """The names of the parameters behind the question mark."""
    owner_only: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """The names of those in the path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_open(self) -> bool:
        """Whether anybody may go there."""
        return str(self) in OPEN

    @property
    def is_api(self) -> bool:
        """Whether it is for programs."""
        return self.path.startswith("/api/")

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    def at(self, ids: dict[str, Any]) -> str:
        """Its address with these in its path. Raises KeyError for a parameter that is not among them."""
        return self.path.format_map(ids)


def routes_of(app: FastAPI) -> list[Route]:
    """All but the static files."""
    found = []
    for context in iter_route_contexts(app.routes):
        path = re.sub(r":\w+}", "}", str(context.path))
        if path.startswith("/static/"):
            continue
        dependant = getattr(context, "dependant", None)
        query = tuple(one.alias for one in dependant.query_params) if dependant else ()
        owner_only = dependant is not None and any(one.call is owner_of for one in dependant.dependencies)
        methods = sorted((context.methods or set()) - {"HEAD"})
        found += [Route(method, path, query, owner_only) for method in methods]
    assert len(found) > 150
    return found
