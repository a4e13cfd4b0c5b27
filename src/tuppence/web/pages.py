"""Renders templates. Whatever a person or a bank wrote is escaped by the template engine, always."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tuppence.web.formats import Formats

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = ("light", "dark")


@cache
def static(path: str) -> str:
    """The address of a file in `static`. It changes with the files, so that browsers may keep them for good."""
    return f"/static/{_version()}/{path}"


@cache
def _version() -> str:
    """Names the content of all static files: scripts import one another relatively, so they change together."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["static"] = static
    return found


_templates = _environment()


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """`template` with `values`, and with what every page knows.

    That is: `visitor` (None before signing in), `csrf`, `path`, `to_review` (so many suggestions), `theme`,
    `formats`, and the filters of `Formats` (`money`, `day`, `number` ...) in the household's language.
    """
    visitor = getattr(request.state, "visitor", None)
    formats = visitor.formats if visitor is not None else Formats("en", None)
    theme = request.cookies.get("theme")
    known = {
        "visitor": visitor,
        "csrf": visitor.csrf if visitor is not None else None,
        "path": request.scope["path"],
        "to_review": getattr(request.state, "to_review", 0),
        "theme": theme if theme in THEMES else None,
    }
    return HTMLResponse(rendered(template, formats, **known, **values), status)


def rendered(template: str, formats: Formats, **values: Any) -> str:
    """The same as text."""
    environment = _environment_for(formats)
    return environment.get_template(template).render(formats=formats, **values)


@cache
def _environment_for(formats: Formats) -> Environment:
    """The templates with filters in one household's language; compiled templates are shared."""
    overlay = _templates.overlay()
    overlay.filters = {**_templates.filters, **{name: getattr(formats, name) for name in _FILTERS}}
    return overlay


_FILTERS = ("money", "number", "compact", "day", "short_day", "month", "moment", "ago", "dollars")
