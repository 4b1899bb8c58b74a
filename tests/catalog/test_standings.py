"""How engines are: written by workers, shown in the console and by health, forgotten with the worker."""

from __future__ import annotations

from sqlalchemy import text
from tests.roles import Person

from atelier.base.db import Acting
from atelier.catalog.standings import Noting
from atelier.engines.engine import Condition, Standing
from atelier.spine import Studio


class Told:
    """Engines that are as they are told."""

    def __init__(self, **standings: Standing) -> None:
        self.told = standings

    def standings(self) -> dict[str, Standing]:
        return self.told


async def test_an_engine_in_trouble_is_seen_in_the_console_and_in_health(operator: Person, studio: Studio) -> None:
    told = Told(diffusers=Standing(Condition.READY, 1, 3_000_000_000, 12_000_000_000, "fp8-readers"))
    noting = Noting(studio.worker_db, told)  # type: ignore[arg-type]  # only asked for its standings
    assert 'id="standings"' not in (await operator.client.get("/console/models")).text
    await noting.note()
    page = (await operator.client.get("/console/models")).text
    for words in ("Models that run here", "ready", "3.0 GB of memory", "12.0 GB on the GPU", "placed: fp8-readers"):
        assert words in page
    assert (await operator.client.get("/health/ready")).json()["engines"] == "ok"
    for condition in (Condition.DEGRADED, Condition.FAILED):
        told.told = {"diffusers": Standing(condition)}
        await noting.note()
        assert f">{condition}<" in (await operator.client.get("/console/models")).text
        assert (await operator.client.get("/health/ready")).json()["engines"] == condition


async def test_a_worker_that_says_nothing_any_more_is_forgotten(operator: Person, studio: Studio) -> None:
    told = Told(diffusers=Standing(Condition.FAILED))
    await Noting(studio.worker_db, told).note()  # type: ignore[arg-type]
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        await db.execute(text("UPDATE engine_standings SET at = now() - interval '1 minute', worker = 'gone'"))
    assert (await operator.client.get("/health/ready")).json()["engines"] == "ok"
    await Noting(studio.worker_db, Told()).note()  # type: ignore[arg-type]
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        assert (await db.execute(text("SELECT count(*) FROM engine_standings"))).scalar_one() == 0
