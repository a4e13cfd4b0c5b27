"""What leaves by each wire: the household's values are in no value of the body, and everything else is as it was."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    FunctionDefinition,
    FunctionResult,
    UserMessage,
)
from tuppence.llm.concept import Origin, ReasoningBlock, TextBlock
from tuppence.llm.faults import Addressee
from tuppence.llm.registry import preset_named
from tuppence.privacy import HouseholdValues, Pseudonyms

HOUSEHOLD = HouseholdValues(names=["Anna Kowalska", "Anna"], accounts=["Holiday money"], numbers=["12345678"])
SECRETS = (
    "Anna",
    "ANNA",
    "Holiday money",
    "12345678",
    "DE89370400440532013000",
    "anna@example.org",
    "4111 1111 1111 1111",
)
SAID = ", ".join(SECRETS)
ROWS = msgspec.json.encode({"rows": [{"Anna": secret, "amount": "-12.50"} for secret in SECRETS]}).decode()


def body(wire: str, request: ChatRequest) -> dict[str, Any]:
    """The JSON body by the wire of this provider, written and read again."""
    to = Addressee(wire, wire, request.model, "127.0.0.1", "KEY")
    params: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(preset_named(wire).wire.request_params(request, to))
    )
    return params


def request_by(wire: str) -> ChatRequest:
    origin = Origin(wire, "a-model")
    raw = {"type": "message", "role": "assistant", "id": "m", "content": [{"type": "output_text", "text": SAID}]}
    call = ChatFunctionRequest("c1", "c1", "find", {"text": SAID, "Anna": [SAID]}, origin=origin)
    parameters = {"type": "object", "properties": {"Anna": {}, "text": {}}}
    return ChatRequest(
        "a-model",
        [
            UserMessage(SAID),
            AssistantMessage((ReasoningBlock(SAID, origin), TextBlock(SAID, origin), call)),
            FunctionResult("c1", ROWS),
            AssistantMessage((TextBlock(SAID, origin, raw=raw if wire == "openai" else None),)),
            UserMessage(f"And {SAID}?"),
        ],
        instructions="Anna is a name.",
        functions=[FunctionDefinition("find", "Finds Anna.", parameters)],
    )


@pytest.mark.parametrize("wire", ["anthropic", "openai", "openai-compatible"])
def test_no_original_is_in_a_value_that_leaves(wire: str) -> None:
    request = request_by(wire)
    concealed = Pseudonyms(bytes(range(32)), HOUSEHOLD).concealed(request)
    plain, sent = body(wire, request), body(wire, concealed.request)

    said = msgspec.json.encode(sent.get("messages") or sent["input"]).decode()
    said = said.replace("Anna is a name.", "").replace('\\"Anna\\":', "").replace('"Anna":', "")
    assert [secret for secret in SECRETS if secret in said] == []
    assert said.count("IBAN-") == str(plain).count("DE89370400440532013000") > 5
    assert {key: one for key, one in sent.items() if key not in ("messages", "input")} == {
        key: one for key, one in plain.items() if key not in ("messages", "input")
    }
    assert concealed.originals.restored(msgspec.json.encode(sent).decode()) == msgspec.json.encode(plain).decode()
