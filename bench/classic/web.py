"""The peer's web process: debits the wallet, writes the job, commits, then hands it to Celery."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.classic.tables import DATABASE_URL, Job, Wallet
from bench.classic.tasks import make

PRICE = 1
sessions = async_sessionmaker(
    create_async_engine(DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://"), pool_size=16, max_overflow=0),
    expire_on_commit=False,
)
app = FastAPI()


class Wish(BaseModel):
    """What a member asks for."""

    tool: str
    input: dict[str, Any]


@app.post("/jobs", status_code=202)
async def submit(wish: Wish, x_member: Annotated[UUID, Header()]) -> dict[str, str]:
    async with sessions() as db, db.begin():
        debit = update(Wallet).where(Wallet.member_id == x_member, Wallet.credits >= PRICE)
        paid = await db.execute(debit.values(credits=Wallet.credits - PRICE).returning(Wallet.credits))
        if paid.scalar_one_or_none() is None:
            raise HTTPException(402, "not enough credits")
        job = Job(id=uuid4(), member_id=x_member, tool=wish.tool, input=wish.input, price=PRICE)
        db.add(job)
    make.delay(str(job.id), wish.input.get("seconds", 0))
    return {"id": str(job.id)}
