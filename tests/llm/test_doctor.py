"""The doctor finds every defect that the understudy can play, on every wire that has it, and blames nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tuppence.llm import Attempt, AttemptEnd, ChatRequest, ChatStream, Limits, Preset, Provider, Retry, open_provider
from tuppence.llm.abilities import Abilities
from tuppence.llm.anthropic_messages import AnthropicMessages
from tuppence.llm.doctor import Diagnosis, Doctor, Finding, Patience
from tuppence.llm.doctor.streaming import came_at_once
from tuppence.llm.openai_chat import OpenAIChat
from tuppence.llm.openai_responses import OpenAIResponses
from tuppence.understudy import Fault, Reply, Understudy
from tuppence.understudy.defects import DEFECTS, Defect

pytestmark = pytest.mark.anyio

PRESETS = {
    "anthropic": Preset("anthropic", "Anthropic", AnthropicMessages(), "", "KEY", "claude-sonnet-5-5"),
    "responses": Preset("responses", "OpenAI", OpenAIResponses(), "", "KEY", "gpt-5.2"),
    "chat": Preset("chat", "Chat", OpenAIChat(), "", "KEY", "gpt-4o"),
}
WIRES = tuple(PRESETS)


class Case(NamedTuple):
    """What a defect must be found as. blamed: the checks that are not ok, with their status."""

    blamed: dict[str, str]
    abilities: Abilities = Abilities()
    wires: Collection[str] = WIRES
    server: Mapping[str, Any] = MappingProxyType({})
    """How the understudy has to be set up for it."""
    window: int = 0
    limits: Limits | None = None
    patience: Patience = Patience(tokens_per_second=0.0)


UNABLE = {"calls without arguments": "skipped", "parallel calls": "skipped", "forbidden calls": "skipped"}
NO_STREAM = Case({"streaming": "warning"}, Abilities(streams=False))
NO_CALLS = Case({"function calls": "failed", **UNABLE}, Abilities(calls_functions=False))
NO_ANSWER = Case({"plain answer": "failed", "streaming": "failed"})
SERIAL = Case({"parallel calls": "warning"}, Abilities(parallel_calls=False))
CASES: dict[Defect, Case] = {
    "whole_answer": Case({"streaming": "warning"}, Abilities(streams=True)),
    "held_back": Case({"streaming": "warning"}, Abilities(streams=True), server={"pace": 0.016}),
    "plain_json": NO_STREAM,
    "refuses_stream": NO_STREAM,
    "refuses_stream_options": Case(
        {"usage": "warning"}, Abilities(streams=True, reports_usage=False, takes_usage_question=False), ["chat"]
    ),
    "no_end": NO_STREAM,
    "no_usage": Case({"usage": "warning"}, Abilities(reports_usage=False)),
    "drops_connection": NO_ANSWER,
    "stalls": NO_ANSWER._replace(limits=Limits(first_byte=0.3, idle=0.3)),
    "sign_in_page": NO_ANSWER,
    "empty_answer": NO_ANSWER,
    "slow_first_byte": Case({"first words": "warning"}, server={"slowness": 0.1}, patience=Patience(0.08, 0.0)),
    "slow_tokens": Case({"speed": "warning"}, server={"slowness": 0.005}, patience=Patience(10.0, 300.0)),
    "think_tags": Case({"reasoning": "warning"}, Abilities(thinks_in_text=True, opens_thinking=True)),
    "ignores_tool_choice": Case({"forbidden calls": "warning"}, Abilities(forbids_calls=False)),
    "never_calls": NO_CALLS,
    "refuses_tools": NO_CALLS,
    "broken_arguments": NO_CALLS,
    "one_call_at_a_time": SERIAL,
    "refuses_parallel_calls": SERIAL,
    "repeated_ids": SERIAL._replace(wires=["anthropic", "responses"]),  # Chat's parser tells such calls apart
    "breaks_on_no_parameters": Case({"calls without arguments": "warning"}, Abilities(calls_without_arguments=False)),
    "drops_beginning": Case({"context window": "warning"}, server={"context_window": 3500}, window=4096),
    "no_model_list": Case({"model list": "warning"}),
    "unknown_model": Case({"model": "failed"}),
    "refuses_key": Case({"key": "failed"}),
}


@asynccontextmanager
async def provider_at(base_url: str, wire: str, **options: Any) -> AsyncIterator[Provider]:
    preset, path = PRESETS[wire], "" if wire == "anthropic" else "/v1"
    options = {"retry": Retry(attempts=1), **options}
    async with Provider(preset, api_key="sk-secret", base_url=base_url + path, **options) as provider:
        yield provider


async def diagnosed(wire: str, server: Understudy, *, limits: Limits | None = None, **options: Any) -> Diagnosis:
    """What the doctor finds of a server; at the end no socket is open."""
    options = {"largest_window": 0, "patience": Patience(tokens_per_second=0.0), **options}
    async with server:
        async with provider_at(server.base_url, wire, limits=limits) as provider:
            told: list[Finding] = []
            model = PRESETS[wire].default_model
            assert model is not None
            diagnosis = await Doctor(provider, model, **options).diagnosis(told.append)
        await server.account.all_closed()
    assert tuple(told) == diagnosis.findings
    assert len({finding.check for finding in told}) == len(told)
    assert all(finding.advice for finding in told if finding.status in ("warning", "failed"))
    assert not any("sk-secret" in f"{finding.found} {finding.advice}" for finding in told)
    return diagnosis


def blamed(diagnosis: Diagnosis) -> dict[str, str]:
    """The checks that are not ok, with their status; without a context window that was not probed."""
    bad = {finding.check: str(finding.status) for finding in diagnosis.findings if finding.status != "ok"}
    if bad.get("context window") == "skipped":
        del bad["context window"]
    return bad


def finding_of(diagnosis: Diagnosis, check: str) -> Finding:
    (finding,) = (finding for finding in diagnosis.findings if finding.check == check)
    return finding


# -------------------------------------------------------------------------------------------------------------- health


@pytest.mark.parametrize("wire", WIRES)
async def test_a_healthy_server_is_not_blamed(wire: str) -> None:
    diagnosis = await diagnosed(wire, Understudy(), largest_window=4096)
    assert {finding.status for finding in diagnosis.findings} == {"ok"}
    assert len(diagnosis.findings) == 13
    assert diagnosis.usable
    assert diagnosis.abilities == Abilities(
        streams=True,
        calls_functions=True,
        calls_without_arguments=True,
        parallel_calls=True,
        forbids_calls=True,
        reports_usage=True,
        thinks_in_text=False,
    )


@pytest.mark.parametrize("name", ["ollama", "llama.cpp", "vllm", "groq", "openrouter", "mistral", "deepseek", "gemini"])
async def test_a_registered_dialect_is_no_defect(name: str) -> None:
    async with (
        Understudy(dialect=name) as server,
        open_provider(name, api_key="any", base_url=server.openai_base_url) as provider,
    ):
        model = (await provider.models())[0]
        diagnosis = await Doctor(provider, model, largest_window=0).diagnosis()
    assert blamed(diagnosis) == {}


async def test_a_server_that_reports_tokens_unasked_is_not_asked() -> None:
    async with Understudy(dialect="mistral") as server, provider_at(server.base_url, "chat") as provider:
        diagnosis = await Doctor(provider, (await provider.models())[0], largest_window=0).diagnosis()
    assert blamed(diagnosis) == {}
    assert diagnosis.abilities.takes_usage_question is False
    assert diagnosis.abilities.reports_usage is True


# ------------------------------------------------------------------------------------------------------------- defects


def test_every_defect_has_its_case() -> None:
    assert set(CASES) == set(DEFECTS)


@pytest.mark.parametrize(
    ("defect", "wire"), [(defect, wire) for defect, case in CASES.items() for wire in WIRES if wire in case.wires]
)
async def test_a_defect_is_found_and_nothing_else_blamed(defect: Defect, wire: str) -> None:
    case = CASES[defect]
    server = Understudy(defects=[defect], **case.server)
    diagnosis = await diagnosed(wire, server, limits=case.limits, patience=case.patience, largest_window=case.window)
    assert blamed(diagnosis) == case.blamed
    assert diagnosis.abilities == diagnosis.abilities.updated(case.abilities)
    assert diagnosis.usable is ("failed" not in case.blamed.values())


@pytest.mark.parametrize("wire", ["anthropic", "responses"])
async def test_what_a_parser_repairs_is_no_defect(wire: str) -> None:
    assert blamed(await diagnosed(wire, Understudy(defects=["refuses_stream_options"]))) == {}


@pytest.mark.parametrize(("defect", "outcome"), [([], "refused"), (["drops_beginning"], "dropped in silence")])
@pytest.mark.parametrize("wire", WIRES)
async def test_a_small_window_is_measured(wire: str, defect: list[Defect], outcome: str) -> None:
    server = Understudy(defects=defect, context_window=3500)
    diagnosis = await diagnosed(wire, server, largest_window=8192)
    finding = finding_of(diagnosis, "context window")
    assert finding.status == "warning"
    assert outcome in finding.found
    window = diagnosis.abilities.context_window
    assert window is not None
    assert 3000 < window <= 3500 + 512  # 2048 fits, 4096 does not, 3072 does; 512 are the answer's


async def test_a_window_too_small_for_anything_is_said() -> None:
    diagnosis = await diagnosed("chat", Understudy(context_window=300), largest_window=4096)
    assert blamed(diagnosis) == {"context window": "failed"}


# -------------------------------------------------------------------------------------------------------- the way there


@pytest.mark.parametrize("wire", WIRES)
async def test_a_server_that_is_not_there(wire: str) -> None:
    async with Understudy() as server:
        pass
    async with provider_at(server.base_url, wire) as provider:
        diagnosis = await Doctor(provider, "m").diagnosis()
    assert [(finding.check, finding.status) for finding in diagnosis.findings] == [("reachability", "failed")]


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'["a"]', b'{"data": [{"id"', b'{"data": null}', b"\xff"])
@pytest.mark.parametrize("wire", WIRES)
async def test_what_is_no_list_of_models_is_not_ours_to_stumble_over(wire: str, body: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        async with provider_at(f"http://{host}:{port}", wire) as provider:
            diagnosis = await Doctor(provider, "m").diagnosis()
    assert not diagnosis.usable
    assert not diagnosis.complete


async def test_an_unknown_model_is_told_with_those_that_there_are() -> None:
    async with Understudy(models=["one", "two"]) as server, provider_at(server.base_url, "chat") as provider:
        diagnosis = await Doctor(provider, "three").diagnosis()
    finding = finding_of(diagnosis, "model")
    assert (finding.status, finding.advice) == ("failed", "Choose one of: one, two.")


async def test_a_rate_limit_ends_the_probing() -> None:
    def limited(exchange: object) -> Reply:
        return Reply(error=Fault(429))

    diagnosis = await diagnosed("chat", Understudy(limited))
    assert blamed(diagnosis) == {"rate limit": "failed"}


# ----------------------------------------------------------------------------------------------------------- behaviour


class Ends:
    """Watches every stream."""

    def __init__(self) -> None:
        self.ended: list[AttemptEnd] = []

    def watch(self, stream: ChatStream, request: ChatRequest) -> ChatStream:
        return stream.watched_by(self)

    async def begins(self, attempt: Attempt) -> None: ...

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
        self.ended.append(end)


async def test_every_request_can_be_watched_and_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuppence.llm.doctor.streaming._WAITED", 3600.0)  # on a slow machine more is asked
    ends, server = Ends(), Understudy()
    await diagnosed("anthropic", server, watch=ends.watch)
    asked = [exchange for exchange in server.account if exchange.asks]
    assert len(ends.ended) == len(asked) == 8
    assert all(exchange.json and exchange.json["max_tokens"] <= 1024 for exchange in asked)
    outputs = [end.response.usage.output_tokens or 0 for end in ends.ended if end.response]
    assert sum(outputs) < 200
    firsts = [(end.seconds_to_first_byte, end.seconds_to_first_chunk) for end in ends.ended]
    assert all(byte is not None and chunk is not None and byte <= chunk for byte, chunk in firsts)


async def test_stopping_closes_the_connection_at_once() -> None:
    gate = asyncio.Event()
    async with Understudy([Reply("ready"), Reply("1 2 3", gates={3: gate})]) as server:
        async with provider_at(server.base_url, "anthropic", limits=Limits()) as provider:
            diagnosing = asyncio.ensure_future(Doctor(provider, "claude-sonnet-5-5").diagnosis())
            counting = await server.account.request(2)
            await counting.sent(3)
            diagnosing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await diagnosing
            await counting.finished()
            assert counting.client_left
        await server.account.all_closed()


@pytest.mark.parametrize(
    ("moments", "at_once"),
    [
        ((0.01,) * 40, False),  # all was fast
        ((1.0,) * 40, True),
        (tuple(1.0 + 0.02 * number for number in range(40)), False),
        (tuple(5.0 + 0.005 * number for number in range(40)), False),  # a fast model after a long prompt
        ((1.0,) * 3, False),  # large pieces
    ],
)
def test_pieces_that_came_at_once(moments: tuple[float, ...], at_once: bool) -> None:
    assert came_at_once(moments) is at_once
