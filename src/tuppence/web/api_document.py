"""What the API says of itself: `/api/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

DESCRIPTION = """The same nouns as the web app, for programs, in the name of whoever made the key.

Amounts are whole minor units beside their currency (`minor`) and the same as a decimal number in text (`amount`).
What cannot be done is answered with a status of 4xx or 5xx, a `code` for programs and a `message` for people.
"""


class FailedField(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Failure(BaseModel):
    """Why something was not done."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    code: str
    """For programs; stays what it is."""
    message: str
    """For people: what happened and what to do."""
    fields: list[FailedField] | None = None
    """With the code `invalid`: what is wrong with which field."""
    seconds: int | None = None
    """With the code `too_many_attempts`: after how many to try again."""


class DocumentedApp(FastAPI):
    """An app whose document tells how programs sign in, and what a failure looks like."""

    def __init__(self, **settings: Any) -> None:
        failures: dict[int | str, dict[str, Any]] = {
            "4XX": {"model": Failure, "description": "Not done: the request cannot be served as it is."},
            "5XX": {"model": Failure, "description": "Not done: Tuppence is busy, or made a mistake."},
        }
        super().__init__(responses=failures, description=DESCRIPTION, **settings)

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            scheme = {"type": "http", "scheme": "bearer", "description": "An API key, made under Settings, You."}
            document["components"]["securitySchemes"] = {"key": scheme}
            document["security"] = [{"key": []}]
            _describe_failures(document)
        assert self.openapi_schema is not None
        return self.openapi_schema


def _describe_failures(document: dict[str, Any]) -> None:
    """Say that failures are JSON, whatever else a route answers with."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    for operations in document["paths"].values():
        for operation in operations.values():
            for status in ("4XX", "5XX"):
                operation["responses"][status]["content"] = content
