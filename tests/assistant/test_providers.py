"""The providers of a household: what it saved goes before the environment, and keys go only where they belong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, update

from tuppence.access.addresses import AddressRefused
from tuppence.access.secrets import FILENAME, KeyFile
from tuppence.assistant import model_lists
from tuppence.assistant.abilities import abilities_of, keep_diagnosis
from tuppence.assistant.provider_settings import UNCHANGED, forget_provider, save_provider
from tuppence.assistant.providers import NobodyToAsk, NothingFits, Providers
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import AuthenticationFailed, ChatRequest, OutputTextChunk, UnknownProvider, UserMessage, open_provider
from tuppence.llm.abilities import Abilities
from tuppence.llm.answerer import Answerer
from tuppence.llm.doctor import Diagnosis
from tuppence.settings import Settings
from tuppence.store import Presence, Store
from tuppence.store.schema import prepare_database
from tuppence.store.tables import households, now, provider_settings
from tuppence.understudy import Reply, Understudy
from tuppence.usage import UsageLog

pytestmark = pytest.mark.anyio

MODEL = "claude-sonnet-5-5"
RIGHT = "sk-right"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "tuppence.db"
    prepare_database(path)
    return path


@pytest.fixture
async def ledger(tmp_path: Path, migrated: Path) -> AsyncIterator[Ledger]:
    shutil.copy(migrated, tmp_path)
    async with await Store.open(tmp_path) as store:
        yield await open_ledger(store)


@pytest.fixture
def keyfile(tmp_path: Path) -> KeyFile:
    return KeyFile.open(tmp_path)


@pytest.fixture
async def server() -> AsyncIterator[Understudy]:
    async with Understudy(api_key=RIGHT) as understudy:
        yield understudy


@pytest.fixture
async def next_door(ledger: Ledger) -> Ledger:
    """Another household of the same store."""
    async with ledger.store.writing() as connection:
        values = {"name": "Next door", "language": "en", "created_at": now()}
        made = await connection.execute(insert(households).values(values).returning(households.c.id))
        return Ledger(ledger.store, made.scalar_one())


def environment(home: Path, keys: Mapping[str, str] | None = None, **said: Any) -> Settings:
    """Settings with these keys, by their variables, and only one attempt a request."""
    secret = {name: SecretStr(key) for name, key in (keys or {}).items()}
    return Settings(home=home, keys=secret, **{"attempts": 1, **said})


async def save(ledger: Ledger, keyfile: KeyFile, name: str = "anthropic", **entered: Any) -> None:
    usual: dict[str, Any] = {"key": UNCHANGED, "base_url": None, "model": None, "enabled": True}
    await save_provider(ledger, keyfile, name, private_allowed=True, **{**usual, **entered})


async def answer_of(answerer: Answerer) -> str:
    request = ChatRequest(model=answerer.model, transcript=[UserMessage("Hello?")])
    return (await answerer.provider.chat_response(request)).output_text


def named(answerers: list[Answerer]) -> list[tuple[str, str]]:
    return [(one.provider.name, one.model) for one in answerers]


# --------------------------------------------------------------------------------------------------- who is asked


async def test_without_anything_saved_the_environment_says_who(tmp_path: Path, ledger: Ledger) -> None:
    settings = environment(tmp_path, {"OPENAI_API_KEY": "k", "GROQ_API_KEY": "k"}, fallback="groq")
    async with Providers(settings) as providers:
        groq = ("groq", "openai/gpt-oss-120b")
        assert named(await providers.answerers(ledger)) == [("openai", "gpt-6-luna"), groq]
        assert named(await providers.answerers(ledger, "openai/o9")) == [("openai", "o9"), groq]
        assert named(await providers.answerers(ledger, "groq/a/b")) == [("groq", "a/b")]
        assert named(await providers.answerers(ledger, "/o9")) == [("openai", "o9"), groq]
    assert not (tmp_path / FILENAME).exists()  # nobody has saved a key


async def test_nobody_is_set_up(tmp_path: Path, ledger: Ledger) -> None:
    async with Providers(environment(tmp_path)) as providers:
        with pytest.raises(NobodyToAsk, match=r"settings of the web app, or set ANTHROPIC_API_KEY"):
            await providers.answerers(ledger)
        with pytest.raises(NobodyToAsk, match="no key for OpenAI"):
            await providers.answerers(ledger, "openai/gpt-5")
        with pytest.raises(NobodyToAsk, match=r"Ollama is not set up\..*OLLAMA_BASE_URL"):
            await providers.answerers(ledger, "ollama/qwen")
        with pytest.raises(UnknownProvider):
            await providers.answerers(ledger, "nobody/qwen")
        assert await providers.choices(ledger) == []


async def test_a_saved_key_goes_before_the_environments(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile, server: Understudy
) -> None:
    server.add(Reply("With the saved one."))
    settings = environment(tmp_path, {"ANTHROPIC_API_KEY": "wrong"}, addresses={"ANTHROPIC_BASE_URL": server.base_url})
    async with Providers(settings) as providers:
        with pytest.raises(AuthenticationFailed):
            await answer_of((await providers.answerers(ledger))[0])
        await save(ledger, keyfile, key=RIGHT)
        assert await answer_of((await providers.answerers(ledger))[0]) == "With the saved one."
        await forget_provider(ledger, "anthropic")
        with pytest.raises(AuthenticationFailed):
            await answer_of((await providers.answerers(ledger))[0])


@pytest.mark.parametrize("name", ["anthropic", "openai-compatible"])
async def test_the_environments_key_is_never_sent_to_an_address_that_was_entered(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile, server: Understudy, name: str
) -> None:
    keys = {"ANTHROPIC_API_KEY": RIGHT, "OPENAI_COMPATIBLE_API_KEY": RIGHT}
    await save(ledger, keyfile, name, base_url=server.base_url, model=MODEL)
    async with Providers(environment(tmp_path, keys, private_addresses=True)) as providers:
        if name == "anthropic":
            with pytest.raises(NobodyToAsk, match="no key for Anthropic at the address that was entered"):
                await providers.answerers(ledger, name)
            assert not server.account.sockets
        else:
            with pytest.raises(AuthenticationFailed):
                await answer_of((await providers.answerers(ledger, name))[0])


async def test_what_is_switched_off_is_not_asked(tmp_path: Path, ledger: Ledger, keyfile: KeyFile) -> None:
    await save(ledger, keyfile, enabled=False)
    keys = {"ANTHROPIC_API_KEY": "k", "GROQ_API_KEY": "k"}
    for said in ({}, {"provider": "anthropic", "model": MODEL}, {"fallback": "anthropic"}):
        async with Providers(environment(tmp_path, keys, **said)) as providers:
            assert named(await providers.answerers(ledger)) == [("groq", "openai/gpt-oss-120b")]
            with pytest.raises(NobodyToAsk, match="Anthropic is switched off"):
                await providers.answerers(ledger, "anthropic/")
    async with Providers(environment(tmp_path, keys, provider="anthropic", insist=True)) as providers:
        with pytest.raises(NobodyToAsk, match="switched off"):
            await providers.answerers(ledger)


async def test_questions_go_to_nobody_else_than_the_environment_means(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile
) -> None:
    await save(ledger, keyfile, key="k")
    async with Providers(environment(tmp_path, provider="openai")) as providers:
        with pytest.raises(NobodyToAsk, match="no key for OpenAI"):
            await providers.answerers(ledger)
        await providers.choose(ledger, f"anthropic/{MODEL}")
        assert named(await providers.answerers(ledger)) == [("anthropic", MODEL)]


async def test_the_household_says_what_is_usual(tmp_path: Path, ledger: Ledger, keyfile: KeyFile) -> None:
    settings = environment(tmp_path, {"ANTHROPIC_API_KEY": "k"}, provider="anthropic", model="claude-x")
    await save(ledger, keyfile, "ollama")
    async with Providers(settings) as providers:
        await providers.choose(ledger, "ollama/qwen3:8b")
        assert named(await providers.answerers(ledger)) == [("ollama", "qwen3:8b")]
        assert named(await providers.answerers(ledger, "ollama")) == [("ollama", "qwen3:8b")]
        await save(ledger, keyfile, "ollama", enabled=False)
        assert named(await providers.answerers(ledger)) == [("anthropic", "claude-x")]
        await save(ledger, keyfile, "ollama")
        await providers.choose(ledger, None)
        assert named(await providers.answerers(ledger)) == [("anthropic", "claude-x")]
        with pytest.raises(NobodyToAsk):
            await providers.choose(ledger, "groq/any")
    async with Providers(settings.model_copy(update={"insist": True})) as providers:
        await providers.choose(ledger, "ollama/qwen3:8b")
        assert named(await providers.answerers(ledger)) == [("anthropic", "claude-x")]


async def test_a_server_at_home_needs_a_model(tmp_path: Path, ledger: Ledger, keyfile: KeyFile) -> None:
    await save(ledger, keyfile, "ollama")
    async with Providers(environment(tmp_path)) as providers:
        with pytest.raises(NothingFits, match="which model Ollama is to be asked for"):
            await providers.answerers(ledger)
        await save(ledger, keyfile, "ollama", model="qwen3")
        assert named(await providers.answerers(ledger)) == [("ollama", "qwen3")]


async def test_what_the_doctor_found_comes_along(tmp_path: Path, ledger: Ledger, keyfile: KeyFile) -> None:
    known = Abilities(parallel_calls=False)
    await keep_diagnosis(ledger.store, Diagnosis("ollama", "127.0.0.1:11434", "qwen3", (), known))
    await save(ledger, keyfile, "ollama", model="qwen3")
    async with Providers(environment(tmp_path)) as providers:
        assert [one.abilities for one in await providers.answerers(ledger)] == [known]


# ------------------------------------------------------------------------------------------ keys and addresses


async def test_a_key_that_cannot_be_read_any_more(tmp_path: Path, ledger: Ledger, keyfile: KeyFile) -> None:
    await save(ledger, keyfile, key="k")
    await save(ledger, keyfile, "groq", enabled=True)
    (tmp_path / FILENAME).unlink()
    async with Providers(environment(tmp_path, {"GROQ_API_KEY": "k"}, fallback="anthropic")) as providers:
        with pytest.raises(NobodyToAsk, match=r"Anthropic cannot be read any more.*enter the key again"):
            await providers.answerers(ledger, "anthropic/")
        assert named(await providers.answerers(ledger)) == [("groq", "openai/gpt-oss-120b")]
        states = {state.preset.name: state for state in await providers.states(ledger)}
        assert "cannot be read" in (states["anthropic"].obstacle or "")
        assert [name for name, state in states.items() if state.can_be_asked] == ["groq"]
        assert (states["groq"].in_environment, states["openai"].saved) == (True, None)


async def test_an_address_is_looked_at_again_when_its_provider_is_opened(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile, server: Understudy
) -> None:
    await save(ledger, keyfile, key=RIGHT, base_url=server.base_url)
    async with Providers(environment(tmp_path)) as providers:  # it was allowed once, and is no more
        with pytest.raises(AddressRefused):
            await providers.answerers(ledger)
    async with Providers(environment(tmp_path, private_addresses=True)) as providers:
        await providers.answerers(ledger)
        async with ledger.store.writing() as connection:
            await connection.execute(update(provider_settings).values(base_url="http://169.254.169.254"))
        with pytest.raises(AddressRefused):
            await providers.answerers(ledger)
    assert not server.account.sockets


async def test_somebody_at_a_refused_address_does_not_step_in(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile, server: Understudy
) -> None:
    await save(ledger, keyfile, key=RIGHT, base_url=server.base_url)
    settings = environment(tmp_path, {"GROQ_API_KEY": "k"}, provider="groq", fallback="anthropic")
    async with Providers(settings) as providers:
        assert named(await providers.answerers(ledger)) == [("groq", "openai/gpt-oss-120b")]


async def test_no_server_at_home_where_private_addresses_are_forbidden(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile
) -> None:
    await save(ledger, keyfile, "ollama", model="qwen3")
    async with Providers(environment(tmp_path, private_addresses=False)) as providers:
        with pytest.raises(AddressRefused):
            await providers.answerers(ledger)
    settings = environment(
        tmp_path, private_addresses=False, addresses={"OLLAMA_BASE_URL": "http://127.0.0.1:11434/v1"}
    )
    async with Providers(settings) as providers:  # but where whoever runs it named one
        assert named(await providers.answerers(ledger)) == [("ollama", "qwen3")]


async def test_households_have_their_own(tmp_path: Path, ledger: Ledger, next_door: Ledger, keyfile: KeyFile) -> None:
    await save(ledger, keyfile, key="k")
    async with Providers(environment(tmp_path)) as providers:
        assert named(await providers.answerers(ledger)) == [("anthropic", MODEL)]
        with pytest.raises(NobodyToAsk):
            await providers.answerers(next_door)


# ------------------------------------------------------------------------------------------------ opened once


async def test_a_provider_is_opened_once_and_closed_with_the_rest(
    tmp_path: Path, ledger: Ledger, next_door: Ledger, server: Understudy
) -> None:
    server.add(Reply("One."), Reply("Two."))
    settings = environment(tmp_path, {"ANTHROPIC_API_KEY": RIGHT}, addresses={"ANTHROPIC_BASE_URL": server.base_url})
    async with Providers(settings) as providers:
        (first,), (second,) = await providers.answerers(ledger), await providers.answerers(next_door)
        assert first.provider is second.provider
        assert await answer_of(first) + await answer_of(second) == "One.Two."
        assert len(server.account.sockets) == server.account.open_sockets == 1
    await server.account[-1].socket_closed()


async def test_a_new_key_closes_the_old_connection_when_it_is_idle(
    tmp_path: Path, ledger: Ledger, next_door: Ledger, keyfile: KeyFile
) -> None:
    gate = asyncio.Event()
    async with (
        Understudy([Reply("Old and whole.", gates={3: gate}), Reply("New."), Reply("Old again.")]) as server,
        Providers(environment(tmp_path, private_addresses=True)) as providers,
    ):
        for household in (ledger, next_door):
            await save(household, keyfile, key="old", base_url=server.base_url)
        ((old,), (neighbour,)) = await providers.answerers(ledger), await providers.answerers(next_door)
        assert old.provider is neighbour.provider
        request = ChatRequest(model=MODEL, transcript=[UserMessage("Hello?")])
        async with old.provider.stream_chat_response(request) as stream:
            await save(ledger, keyfile, key="new", base_url=server.base_url)
            chunks = aiter(stream)
            told = asyncio.ensure_future(anext(chunks))
            await server.account.milestones.until(lambda: len(server.account) == 1)
            (new,) = await providers.answerers(ledger)
            assert new.provider is not old.provider
            assert (await providers.answerers(next_door))[0].provider is old.provider  # still its own
            await forget_provider(next_door, "anthropic")
            with pytest.raises(NobodyToAsk):
                await providers.answerers(next_door)
            assert await answer_of(new) == "New."
            gate.set()
            rest = [await told, *[chunk async for chunk in chunks]]
        assert "".join(one.data for one in rest if isinstance(one, OutputTextChunk)) == "Old and whole."
        await server.account[0].socket_closed()
        assert server.account.open_sockets == 1  # the new one's
        assert await answer_of(old) == "Old again."  # a turn that goes on
        await server.account[-1].socket_closed()
        assert server.account.open_sockets == 1


# ------------------------------------------------------------------------------------------------- to choose from


@asynccontextmanager
async def listing(tmp_path: Path, **options: Any) -> AsyncIterator[tuple[Understudy, Providers]]:
    """A server at home, and providers with a hosted one whose server is away."""
    async with Understudy(**options) as server:
        addresses = {"OLLAMA_BASE_URL": server.openai_base_url, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
        settings = environment(tmp_path, {"ANTHROPIC_API_KEY": "k"}, addresses=addresses)
        async with Providers(settings) as providers:
            yield server, providers


async def test_choices_are_the_usual_models_and_those_that_are_listed(tmp_path: Path, ledger: Ledger) -> None:
    models = ("qwen3:8b", "nomic-embed-text", "Gemma3", "whisper-1", "gpt-image-1", "org/imagenary")
    async with listing(tmp_path, models=models) as (server, providers):
        usual = [("anthropic", "Anthropic", MODEL, True)]
        assert [_row(one) for one in await providers.choices(ledger)] == usual
        await providers.settled()
        asked = len(server.account)
        listed = [("ollama", "Ollama", model, False) for model in ("Gemma3", "org/imagenary", "qwen3:8b")]
        assert [_row(one) for one in await providers.choices(ledger)] == usual + listed
        await providers.choose(ledger, "ollama/of-my-own")
        choices = await providers.choices(ledger)
        assert [one.wanted for one in choices if one.is_default] == ["ollama/of-my-own"]
        assert len(choices) == 1 + 1 + 3
        await providers.settled()
        assert len(server.account) == asked == 1  # the list is kept


async def test_nobody_waits_for_a_list(tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes the request and says nothing; leaving closes the connection, however long one might wait."""
    monkeypatch.setattr(model_lists, "_WITHIN", None)
    arrived, left = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()
        writer.close()
        left.set()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with Providers(environment(tmp_path, addresses={"OLLAMA_BASE_URL": address})) as providers:
            await providers.choose(ledger, "ollama/qwen3")
            assert [one.wanted for one in await providers.choices(ledger)] == ["ollama/qwen3"]
            await arrived.wait()
            assert [one.wanted for one in await providers.choices(ledger)] == ["ollama/qwen3"]
        await left.wait()


