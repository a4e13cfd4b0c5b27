"""What a person reads is what it would be without stand-ins, and what leaves holds none of the originals."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    FunctionDefinition,
    FunctionResult,
    UserMessage,
)
from tuppence.llm.concept import Origin, ReasoningBlock, TextBlock
from tuppence.privacy import HouseholdValues, Pseudonyms, Restorer
from tuppence.privacy.concealment import Concealment, NoStandIn
from tuppence.privacy.finder import Finder
from tuppence.privacy.json_strings import is_document
from tuppence.privacy.stand_ins import Kind, StandIns, form_key

from .random_households import households, originals_in, pieces, texts

SECRET = bytes(range(32))
ANNA = HouseholdValues(names=["Anna Kowalska", "Anna"], accounts=["Savings"], numbers=["12345678"])


@settings(max_examples=2000, derandomize=False, database=None, suppress_health_check=list(HealthCheck))
@given(st.data(), households(), st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_any_text_comes_back_whole_however_it_is_cut(
    data: st.DataObject, household: HouseholdValues, lengths: list[int]
) -> None:
    pseudonyms = Pseudonyms(SECRET, household)
    usual = [pseudonyms.concealment([]).text(name) for name in household.names]
    text = data.draw(texts(household, usual))
    concealment = pseudonyms.concealment([text])
    sent = concealment.text(text)
    originals = concealment.originals()
    if not is_document(text):
        assert originals_in(sent, household) == []
    assert sent == Pseudonyms(SECRET, household).concealment([text]).text(text), "the same in every process"

    restorer, shown, received = Restorer(originals), "", ""
    for piece in pieces(sent, lengths):
        received += piece
        shown += restorer.feed(piece)
        assert text.startswith(shown)
        held = received[len(received) - len(restorer.held) :]
        assert not held or any(form_key(key).startswith(form_key(held)) for key in originals.stand_ins), (
            "held for nothing"
        )
    assert shown + restorer.flush() == text
    assert originals.restored(sent) == text


def request_of(*messages: UserMessage | AssistantMessage | FunctionResult) -> ChatRequest:
    look_up = FunctionDefinition(
        "Anna", "Finds Savings.", {"type": "object", "properties": {"Savings": {"type": "string"}}}
    )
    return ChatRequest("a-model", messages, "You help Anna with Savings.", [look_up], session_id="Anna")


def test_only_what_comes_from_the_household_changes() -> None:
    raw = {"type": "thinking", "thinking": "Anna asks", "signature": "Anna+Savings=="}
    origin = Origin("anthropic", "a-model")
    said = AssistantMessage(
        (
            ReasoningBlock("Anna asks", origin, raw=raw),
            TextBlock("I look at Savings.", origin, raw={"id": "Anna", "content": [{"text": "I look at Savings."}]}),
            ChatFunctionRequest(
                "Anna", "Anna", "Anna", {"Anna": ["Savings", 12345678, {"text": "12345678"}]}, origin=origin
            ),
        )
    )
    found = FunctionResult(
        "Anna", '{"Anna":"Anna","kind":"Savings","rows":[{"account": "Savings", "amount": "-1.50"}]}'
    )
    request = request_of(UserMessage("What did ANNA spend from Savings?"), said, found)
    concealed = Pseudonyms(SECRET, ANNA).concealed(request)
    sent = concealed.request

    assert msgspec.structs.replace(sent, transcript=()) == msgspec.structs.replace(request, transcript=())
    question, answer, result = sent.transcript
    assert (
        isinstance(question, UserMessage)
        and isinstance(answer, AssistantMessage)
        and isinstance(result, FunctionResult)
    )
    assert re.fullmatch(r"What did Person-\w{8} spend from (Account-\w{8})\?", question.text)
    savings = question.text.split()[-1].rstrip("?")
    thought, words, call = answer.content
    assert isinstance(thought, ReasoningBlock) and thought.raw is raw and "Anna" not in thought.text
    assert isinstance(words, TextBlock) and words.text == f"I look at {savings}."
    assert words.raw == {"id": "Anna", "content": [{"text": f"I look at {savings}."}]}
    assert isinstance(call, ChatFunctionRequest) and (call.id, call.call_id, call.function_name) == ("Anna",) * 3
    assert call.function_args["Anna"][:2] == [savings, 12345678] and "12345678" not in str(
        call.function_args["Anna"][2]
    )
    assert re.fullmatch(
        rf'{{"Anna":"Person-\w{{8}}","kind":"Savings","rows":\[{{"account": "{savings}", "amount": "-1.50"}}\]}}',
        result.output,
    )


def test_the_same_in_every_round_and_chat() -> None:
    pseudonyms = Pseudonyms(SECRET, ANNA)
    question = UserMessage("Anna?")
    first = pseudonyms.concealed(request_of(question)).request.transcript[0]
    longer = pseudonyms.concealed(request_of(UserMessage("Savings and anna"), question)).request.transcript[1]
    assert first == longer == Pseudonyms(SECRET, ANNA).concealed(request_of(question)).request.transcript[0]
    assert first != Pseudonyms(bytes(32), ANNA).concealed(request_of(question)).request.transcript[0]


def test_a_stand_in_that_somebody_wrote_is_text() -> None:
    pseudonyms = Pseudonyms(SECRET, ANNA)
    usual = pseudonyms.concealment([]).text("Anna")
    for written in (usual, usual.lower(), f"{usual}s", f"Phone{usual.removeprefix('Person')}"):
        text = f"Anna sent {written} to Anna"
        concealed = pseudonyms.concealed(request_of(UserMessage(text)))
        sent = concealed.request.transcript[0]
        assert isinstance(sent, UserMessage) and written in sent.text and "Anna" not in sent.text
        assert sent.text.count(usual) == (1 if written.startswith(usual) else 0)
        assert concealed.originals.restored(sent.text) == text


def test_names_that_are_labels_or_codes() -> None:
    usual = Pseudonyms(SECRET, ANNA).concealment([]).text("Anna")
    household = HouseholdValues(["Anna", "Persön", "IBAN", usual.partition("-")[2]], ["Card"], ["ACCOUNT", "pho-ne"])
    text = "Anna, Persön, IBAN DE89370400440532013000, Card 4111 1111 1111 1111, tel 555 1234, Account 7654321"
    concealment = Pseudonyms(SECRET, household).concealment([text])
    sent = concealment.text(text)
    assert Pseudonyms(SECRET, household).concealment([]).text(sent) == sent, "nothing of the household is left"
    assert concealment.originals().restored(sent) == text


def test_a_request_about_nobody_stays_as_it_is() -> None:
    request = request_of(UserMessage("How much was spent in March 2026, and on what?"), FunctionResult("1", "{}"))
    concealed = Pseudonyms(SECRET, ANNA).concealed(request)
    assert msgspec.structs.asdict(concealed.request) == {
        **msgspec.structs.asdict(request),
        "transcript": [*request.transcript],
    }
    assert concealed.originals.stand_ins == ()


def test_values_are_found_behind_escapes() -> None:
    concealment = Pseudonyms(SECRET, ANNA).concealment([])
    anna, savings = concealment.text("Anna"), concealment.text("Savings")
    document = r'{"a\"b":"x\n\"\u0041nna\"\u00e9 y", "Anna": ["\ud83d\ude00 Savings\t"], "c": "\\"}'
    expected = rf'{{"a\"b":"x\n\"{anna}\"\u00e9 y", "Anna": ["\ud83d\ude00 {savings}\t"], "c": "\\"}}'
    assert concealment.text(document) == expected


def test_several_threads_may_use_one() -> None:
    pseudonyms, requests = Pseudonyms(SECRET, ANNA), [request_of(UserMessage(f"ANNA {at} Savings")) for at in range(50)]
    expected = [Pseudonyms(SECRET, ANNA).concealed(request).request for request in requests]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            assert [one.request for one in threads.map(pseudonyms.concealed, requests)] == expected


class OnlyOne(StandIns):
    """Has one stand-in and no other."""

    def candidates(self, kind: Kind, value: str, spelling: str) -> Iterator[str]:
        return itertools.repeat("Person-DH52JXTG")


def test_the_search_for_a_stand_in_ends() -> None:
    text = "Anna and PERSON-DH52JXTG"
    concealment = Concealment(OnlyOne(SECRET), Finder(ANNA), [text])
    with pytest.raises(NoStandIn, match="new chat") as raised:
        concealment.text(text)
    assert "Anna" not in str(raised.value)
