"""What the doctor found is kept for the model at its address, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tuppence.assistant.abilities import abilities_of, keep_diagnosis, kept_diagnoses
from tuppence.llm import open_provider
from tuppence.llm.abilities import Abilities
from tuppence.llm.doctor import Diagnosis, Finding
from tuppence.store import Store

pytestmark = pytest.mark.anyio

DIAGNOSIS = Diagnosis(
    provider="ollama",
    host="box.example:11434",
    model="small:latest",
    findings=(Finding("model list", "ok", "2 models listed."), Finding("usage", "warning", "None.", "Nothing.")),
    abilities=Abilities(streams=True, reports_usage=False, context_window=4096),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path) as opened:
        yield opened


async def abilities_at(store: Store, base_url: str, model: str, name: str = "ollama") -> Abilities:
    return await abilities_of(store, open_provider(name, api_key="", base_url=base_url), model)


async def test_findings_are_of_one_model_at_one_address(store: Store) -> None:
    await keep_diagnosis(store, DIAGNOSIS)
    here = "http://box.example:11434/v1"
    assert await abilities_at(store, here, "small:latest") == DIAGNOSIS.abilities
    assert await abilities_at(store, here, "large:latest") == Abilities()
    assert await abilities_at(store, "http://other.example/v1", "small:latest") == Abilities()
    assert await abilities_at(store, here, "small:latest", "vllm") == Abilities()


async def test_a_new_diagnosis_takes_the_place_of_the_old_one(store: Store) -> None:
    await keep_diagnosis(store, DIAGNOSIS)
    other = msgspec.structs.replace(DIAGNOSIS, model="large:latest")
    await keep_diagnosis(store, other)
    cured = msgspec.structs.replace(DIAGNOSIS, findings=(), abilities=Abilities(streams=True))
    await keep_diagnosis(store, cured)
    kept = await kept_diagnoses(store)
    assert [one.diagnosis for one in kept] == [cured, other]
    assert kept[0].found_at >= kept[1].found_at