def _row(offered: Any) -> tuple[str, str, str, bool]:
    return offered.provider, offered.title, offered.model, offered.is_default


# -------------------------------------------------------------------------------------------------------- the test


@pytest.fixture
async def usage(ledger: Ledger) -> AsyncIterator[UsageLog]:
    async with Presence(ledger.store) as me, UsageLog(ledger.store, me.id) as log:
        yield log


async def test_a_test_is_kept_and_on_record(tmp_path: Path, ledger: Ledger, keyfile: KeyFile, usage: UsageLog) -> None:
    async with (
        Understudy(models=("gpt-4o", "text-embedding-3"), defects=["one_call_at_a_time"]) as server,
        Providers(environment(tmp_path)) as providers,
    ):
        await save(ledger, keyfile, "ollama", base_url=server.openai_base_url, enabled=False)
        address = server.base_url.removeprefix("http://")
        earlier = Diagnosis("ollama", address, "gpt-4o", (), Abilities(context_window=4096))
        await keep_diagnosis(ledger.store, earlier)
        told: list[str] = []
        diagnosis = await providers.test(ledger, "ollama", usage, told=lambda finding: told.append(finding.check))
        assert (diagnosis.model, diagnosis.usable, diagnosis.complete) == ("gpt-4o", True, True)
        assert told == [finding.check for finding in diagnosis.findings]
        known = await abilities_of(
            ledger.store, open_provider("ollama", api_key="", base_url=server.openai_base_url), "gpt-4o"
        )
        assert (known.parallel_calls, known.context_window) == (False, 4096)
        (doctor,) = await usage.summaries(ledger.household, "operation")
        assert (doctor.key, doctor.requests) == ("doctor", len(server.account.asked))
        await server.account[-1].socket_closed()


async def test_a_test_of_somebody_who_cannot_be_asked(
    tmp_path: Path, ledger: Ledger, keyfile: KeyFile, server: Understudy, usage: UsageLog
) -> None:
    async with Providers(environment(tmp_path, private_addresses=True)) as providers:
        with pytest.raises(NobodyToAsk, match="no key for Anthropic"):
            await providers.test(ledger, "anthropic", usage)
        await save(ledger, keyfile, key="wrong", base_url=server.base_url)
        diagnosis = await providers.test(ledger, "anthropic", usage)
        assert (diagnosis.usable, diagnosis.complete) == (False, False)
        assert diagnosis.findings[-1].check == "key"
    async with Providers(environment(tmp_path)) as providers:
        with pytest.raises(AddressRefused):
            await providers.test(ledger, "anthropic", usage)
