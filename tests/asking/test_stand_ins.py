"""What leaves, leaves with stand-ins, and comes back as it was: through a whole turn, over every wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuppence.assistant.chats import said_in
from tuppence.assistant.events import FunctionRequested, Reasoning
from tuppence.llm import AssistantMessage, TextBlock
from tuppence.privacy import PrivacySettings, ProviderPrivacy, set_privacy_settings
from tuppence.understudy import Call, Exchange, Reply, Text, Thinking

from .office import ACCOUNT, MEMBER, MODELS, NUMBER, SECRETS, looked, office, stand_ins

pytestmark = pytest.mark.anyio

QUESTION = f"How much does {MEMBER} have left in {ACCOUNT} ({NUMBER})?"


def looks_up(exchange: Exchange) -> Reply:
    """Thinks about, speaks of and looks up whoever the question was about."""
    person = stand_ins(exchange)[0]
    thought, words = Thinking(f"Who is {person}?"), Text(f"Let me see about {person}. ")
    return Reply([thought, words, Call("left_over", {"jar": person})], chunking=1)


def tells(exchange: Exchange) -> Reply:
    return Reply(" ".join(f"**{each}** has 7." for each in stand_ins(exchange)), chunking=1)


@pytest.mark.parametrize("wire", MODELS)
async def test_nothing_that_names_the_household_leaves_and_all_of_it_comes_back(tmp_path: Path, wire: str) -> None:
    looked.clear()
    async with office(tmp_path, [looks_up, tells, tells], wire=wire) as at:
        await set_privacy_settings(at.ledger, PrivacySettings({wire: ProviderPrivacy(on=True)}))
        chat = await at.chat()
        turn = await at.asked(QUESTION, chat)
        assert turn.state == "completed", turn.reason
        assert looked == [MEMBER]
        assert at.of(FunctionRequested)[0].arguments == {"jar": MEMBER}  # type: ignore[union-attr]
        assert f"Let me see about {MEMBER}. " in at.read()
        for value in (MEMBER, ACCOUNT, NUMBER):
            assert f"**{value}** has 7." in at.read()
        if wire == "anthropic":
            assert at.read(Reasoning) == f"Who is {MEMBER}?"
        kept = [one.message for one in await said_in(at.ledger, chat.id)]
        texts = [
            block.text
            for one in kept
            if isinstance(one, AssistantMessage)
            for block in one.content
            if isinstance(block, TextBlock)
        ]
        assert "".join(texts) == at.read()

        await at.asked("And now?", chat)
        assert len(at.server.account.asked) == 3
        for exchange in at.server.account.asked:
            assert not [secret for secret in SECRETS if secret.casefold() in exchange.body.decode().casefold()]
        # The same in every round and turn, so that providers can use what they have cached.
        assert stand_ins(at.server.account.asked[0]) == stand_ins(at.server.account.asked[2])[:3]


async def test_with_privacy_off_a_provider_is_told_what_there_is(tmp_path: Path) -> None:
    async with office(tmp_path, [Reply("Seven.")]) as at:
        await set_privacy_settings(at.ledger, PrivacySettings({"anthropic": ProviderPrivacy(on=False)}))
        await at.asked(QUESTION)
        (exchange,) = at.server.account.asked
        assert all(secret in exchange.body.decode() for secret in SECRETS)


async def test_a_server_at_home_is_told_what_there_is(tmp_path: Path) -> None:
    async with office(tmp_path, [Reply("Seven.")], wire="openai-compatible") as at:
        assert (await at.asked(QUESTION)).state == "completed"
        (exchange,) = at.server.account.asked
        assert all(secret in exchange.body.decode() for secret in SECRETS)


async def test_an_answer_that_breaks_off_is_kept_with_the_values(tmp_path: Path) -> None:
    def breaks_off(exchange: Exchange) -> Reply:
        return Reply(f"{stand_ins(exchange)[0]} has money, and more", cut_after_event=7, chunking=1)

    async with office(tmp_path, [breaks_off]) as at:
        chat = await at.chat()
        assert (await at.asked(QUESTION, chat)).state == "failed"
        assert at.read().startswith(f"{MEMBER} has")
        (_, answer) = await said_in(at.ledger, chat.id)
        assert isinstance(answer.message, AssistantMessage)
        assert answer.message.content[0].text.startswith(f"{MEMBER} has")  # type: ignore[union-attr]
