"""What the doctor found, kept: loaded when a model is to be asked, saved when it was probed."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select

from tuppence.llm.abilities import Abilities
from tuppence.llm.doctor import Diagnosis, Finding
from tuppence.llm.provider import Provider
from tuppence.store import Store
from tuppence.store.tables import findings, now


class KeptDiagnosis(msgspec.Struct, frozen=True):
    """A diagnosis and when it was made."""

    diagnosis: Diagnosis
    found_at: datetime


async def abilities_of(store: Store, provider: Provider, model: str) -> Abilities:
    """The abilities of `model` at the provider's present address; nothing is known of one that was never probed.

    Raises StoreUnusable.
    """
    query = select(findings.c.abilities).where(_about(provider.name, provider.host, model))
    async with store.reading() as connection:
        kept = await connection.scalar(query)
    return msgspec.json.decode(kept, type=Abilities) if kept else Abilities()


async def kept_diagnoses(store: Store) -> list[KeptDiagnosis]:
    """All that was found, latest first. Raises StoreUnusable."""
    async with store.reading() as connection:
        rows = (await connection.execute(select(findings).order_by(findings.c.found_at.desc()))).all()
    return [
        KeptDiagnosis(
            Diagnosis(
                provider=row.provider,
                host=row.host,
                model=row.model,
                findings=msgspec.json.decode(row.findings, type=tuple[Finding, ...]),
                abilities=msgspec.json.decode(row.abilities, type=Abilities),
            ),
            row.found_at,
        )
        for row in rows
    ]


async def keep_diagnosis(store: Store, diagnosis: Diagnosis) -> None:
    """Keep `diagnosis` in the place of an earlier one of the same model at the same address. Raises StoreUnusable."""
    row = {
        "provider": diagnosis.provider,
        "host": diagnosis.host,
        "model": diagnosis.model,
        "found_at": now(),
        "findings": msgspec.json.encode(diagnosis.findings).decode(),
        "abilities": msgspec.json.encode(diagnosis.abilities).decode(),
    }
    async with store.writing() as connection:
        await connection.execute(delete(findings).where(_about(diagnosis.provider, diagnosis.host, diagnosis.model)))
        await connection.execute(insert(findings).values(row))


def _about(provider: str, host: str, model: str) -> ColumnElement[bool]:
    return (findings.c.provider == provider) & (findings.c.host == host) & (findings.c.model == model)
