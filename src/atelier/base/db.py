"""Database handles: three connecting roles, and transactions that say for whom they act.

PostgreSQL's row-level security decides what a transaction sees; `Acting` tells it for whom. A query that forgets its
`WHERE` finds nothing of anybody else's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import asyncpg
from sqlalchemy import URL, MetaData, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from atelier.base import clock, request_origin
from atelier.base.crypto import derive
from atelier.base.ids import new_id
from atelier.base.outages import DatabaseGone

Role = Literal["web", "worker", "operator"]
POOL = 8  # connections of one role in one process
ROLES: tuple[Role, ...] = ("web", "worker", "operator")


class Table(DeclarativeBase):
    """The base of every table's row class; constraints get the same names everywhere."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom a transaction acts; row-level security reads it.

    `member`: the rows of one member. `knock`: the one row whose secret digest or e-mail the caller names, for sign-in.
    `studio`: everybody's rows, for workers and operators; the database ignores it on a web connection.
    """

    member_id: UUID | None = None
    knock: str = ""
    studio: bool = False

    @classmethod
    def nobody(cls) -> Acting:
        return cls()

    @classmethod
    def member(cls, member_id: UUID) -> Acting:
        return cls(member_id=member_id)

    @classmethod
    def knocking(cls, secret: str) -> Acting:
        return cls(knock=secret)

    @classmethod
    def for_studio(cls, operator_id: UUID | None = None) -> Acting:
        return cls(member_id=operator_id, studio=True)


_STATE = text(
    "SELECT set_config('atelier.member', :member, true), set_config('atelier.knock', :knock, true),"
    " set_config('atelier.studio', :studio, true)"
)


async def act(db: AsyncSession, acting: Acting) -> None:
    """State for whom the transaction of `db` acts from here on."""
    await db.execute(
        _STATE,
        {
            "member": str(acting.member_id) if acting.member_id else "",
            "knock": acting.knock,
            "studio": "on" if acting.studio else "off",
        },
    )


# what each transaction says, parsed and planned once a connection
_PREPARE = (
    "PREPARE atelier_acting AS SELECT set_config('atelier.member', $1, true), set_config('atelier.knock', $2, true),"
    " set_config('atelier.studio', $3, true), set_config('atelier.actor', $4, true),"
    " set_config('atelier.address', $5, true);"
    # a record that nobody reads: its own commit waits until the log up to it is on the disk
    " PREPARE atelier_flush AS SELECT pg_logical_emit_message(true, 'atelier', '');"
)
_FLUSH = "EXECUTE atelier_flush;"
# the same without a prepared statement
_STATE_PLAIN = (
    "SELECT set_config('atelier.member', {}, true), set_config('atelier.knock', {}, true),"
    " set_config('atelier.studio', {}, true), set_config('atelier.actor', {}, true),"
    " set_config('atelier.address', {}, true);"
)
_FLUSH_PLAIN = "SELECT pg_logical_emit_message(true, 'atelier', '');"


class _Connection(asyncpg.Connection):
    """A connection that begins a transaction and says for whom it acts in one round trip.

    In its first transaction it also asks for the time, by which this process goes.
    """

    acting: Acting | None = None
    together = False
    prepared = False
    prepares = True
    synchronized = False

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:
        if self.acting is not None and query.startswith("BEGIN"):
            if self.prepares and not self.prepared:
                await super().execute(_PREPARE)
                self.prepared = True
            query, self.acting, self.together = f"{query} {_stated(self.acting, prepared=self.prepares)}", None, False
            begun = await super().execute(query, *args, timeout=timeout)
            if not self.synchronized:  # within the transaction: a pooler gives it one server for all its statements
                await clock.synchronize(self.fetchval)
                self.synchronized = True
            return begun
        if self.together and query.startswith("COMMIT"):
            flush = _FLUSH if self.prepares else _FLUSH_PLAIN
            query, self.together = f"SET LOCAL synchronous_commit = off; {query} {flush}", False
        return await super().execute(query, *args, timeout=timeout)


class _PlainConnection(_Connection):
    """The same for a pooler that hands another server's connection to each transaction: nothing is prepared on it."""

    prepares = False


