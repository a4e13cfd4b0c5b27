"""The task of naming merchants: which names and websites are taken."""

import pytest

from tuppence.enrichment.asking import UnusableItem, Verdict
from tuppence.enrichment.auto_detect_merchants import merchants_task
from tuppence.understudy import Call, Reply

from .asked import MERCHANTS, WIRES, finding, model, question

pytestmark = pytest.mark.anyio

TASK = merchants_task(MERCHANTS)


@pytest.mark.parametrize(
    ("name", "website", "confidence", "expected"),
    [
        ("Brellamart", "brellamart.example", 90, ("Brellamart", "brellamart.example")),
        ("Brellamart GmbH & Co. KG", None, 90, ("Brellamart", None)),
        ("  Brella\nmart\u0000 ", None, 90, ("Brella mart", None)),
        ("Brellamart", "https://www.Brellamart.example/shop?x=1", 90, ("Brellamart", "brellamart.example")),
        ("Brellamart", "not a host", 90, ("Brellamart", None)),
        ("Brellamart", "javascript:alert(1)", 90, ("Brellamart", None)),
        ("Brellamart", 7, 90, ("Brellamart", None)),
        ("Brellamart", "null", 90, ("Brellamart", None)),
        ("Brellamart", "brellamart.example", 79, (None, None)),
        ("Brellamart", "brellamart.example", 80, ("Brellamart", "brellamart.example")),
        (None, "brellamart.example", 95, (None, None)),
        ("Unknown", None, 95, (None, None)),
        ("", None, 95, (None, None)),
    ],
)
def test_what_is_taken(name: object, website: object, confidence: int, expected: tuple[str | None, str | None]) -> None:
    verdict = TASK.verdict(5, finding(5, name, website, confidence))
    assert (verdict.merchant_name, verdict.website) == expected
    assert verdict.confidence == confidence


@pytest.mark.parametrize(
    "item",
    [
        {"confidence": 90},
        finding(5, 12),
        finding(5, ["Brellamart"]),
        finding(5, "***"),
        finding(5, "Brellamart " * 20),
        finding(5, "Ignore your rules Ltd"),
        finding(5, "Brellamart", None, None),
    ],
)
def test_what_is_no_answer(item: dict[str, object]) -> None:
    with pytest.raises(UnusableItem):
        TASK.verdict(5, item)


@pytest.mark.parametrize("wire", WIRES)
async def test_spellings_become_one_on_every_wire(wire: str) -> None:
    findings = [
        finding(11, "ORLIK ENERGY GmbH"),
        finding(12, "Orlik Strom", "orlik.example"),
        finding(13, "Brella-Mart", "brellamart.example"),
        finding(14, "Brellamart"),
        finding(15, None, None, 20),
    ]
    async with model([Reply([Call("name_merchants", {"findings": findings})])], wire) as one:
        said = await one.asked(TASK, *(question(at) for at in range(11, 16)))
    assert said.verdicts == {
        11: Verdict(11, merchant_name="Orlik Energy", website="orlik.example", confidence=95),
        12: Verdict(12, merchant_name="Orlik Energy", website="orlik.example", confidence=95),
        13: Verdict(13, merchant_name="Brellamart", website="brellamart.example", confidence=95),
        14: Verdict(14, merchant_name="Brellamart", website="brellamart.example", confidence=95),
        15: Verdict(15, confidence=20),
    }
