"""Runs whose workers are killed at random moments: everything is filed once, and little is asked again."""

from pathlib import Path

import pytest

from .killing import killed_run

pytestmark = pytest.mark.anyio
COUNT, KILLS, AT_ONCE = 300, 2, 2


@pytest.mark.parametrize("workers", [1, 2])
async def test_every_transaction_is_filed_once(tmp_path: Path, workers: int) -> None:
    found = await killed_run(
        tmp_path, count=COUNT, workers=workers, kills=KILLS, latency=0.3, at_once=AT_ONCE, seed=workers
    )
    assert found.run.state == "completed"
    assert (found.run.filed, found.run.left, found.run.unanswered) == (COUNT, 0, 0)
    assert sorted(found.changes.values()) == [1] * COUNT
    batches = len(found.requests)
    assert batches == found.batches == COUNT // 25
    # What was under way when a worker was killed is asked again, once for each kill, and nothing else is: what was
    # being asked, and what was answered and not written yet, while others were asked in its place.
    assert max(found.requests.values()) <= 1 + KILLS
    assert found.requests.total() <= batches + KILLS * 2 * AT_ONCE
    # A row is written before its request is sent: a kill in between leaves one that nobody saw.
    assert found.requests.total() <= found.usage_rows <= found.requests.total() + KILLS * AT_ONCE
