"""The members of a household: who they are, what they may do, and who is invited."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from tuppence.access.links import JOIN_LIFETIME, NewLink, join_link, list_links, revoke_link
from tuppence.access.users import Role, list_members, remove_member, set_role
from tuppence.web.account_forms import Typed
from tuppence.web.pages import page
from tuppence.web.problems import missing, told
from tuppence.web.visitor import Owning, Visitor

router = APIRouter(include_in_schema=False, prefix="/settings/members")

MemberId = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("")
async def show_members(request: Request, visitor: Owning) -> Response:
    """Members and invitations."""
    return page(request, "members/members.html", **await _members(visitor), **await _invitations(request, visitor))


@router.post("/invitations")
async def invite(request: Request, visitor: Owning) -> Response:
    """Make a link by which one person joins; it is shown this once."""
    role = _role(Typed.of(await request.form()).text("role"))
    link = await join_link(visitor.ledger, role)
    return page(request, "members/invitations.html", status=201, **await _invitations(request, visitor, link))


@router.delete("/invitations/{link_id}")
async def take_back(request: Request, visitor: Owning, link_id: str) -> Response:
    """Take an invitation back."""
    if not await revoke_link(visitor.ledger, link_id):
        raise missing("invitation")
    response = page(request, "members/invitations.html", **await _invitations(request, visitor))
    return told(response, "Taken back: the link lets nobody in.", changed=False)


@router.post("/{user_id}/role")
async def change_role(request: Request, visitor: Owning, user_id: MemberId) -> Response:
    """Make a member an owner, or an owner a member."""
    role = _role(Typed.of(await request.form()).text("role"))
    user = await set_role(visitor.ledger, user_id, role)
    if user.id == visitor.user.id and not user.is_owner:
        return Response(headers={"HX-Redirect": "/settings/you"})
    response = page(request, "members/list.html", **await _members(visitor))
    return told(response, f"{user.name} is {'an owner' if user.is_owner else 'a member'} now.", changed=False)


@router.delete("/{user_id}")
async def remove(request: Request, visitor: Owning, user_id: MemberId) -> Response:
    """Remove a member: their sessions and keys end at once."""
    await remove_member(visitor.ledger, user_id)
    if user_id == visitor.user.id:
        return Response(headers={"HX-Redirect": "/sign-in"})
    response = page(request, "members/list.html", **await _members(visitor))
    return told(response, "Removed. They can enter no more.", changed=False)


def _role(text: str) -> Role:
    """What was chosen; the lesser one when that is unclear."""
    return "owner" if text == "owner" else "member"


async def _members(visitor: Visitor) -> dict[str, Any]:
    members = await list_members(visitor.ledger)
    owners = sum(member.is_owner for member in members)
    return {"members": members, "owners": owners}


async def _invitations(request: Request, visitor: Visitor, new: NewLink | None = None) -> dict[str, Any]:
    links = [link for link in await list_links(visitor.ledger) if link.purpose == "join"]
    address = None if new is None else f"{request.base_url}enter/{new.secret}"
    return {"invitations": links, "new_link": new, "address": address, "days": JOIN_LIFETIME.days}