def _stated(acting: Acting, *, prepared: bool) -> str:
    said = request_origin.current()
    values = (acting.member_id, acting.knock, "on" if acting.studio else "off", said.actor_id, said.address)
    written = ", ".join(_literal(str(value or "")) for value in values)
    # a transaction that was made to read cannot be made to write again: the database refuses after its first statement
    reads = " SELECT set_config('transaction_read_only', 'on', true);" if said.reads else ""
    if prepared:
        return f"EXECUTE atelier_acting({written});{reads}"
    local = "SET LOCAL jit = off; "  # a pooler takes no settings of a connection
    return local + _STATE_PLAIN.format(*(_literal(str(value or "")) for value in values)) + reads


def _literal(value: str) -> str:
    quoted = value.replace("'", "''")  # standard_conforming_strings is on, so nothing else needs care
    return f"'{quoted}'"


async def commit_together(db: AsyncSession) -> None:
    """Have this transaction's commit wait for the disk together with others, instead of one after another.

    PostgreSQL lets only one transaction that notifies commit at a time, the disk's answer included. So this one commits
    first and waits for the disk after that, in the same round trip: its caller still goes on only when all is safe.
    """
    _driver(db.bind).together = True


def _driver(connection: object) -> _Connection:
    assert isinstance(connection, AsyncConnection)
    assert connection.sync_connection is not None
    driver = connection.sync_connection.connection.driver_connection
    assert isinstance(driver, _Connection)
    return driver


class Database:
    """One role's connections to one database; `transaction` is the only way in."""

    def __init__(self, engine: AsyncEngine, role: Role) -> None:
        self.engine = engine
        self.role = role

    @asynccontextmanager
    async def transaction(self, acting: Acting) -> AsyncIterator[AsyncSession]:
        """A transaction on behalf of `acting`: committed at the end, rolled back by an exception.

        `DatabaseGone` says that there is no connection to be had.
        """
        # the session joins a transaction of its connection: one of its own would cost half as much again
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self.engine.connect())
            except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise DatabaseGone(f"{type(error).__name__}: {error}") from error
            await stack.enter_async_context(connection.begin())
            _driver(connection).acting = acting  # stated as the first statement begins the transaction
            db = AsyncSession(connection, expire_on_commit=False, autoflush=False)
            try:
                yield db
                await db.flush()
            finally:
                db.sync_session.close()

    async def close(self) -> None:
        await self.engine.dispose()


def connect(owner_url: str, role: Role, secret: str, *, pool: int = POOL, prepare: bool = True) -> Database:
    """Open a role's connections to the database that the owner's URL names (lazily; nothing is sent yet).

    At most `pool` at a time. Without `prepare`, no statement is prepared under a name that must still be there in the
    next transaction, as behind PgBouncer with `pool_mode = transaction`.
    """
    server_settings = {"application_name": f"atelier {role}"}
    options: dict[str, Any] = {"connection_class": _Connection, "server_settings": server_settings | {"jit": "off"}}
    if not prepare:
        options = {
            "connection_class": _PlainConnection,
            "server_settings": server_settings,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"atelier_{new_id().hex}",  # two clients may share a server
        }
    engine = create_async_engine(
        role_url(owner_url, role, secret).set(drivername="postgresql+asyncpg"),
        pool_size=pool,
        max_overflow=0,  # a connection more for a moment would cost more than it spares
        pool_timeout=10,
        hide_parameters=True,  # what members write must not come into the log with an error
        connect_args=options,
    )
    return Database(engine, role)


def role_url(owner_url: str, role: Role, secret: str) -> URL:
    """The URL under which a role signs in: the owner's, with the role's name and the password derived for it."""
    return make_url(owner_url).set(
        drivername="postgresql", username=f"atelier_{role}", password=role_password(secret, role)
    )


def role_password(secret: str, role: Role) -> str:
    """A role's database password, derived from the studio's secret, so that one URL and one secret configure all."""
    return derive(secret, f"database role {role}").hex()


def libpq_url(url: URL | str) -> str:
    """The same URL as libpq's programs and psycopg write it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def rows_changed(result: Any) -> int:
    """How many rows a statement wrote."""
    return int(result.rowcount)
