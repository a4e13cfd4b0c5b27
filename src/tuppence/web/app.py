"""The application: routes behind the guard, over the parts of the process."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from tuppence.web import (
    accounts,
    background,
    background_settings,
    categories,
    chats,
    confirmations,
    edits,
    egress,
    evidence,
    hand_entries,
    imports,
    members,
    merchants,
    overview,
    privacy,
    problems,
    providers,
    review,
    rules,
    settings,
    sign_in,
    tags,
    transaction_panel,
    transactions,
    usage,
    usage_limits,
    usage_prices,
    you,
)
from tuppence.web.api import accounts as api_accounts
from tuppence.web.api import background as api_background
from tuppence.web.api import categories as api_categories
from tuppence.web.api import chats as api_chats
from tuppence.web.api import edits as api_edits
from tuppence.web.api import egress as api_egress
from tuppence.web.api import household as api_household
from tuppence.web.api import imports as api_imports
from tuppence.web.api import keys as api_keys
from tuppence.web.api import merchants as api_merchants
from tuppence.web.api import models as api_models
from tuppence.web.api import privacy as api_privacy
from tuppence.web.api import providers as api_providers
from tuppence.web.api import reports as api_reports
from tuppence.web.api import review as api_review
from tuppence.web.api import rules as api_rules
from tuppence.web.api import runs as api_runs
from tuppence.web.api import tags as api_tags
from tuppence.web.api import transactions as api_transactions
from tuppence.web.api import turns as api_turns
from tuppence.web.api import usage as api_usage
from tuppence.web.api import usage_limits as api_usage_limits
from tuppence.web.api import usage_prices as api_usage_prices
from tuppence.web.api_document import DocumentedApp
from tuppence.web.door import visitor_at
from tuppence.web.guard import Guard
from tuppence.web.pages import STATIC
from tuppence.web.parts import Parts

PAGES = (
    sign_in,
    chats,
    evidence,
    api_chats,
    api_turns,
    api_models,
    settings,
    you,
    providers,
    members,
    usage,
    usage_limits,
    usage_prices,
    egress,
    api_egress,
    privacy,
    api_privacy,
    api_household,
    api_keys,
    api_providers,
    api_usage,
    api_usage_limits,
    api_usage_prices,
    edits,
    transactions,
    transaction_panel,
    hand_entries,
    api_edits,
    api_transactions,
    overview,
    accounts,
    imports,
    api_imports,
    api_accounts,
    api_reports,
    categories,
    merchants,
    tags,
    background,
    background_settings,
    rules,
    api_background,
    api_rules,
    api_runs,
    api_categories,
    api_merchants,
    api_tags,
    review,
    confirmations,
    api_review,
)
"""One module a noun, each with a `router`."""


def create_app(parts: Parts, hosts: frozenset[str] = frozenset()) -> FastAPI:
    """The web app over `parts`, which whoever opened them closes when it has served.

    hosts: the names by which it may be addressed, beside any address in figures; empty: any.
    """
    app = DocumentedApp(
        title="Tuppence",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    app.state.parts = parts
    for module in PAGES:
        app.include_router(module.router, dependencies=[Depends(review.counted)])
    app.add_api_route("/health", health, include_in_schema=False)
    app.mount("/static/{version}", KeptFiles(directory=STATIC))
    problems.install(app)
    app.add_middleware(Guard, find_visitor=visitor_at, hosts=hosts)
    return app


async def health() -> Response:
    """Says that the process serves."""
    return PlainTextResponse("ok")


class KeptFiles(StaticFiles):
    """Static files whose address changes with their content: browsers keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
