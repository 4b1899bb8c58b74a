"""What the database itself refuses, by plain SQL on the web role's own connection."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.roles import Person

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database
from atelier.people import tokens
from atelier.web.scopes import Scope

TABLES = ("members", "sessions", "tokens", "invitations")


async def _rows(database: Database, acting: Acting, statement: str) -> list[tuple[object, ...]]:
    async with database.transaction(acting) as db:
        return [tuple(row) for row in await db.execute(text(statement))]


async def test_nobody_sees_nothing(web_db: Database, maker: Person, operator: Person) -> None:
    for table in TABLES:
        assert await _rows(web_db, Acting.nobody(), f"SELECT * FROM {table}") == []
        assert await _rows(web_db, Acting(studio=True), f"SELECT * FROM {table}") == []


async def test_a_stranger_reads_no_hash_and_no_digest(web_db: Database, maker: Person, stranger: Person) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await tokens.create(db, member_id=maker.member_id, name="laptop", scopes=Scope)
    me = Acting.member(stranger.member_id)
    assert await _rows(web_db, me, "SELECT id FROM members") == [(stranger.member_id,)]
    assert await _rows(web_db, me, "SELECT member_id FROM sessions") == [(stranger.member_id,)]
    assert await _rows(web_db, me, "SELECT * FROM tokens") == []
    one = f"SELECT password_hash FROM members WHERE id = '{maker.member_id}'"
    assert await _rows(web_db, me, one) == []


async def test_a_knock_opens_one_door_and_only_to_look(web_db: Database, maker: Person, stranger: Person) -> None:
    by_mail = Acting.knocking(maker.email)
    assert await _rows(web_db, by_mail, "SELECT id FROM members") == [(maker.member_id,)]
    assert await _rows(web_db, by_mail, "SELECT * FROM sessions") == []
    by_cookie = Acting.knocking(digest(maker.secret))
    assert await _rows(web_db, by_cookie, "SELECT id FROM members") == [(maker.member_id,)]
    assert await _rows(web_db, by_cookie, "SELECT member_id FROM sessions") == [(maker.member_id,)]
    for acting in (by_mail, by_cookie):
        for change in ("UPDATE members SET name = 'x' RETURNING id", "DELETE FROM sessions RETURNING id"):
            assert await _rows(web_db, acting, change) == []
        assert await _rows(web_db, acting, "SELECT * FROM accounts") == []
    for knock in ("", "%", "_", maker.secret, maker.email.upper()):
        assert await _rows(web_db, Acting.knocking(knock), "SELECT id FROM members") == []


FORBIDDEN = (
    "UPDATE members SET role = 'operator'",
    "UPDATE members SET state = 'active'",
    "UPDATE members SET email = 'x@example.org'",
    "UPDATE members SET id = gen_random_uuid()",
    "INSERT INTO members (id, email, name, role) VALUES (gen_random_uuid(), 'x@example.org', 'x', 'operator')",
    "DELETE FROM members",
    "UPDATE sessions SET expires_at = 'infinity'",
    "UPDATE sessions SET digest = 'x'",
    "UPDATE tokens SET expires_at = NULL",
    "INSERT INTO invitations (id, digest, role, expires_at) VALUES (gen_random_uuid(), 'x', 'operator', now())",
    "UPDATE invitations SET used_at = NULL",
    "ALTER TABLE members DISABLE ROW LEVEL SECURITY",
    "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET ROLE atelier_owner",
    "SET SESSION AUTHORIZATION atelier_operator",
)


async def test_what_the_web_role_may_never_do(web_db: Database, maker: Person) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            async with web_db.transaction(Acting.member(maker.member_id)) as db:
                await db.execute(text(statement))
        assert await _rows(web_db, Acting.member(maker.member_id), "SELECT role FROM members") == [("member",)]


async def test_the_web_role_writes_only_for_whom_it_acts(web_db: Database, maker: Person, stranger: Person) -> None:
    for statement in (
        f"INSERT INTO sessions (id, member_id, digest, agent, address, expires_at)"
        f" VALUES (gen_random_uuid(), '{maker.member_id}', 'x', '', '', 'infinity')",
        f"INSERT INTO tokens (id, member_id, name, digest, hint)"
        f" VALUES (gen_random_uuid(), '{maker.member_id}', '', 'x', '')",
        "INSERT INTO members (id, email, name) VALUES (gen_random_uuid(), 'x@example.org', 'x')",
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with web_db.transaction(Acting.member(stranger.member_id)) as db:
                await db.execute(text(statement))


async def test_no_word_opens_the_function_that_raises_roles(web_db: Database, stranger: Person) -> None:
    for secret in ("", "x", "A" * 43, "' OR true --"):
        async with web_db.transaction(Acting.member(stranger.member_id)) as db:
            given = await db.execute(text("SELECT people_accept_invitation(:secret)"), {"secret": secret})
            assert given.scalar_one() is None
    assert await _rows(web_db, Acting.member(stranger.member_id), "SELECT role FROM members") == [("member",)]


async def test_workers_and_operators_read_no_secrets(worker_db: Database, operator_db: Database) -> None:
    for column, table in (("password_hash", "members"), ("digest", "sessions"), ("digest", "tokens")):
        for database in (worker_db, operator_db):
            with pytest.raises(DBAPIError, match="permission denied"):
                await _rows(database, Acting.for_studio(), f"SELECT {column} FROM {table}")


async def test_an_e_mail_is_unique_however_it_is_written(web_db: Database, maker: Person) -> None:
    with pytest.raises(DBAPIError, match="email"):
        async with web_db.transaction(Acting.member(maker.member_id)) as db:
            await db.execute(
                text("INSERT INTO members (id, email, name) VALUES (:id, 'MAKER@example.org', 'x')"),
                {"id": maker.member_id},
            )
