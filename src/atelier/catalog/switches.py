"""Which models the operator has switched off."""

from __future__ import annotations

from sqlalchemy import Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base import events
from atelier.base.db import Table
from atelier.base.ids import UUID


class ModelOff(Table):
    """A model that is not on offer for now."""

    __tablename__ = "models_off"
    model: Mapped[str] = mapped_column(Text, primary_key=True)


async def switched_off(db: AsyncSession) -> frozenset[str]:
    """The ids of the models that are off."""
    return frozenset((await db.execute(select(ModelOff.model))).scalars())


async def switch(db: AsyncSession, model: str, *, on: bool, by: UUID) -> None:
    """Put a model on offer or take it off; jobs that wait go on. Only for operators."""
    if on:
        await db.execute(delete(ModelOff).where(ModelOff.model == model))
    else:
        await db.execute(insert(ModelOff).values(model=model).on_conflict_do_nothing())
    await events.record(db, "model:switched", member=by, model=model, on=on)
