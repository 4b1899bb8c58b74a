"""What a provider's models brought in and cost, for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

DAYS = 30
_BY_MODEL = text(
    """SELECT model, count(*) AS runs, sum(made) AS made, sum(coalesce(charged, 0)) AS credits,
              sum(coalesce((cost ->> 'usd_micro')::bigint, 0)) AS usd_micro
       FROM jobs WHERE queue = :engine AND finished_at > now() - make_interval(days => :days)
       GROUP BY model ORDER BY runs DESC, model"""
)


@dataclass(frozen=True, slots=True)
class Earned:
    """One model's finished runs: how many, their files, the credits that members paid, and the provider's bill."""

    model: str
    runs: int
    made: int
    credits: int
    usd_micro: int

    @property
    def dollars(self) -> str:
        """The bill in US dollars, to a tenth of a cent."""
        return f"{self.usd_micro / 1_000_000:,.3f}"


async def earned(db: AsyncSession, engine_id: str) -> Sequence[Earned]:
    """The models of an engine that had runs in the last 30 days."""
    rows = await db.execute(_BY_MODEL, {"engine": engine_id, "days": DAYS})
    return [Earned(row.model, row.runs, int(row.made), int(row.credits), int(row.usd_micro)) for row in rows]


async def open_runs(db: AsyncSession, engine_id: str) -> int:
    """How many runs of an engine wait or are being made."""
    open_ = text("SELECT count(*) FROM jobs WHERE queue = :engine AND finished_at IS NULL")
    return int((await db.execute(open_, {"engine": engine_id})).scalar_one())
