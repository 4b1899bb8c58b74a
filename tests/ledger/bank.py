"""A bank whose every verb is a transaction on the connection that would make it, and the one who can break it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from tests.conftest import SECRET

from atelier import ledger
from atelier.base.clock import now
from atelier.base.db import Acting, Database, act, connect, rows_changed
from atelier.base.ids import new_id

STUDIO = Acting.for_studio()


@dataclass(frozen=True)
class Bank:
    """The three roles' connections to one database."""

    web: Database
    worker: Database
    operator: Database

    async def member(self, credits: int = 0) -> UUID:
        """A new member with that many credits."""
        member_id = new_id()
        async with self.web.transaction(Acting.member(member_id)) as db:
            await ledger.open_wallet(db, member_id=member_id)
        if credits:
            await self.grant(member_id, credits)
        return member_id

    async def grant(self, member_id: UUID, amount: int, key: str | None = None) -> bool:
        async with self.operator.transaction(STUDIO) as db:
            return await ledger.grant(db, member_id=member_id, amount=amount, key=key or str(new_id()), memo="A gift")

    async def lot(self, member_id: UUID, amount: int, days: float | None = None, kind: str = "promotion") -> UUID:
        """The id of a new lot, which is its transfer's; it expires in so many days, or never."""
        key = str(new_id())
        async with self.operator.transaction(STUDIO) as db:
            soon = None if days is None else now() + timedelta(days=days)
            await ledger.move(db, kind, member_id=member_id, amount=amount, key=key, expires_at=soon)
            found = await db.execute(text("SELECT id FROM transfers WHERE key = :key"), {"key": f"{kind}:{key}"})
            return found.scalar_one()  # type: ignore[no-any-return] # a UUID column

    async def move(self, kind: str, member_id: UUID, amount: int, key: str | None = None) -> bool:
        async with self.worker.transaction(STUDIO) as db:
            return await ledger.move(db, kind, member_id=member_id, amount=amount, key=key or str(new_id()))

    async def reverse(self, transfer_id: UUID, *, owes: bool = False) -> bool:
        async with self.operator.transaction(STUDIO) as db:
            return await ledger.reverse(db, transfer_id=transfer_id, owes=owes)

    async def lots(self, member_id: UUID) -> list[int]:
        """What is left of each of the member's lots, in the order in which they came."""
        async with self.web.transaction(Acting.member(member_id)) as db:
            query = text("SELECT rest FROM lots WHERE member_id = :member ORDER BY created_at, id")
            return list((await db.execute(query, {"member": member_id})).scalars())

    async def owed(self, member_id: UUID) -> int:
        async with self.web.transaction(Acting.member(member_id)) as db:
            return (await ledger.balance(db, member_id=member_id)).owed

    async def hold(
        self, member_id: UUID, amount: int, job_id: UUID | None = None, kind: ledger.holds.Kind = "job"
    ) -> UUID:
        """The job whose price is held now."""
        job_id = job_id or new_id()
        async with self.web.transaction(Acting.member(member_id)) as db:
            await ledger.hold(db, job_id=job_id, member_id=member_id, amount=amount, memo="4 pictures", kind=kind)
        return job_id

    async def extend(self, job_id: UUID, total: int) -> bool:
        async with self.worker.transaction(STUDIO) as db:
            return await ledger.extend(db, job_id=job_id, total=total)

    async def settle(self, job_id: UUID, used: int) -> bool:
        async with self.worker.transaction(STUDIO) as db:
            return await ledger.settle(db, job_id=job_id, used=used)

    async def release(self, job_id: UUID) -> bool:
        async with self.worker.transaction(STUDIO) as db:
            return await ledger.release(db, job_id=job_id)

    async def balance(self, member_id: UUID) -> tuple[int, int]:
        """Available and held."""
        async with self.web.transaction(Acting.member(member_id)) as db:
            found = await ledger.balance(db, member_id=member_id)
        return found.available, found.held

    async def total(self, kind: str) -> int:
        """What all accounts of a kind have together."""
        async with self.operator.transaction(STUDIO) as db:
            query = "SELECT coalesce(sum(amount), 0)::bigint FROM postings JOIN accounts a ON a.id = account_id"
            return int((await db.execute(text(f"{query} WHERE kind = :kind"), {"kind": kind})).scalar_one())

    async def check(self) -> ledger.Report:
        async with self.operator.transaction(STUDIO) as db:
            return await ledger.check(db)


@contextmanager
def open_bank(owner_url: str) -> Iterator[tuple[Bank, asyncio.Runner]]:
    """A bank whose connections live in a loop of its own, for what is not asynchronous itself."""
    bank = Bank(*(connect(owner_url, role, SECRET, pool=1) for role in ("web", "worker", "operator")))
    with asyncio.Runner() as runner:
        try:
            yield bank, runner
        finally:
            for database in (bank.web, bank.worker, bank.operator):
                runner.run(database.close())


@dataclass(frozen=True)
class Saboteur:
    """The superuser, past every trigger and foreign key."""

    url: str

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.url) as db:
            db.execute("SET session_replication_role = replica")
            yield db

    def execute(self, statement: str, **values: object) -> None:
        with self._connected() as db:
            assert db.execute(statement, values).rowcount > 0, "the sabotage must change something"

    @asynccontextmanager
    async def damaged(self, statements: str) -> AsyncIterator[AsyncSession]:
        """The studio's own view of a database in which `statements` have been executed; gone afterwards."""
        engine = create_async_engine(make_url(self.url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
        async with AsyncSession(engine) as db, db.begin() as transaction:
            await db.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements.split(";"):
                assert rows_changed(await db.execute(text(statement))) != 0, "the sabotage must change something"
            await act(db, STUDIO)
            yield db
            await transaction.rollback()
        await engine.dispose()

    def add_job(self, job_id: UUID, member_id: UUID, state: str) -> None:
        """A job in a state, as its own room would have left it."""
        ended = state in ("succeeded", "failed", "canceled")
        self.execute(
            "INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, state, deadline_s,"
            " expected, price, charged, finished_at, seal) VALUES (%(id)s, %(member)s, 'image.generate', 'sketch',"
            " 'sketch', 'A boat', '{}', '{}', 'page', %(state)s, 120, 4, 0, %(charged)s, "
            " CASE WHEN %(ended)s THEN now() END, '')",
            id=job_id,
            member=member_id,
            state=state,
            charged=0 if ended else None,
            ended=ended,
        )
