"""A worker is killed while a provider works for it: the next one waits for the same predictions and starts none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.faults.conftest import Scene
from tests.remote import There, provider

from atelier.ops.drill.place import Place

pytestmark = pytest.mark.fault


@pytest.fixture
async def there() -> AsyncIterator[There]:
    async with provider() as found:
        yield found


@pytest.fixture
def place(place: Place, there: There) -> Place:
    """The place, whose models are the provider's."""
    (place.home / "there.key").write_text(there.behind.key)
    (place.home / "catalog.toml").write_text(there.catalog(str(place.home / "there.key")))
    return place


async def test_a_killed_workers_predictions_are_waited_for_and_not_started_again(scene: Scene, there: There) -> None:
    there.behind.held.clear()
    before = await scene.credits()
    scene.place.start("worker")
    job = await scene.begin(count=2)
    async with asyncio.timeout(90):
        while len(json.loads((await scene.rows("SELECT reference FROM jobs"))[0].reference or "{}")) < 2:
            await asyncio.sleep(0.05)
    scene.place.kill("worker")
    there.behind.held.set()
    scene.place.start("worker")
    ended = await scene.until(job, "succeeded", "failed", seconds=180)
    assert (ended.state, ended.error_message, ended.charged) == ("succeeded", None, 4)
    assert there.created == 2
    assert ended.cost["usd_micro"] == 6000
    assert await scene.credits() == before - 4
