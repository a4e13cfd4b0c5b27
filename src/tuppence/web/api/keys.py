"""Keys by which programs act in a person's name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints

from tuppence.access.api_keys import ApiKey, Scope, create_api_key, list_api_keys, revoke_api_key
from tuppence.web.problems import Problem, missing
from tuppence.web.visitor import Served, Visiting

router = APIRouter(prefix="/api/keys", tags=["keys"])


class Key(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    scope: Scope
    """"write" includes reading."""
    created_at: datetime
    used_at: datetime | None
    """To within some minutes; null: never."""


class Keys(BaseModel):
    """Your keys, the latest first."""

    keys: list[Key]


class NewKey(BaseModel):
    """What a key is to be."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scope: Scope = "read"


class MadeKey(Key):
    """A key that was just made."""

    token: str
    """Send it as `Authorization: Bearer TOKEN`. It is told only now."""


@router.get("")
async def list_keys(visitor: Visiting, parts: Served) -> Keys:
    """Your keys."""
    return Keys(keys=[_key(key) for key in await list_api_keys(parts.store, visitor.user)])


@router.post("", status_code=201)
async def make_key(new: NewKey, visitor: Visiting, parts: Served) -> MadeKey:
    """Make a key. Only for people: a key that could make others would outlive its own end."""
    if visitor.key_id is not None:
        raise Problem(403, "people_only", "A key cannot make keys. Make one in the settings of the web app.")
    try:
        made = await create_api_key(parts.store, visitor.user, new.name, new.scope)
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    return MadeKey(**_key(made.key).model_dump(), token=made.token)


@router.delete("/{key_id}", status_code=204)
async def revoke_key(key_id: str, visitor: Visiting, parts: Served) -> Response:
    """End one of your keys at once."""
    if not await revoke_api_key(parts.store, visitor.user, key_id):
        raise missing("key")
    return Response(status_code=204)


def _key(key: ApiKey) -> Key:
    return Key(id=key.id, name=key.name, scope=key.scope, created_at=key.created_at, used_at=key.used_at)
