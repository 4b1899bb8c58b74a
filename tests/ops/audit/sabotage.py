"""One sabotage for each check: what a careless change, a curious operator or an intruder would do to a studio."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

import pytest
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.ops.audit.conftest import Scene
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from atelier import assets
from atelier.assets import Assets, Store
from atelier.assets.credentials import Origin
from atelier.assets.intake import Brought
from atelier.assets.keep import Laid
from atelier.assets.links import Links
from atelier.base import events, migrate, unfinished
from atelier.base.crypto import digest
from atelier.base.db import Acting, Database
from atelier.base.file_limits import Limits
from atelier.base.ids import new_id
from atelier.base.isolation import isolate
from atelier.base.log import get_log
from atelier.base.source_type import SourceType
from atelier.base.unfinished import Mark
from atelier.catalog import Catalog, Model, Snapshot
from atelier.engines import Crashed, Engines, Made, Work
from atelier.jobs import cancel
from atelier.limits import Limit, Limiter, Standing
from atelier.limits.limit import NONE, PAGES
from atelier.media.pool import Pool
from atelier.ops.audit.checks import files, libraries, place, secrets
from atelier.ops.audit.guests import picture
from atelier.people import identify, sessions, tokens
from atelier.people.access_tokens import Access as Said
from atelier.people.factors import entrance
from atelier.people.factors.entrance import Opened
from atelier.people.identify import Found
from atelier.people.passwords import Passwords
from atelier.people.tables import Token
from atelier.spine.request import OpenStudio
from atelier.web import confirmed, scopes
from atelier.web.access import Access
from atelier.web.caller import Caller, Role
from atelier.web.hosts import Hosts
from atelier.web.routes import Routes, Rule, every
from atelier.web.scopes import Scope as TokenScope
from atelier.web.streams import Streams

Sabotage = Callable[[Scene, pytest.MonkeyPatch], Awaitable[None]]
SABOTAGES: dict[str, list[Sabotage]] = {}
REPLICA = "SET session_replication_role = replica"  # no trigger of ours sees what follows


# Under which addresses strangers ask in a sabotage that only these can show: all of them are asked in a good studio.
ASKED = {
    "a_route_that_looks_for_the_studio": "/leak",
    "a_route_that_breaks": "/broken",
    "a_route_that_changes_anybodys": "/touch",
    "a_parameter_that_the_audit_cannot_fill": "/novel",
    "a_ban_that_nobody_looks_at": "/api/v1/jobs",
    "a_route_whose_owner_filter_is_gone": "/api/v1/jobs",
}


def against(check: str) -> Callable[[Sabotage], Sabotage]:
    """Keep a sabotage under the check that must see it."""

    def keep(sabotage: Sabotage) -> Sabotage:
        SABOTAGES.setdefault(check, []).append(sabotage)
        return sabotage

    return keep


# --- routes and limits


@against("routes.rules")
async def a_route_made_by_hand(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_api_route("/bare", lambda: "hello")


@against("routes.signed_out")
async def everybody_is_somebody(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    identify = scene.app.state.parts.identify

    async def anybody(request: Request) -> Caller | None:
        found: Caller | None = await identify(request)
        if found is not None or request.method != "GET":
            return found
        return Caller(new_id(), "A", "a@example.org", Role.OPERATOR, session_id=new_id())

    scene.parts(identify=anybody)


@against("routes.operators")
async def every_member_is_an_operator(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    identify = scene.app.state.parts.identify

    async def promoted(request: Request) -> Caller | None:
        found: Caller | None = await identify(request)
        if request.method != "GET":  # what such an operator would do to the audit's own members is not the point
            return found
        return found and Caller(found.member_id, found.name, found.email, Role.OPERATOR, session_id=found.session_id)

    scene.parts(identify=promoted)


@against("routes.strangers")
async def a_route_that_looks_for_the_studio(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/leak/{job_id}", access=Access.MEMBER, limit=PAGES)
    async def leak(job_id: UUID, studio: OpenStudio) -> str | None:
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            found = await db.execute(text("SELECT title FROM jobs WHERE id = :job"), {"job": job_id})
            return found.scalar_one_or_none()

    scene.app.include_router(routes)


@against("routes.strangers")
async def a_route_that_breaks(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/broken/{asset_id}", access=Access.MEMBER, limit=PAGES)
    async def broken(asset_id: UUID) -> str:
        raise ValueError(asset_id)

    scene.app.include_router(routes)


@against("routes.strangers")
async def a_route_that_changes_anybodys(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.post("/touch", access=Access.MEMBER, limit=PAGES)
    async def touch(request: Request, studio: OpenStudio) -> None:
        form = await request.form()
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            await db.execute(text("UPDATE jobs SET title = 'x' WHERE id = :job"), {"job": UUID(str(form["job_id"]))})

    scene.app.include_router(routes)


@against("routes.strangers")
async def a_parameter_that_the_audit_cannot_fill(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/novel/{novel_id}", access=Access.MEMBER, limit=PAGES)
    async def novel(novel_id: str) -> None:
        return

    scene.app.include_router(routes)


@against("routes.strangers")
async def a_ban_that_nobody_looks_at(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    identify = scene.app.state.parts.identify

    async def whoever(request: Request) -> Caller | None:
        found: Caller | None = await identify(request)
        secret = request.cookies.get("atelier")
        if found is not None or secret is None:
            return found
        async with scene.studio.web_db.transaction(Acting.knocking(digest(secret))) as db:
            row = (await db.execute(text("SELECT id, name, email FROM members"))).first()
        return Caller(row.id, row.name, row.email, Role.MEMBER, session_id=new_id()) if row else None

    scene.parts(identify=whoever)


@against("routes.strangers")
async def a_route_whose_owner_filter_is_gone(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("CREATE POLICY lax ON jobs FOR SELECT TO atelier_web USING (id IS NOT NULL)")


@against("limits.routes")
async def a_route_without_limit(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/endless", access=Access.PUBLIC, limit=NONE)
    async def endless() -> None:
        return

    scene.app.include_router(routes)


@against("limits.refused")
async def a_rule_that_counts_before_it_decides(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    decide = Rule._allow

    async def counts_first(rule: Rule, request: Request, caller: Caller | None) -> None:
        await request.app.state.parts.limiter.hit(rule.limit, "whoever")
        await decide(rule, request, caller)

    patch.setattr(Rule, "_allow", counts_first)


class Blind(Limiter):
    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        return ()


@against("limits.count")
async def a_limiter_that_does_not_count(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(limiter=Blind())


@against("limits.streams")
async def streams_that_nobody_counts(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.parts(streams=Streams(most=500))


@against("limits.shared")
async def a_redis_that_is_gone(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(limiter=Limiter("redis://127.0.0.1:9/0"))


# --- second factors


@against("factors.confirmed")
async def an_operators_write_that_asks_nobody(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    _, rule = next((route, rule) for route, rule in every(scene.app) if rule is not None and rule.confirmed)
    patch.setattr(rule, "confirmed", False)
    patch.setattr(rule, "access", Access.OPERATOR)


@against("factors.confirmed")
async def a_confirmation_that_lasts_for_ever(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(confirmed, "fresh", lambda caller, at: True)


@against("factors.sealed")
async def a_secret_as_it_is(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    row = f"'{new_id()}', '{await scene.member()}', 'JBSWY3DPEHPK3PXP'"
    scene.sql(f"INSERT INTO authenticators (id, member_id, secret) VALUES ({row})")


@against("factors.half")
async def a_door_that_forgets_factors(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    async def open_door(db: AsyncSession, *, wanted: str, **more: Any) -> Opened:
        return Opened(await sessions.start(db, **more))

    patch.setattr(entrance, "open_door", open_door)


# --- who guesses


@against("guessing.locks")
async def a_door_that_forgets(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """CREATE OR REPLACE FUNCTION sign_in_failed(claim uuid, window_s double precision) RETURNS void
           LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM sign_in_failures WHERE id = claim'"""
    )


@against("guessing.locks")
async def a_door_that_locks_owners_out(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    keys = iter(range(1000))  # each asks for another key, so no cookie is ever believed
    scene.parts(key=lambda purpose: b"account" if "account" in purpose else str(next(keys)).encode())


@against("guessing.address")
async def a_server_that_believes_every_proxy(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(ProxyHeadersMiddleware, trusted_hosts="*")


@against("guessing.standing")
async def a_proxy_that_drops_standings(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, change=lambda name, value: None if name == b"ratelimit" else value)


# --- tokens


@against("tokens.hashed")
async def a_trail_that_keeps_tokens(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    create = tokens.create

    async def noted(db: AsyncSession, *, member_id: UUID, **more: Any) -> tuple[Token, str]:
        token, secret = await create(db, member_id=member_id, **more)
        await events.record(db, "token:noted", member=member_id, words=secret)
        return token, secret

    patch.setattr(tokens, "create", noted)


@against("tokens.scopes")
async def a_route_of_the_api_that_forgets_scopes(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_api_route("/api/v1/news", list, dependencies=[Depends(Rule(Access.MEMBER, PAGES))])


@against("tokens.scopes")
async def a_door_that_looks_at_no_scope(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scopes, "check", lambda scope, caller: None)


@against("tokens.reading")
async def a_route_that_writes_for_who_reads(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.router.routes.append(
        APIRoute(
            "/api/v1/stars",
            lambda: None,
            methods=["POST"],
            dependencies=[Depends(Rule(Access.MEMBER, PAGES, scope=TokenScope.JOBS_READ))],
            openapi_extra={"security": []},
        )
    )


@against("tokens.reuse")
async def a_database_that_forgets_what_was_used(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN NEW.used_at := NULL; RETURN NEW; END $$""",
        "CREATE TRIGGER forget BEFORE UPDATE ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION forget()",
    )


@against("tokens.ended")
async def a_door_that_believes_every_signature(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    async def believed(_: Database, access: Said) -> Found:
        return Found(Caller(access.member_id, "A", "a@example.org", Role.MEMBER, scopes=access.scopes), 60)

    patch.setattr(identify, "_app", believed)


# --- accounts


@against("accounts.keys")
async def keys_that_never_end(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """CREATE OR REPLACE FUNCTION people_spend_key(secret text) RETURNS text LANGUAGE sql SECURITY DEFINER
           SET search_path = public AS $$ SELECT purpose FROM confirmations
           WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex') AND member_id = atelier_member() $$"""
    )


@against("accounts.welcome")
async def a_welcome_for_everybody(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """CREATE OR REPLACE FUNCTION people_welcome(whose text, origin text, most integer, within_s double precision)
           RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT true'"""
    )


@against("accounts.signed_out")
async def a_database_that_tells_nobody(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("DROP TRIGGER changed ON sessions")


@against("accounts.roles")
async def a_web_role_that_gives_roles(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT UPDATE (role) ON members TO atelier_web")


@against("console.opens")
async def a_page_of_the_console_that_breaks(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/console/broken", access=Access.SUPPORT, limit=PAGES)
    async def broken() -> str:
        raise ValueError

    scene.app.include_router(routes)


# --- what is written down


@against("records.final")
async def an_operator_who_tidies_up(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT DELETE ON events TO atelier_operator")


@against("records.final")
async def a_web_role_that_says_who_it_was(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT INSERT (actor_id) ON events TO atelier_web")


@against("records.kept")
async def a_trail_that_forgets_from_where(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("ALTER TABLE events ALTER address DROP DEFAULT")


@against("records.actors")
async def a_trail_that_believes_what_is_claimed(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    claimed = "nullif(current_setting('atelier.actor', true), '')::uuid"
    scene.sql(
        f"""CREATE OR REPLACE FUNCTION atelier_actor() RETURNS uuid LANGUAGE sql STABLE AS
            $$ SELECT coalesce({claimed}, atelier_member()) $$"""
    )


@against("records.forgotten")
async def events_that_nobody_forgets(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("INSERT INTO events (kind, at) VALUES ('session:started', now() - interval '403 days')")


@against("records.readers")
async def a_reader_that_never_comes_on(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("INSERT INTO event_readers (name, xid, id) VALUES ('stuck', '1', 0)")
    scene.sql("INSERT INTO events (kind, at) VALUES ('session:started', now() - interval '6 minutes')")


@against("records.inbox")
async def a_message_that_nobody_can_work_off(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """INSERT INTO inbox (id, source, event_id, body, state, attempts, error, ended_at)
           VALUES (gen_random_uuid(), 'shop', 'one', 'paid', 'failed', 8, 'ValueError: closed', now())"""
    )


@against("records.switches")
async def a_web_role_that_turns_switches(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT INSERT, UPDATE ON flags TO atelier_web")


# --- the database's walls


@against("isolation.forced")
async def a_table_that_does_not_bind_its_owner(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY")


@against("isolation.forced")
async def a_new_table_without_protection(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        "SET ROLE atelier_owner",
        "CREATE TABLE notes (id uuid PRIMARY KEY, member_id uuid)",
        "CREATE INDEX notes_member_idx ON notes (member_id)",
    )


@against("powers.tampering")
async def tables_that_last_a_moment(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    name = make_url(scene.studio.owner_url).database
    scene.sql(f'GRANT TEMPORARY ON DATABASE "{name}" TO PUBLIC')


@against("isolation.pointing")
async def files_that_anybody_may_name(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("DROP TRIGGER own ON assets")


@against("isolation.pointing")
async def mails_that_go_to_anybody(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("DROP TRIGGER own ON mails")


@against("isolation.pointing")
async def tokens_of_anybodys_sign_in(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("DROP TRIGGER own ON refresh_tokens")


@against("isolation.sql")
async def a_policy_that_sees_too_much(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("CREATE POLICY lax ON assets FOR SELECT TO atelier_web USING (id IS NOT NULL)")


@against("isolation.sql")
async def a_new_table_that_takes_rows_in_anybodys_name(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        "SET ROLE atelier_owner",
        "CREATE TABLE notes (id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,"
        " colour text NOT NULL CHECK (colour IN ('red', 'blue')), words text NOT NULL CHECK (length(words) = 64))",
        "CREATE INDEX notes_member_idx ON notes (member_id)",
        *isolate("notes", web="SELECT, INSERT"),
        "CREATE POLICY anybody ON notes FOR INSERT TO atelier_web WITH CHECK (true)",
    )


@against("isolation.sql")
async def a_new_table_that_the_audit_cannot_fill(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        "SET ROLE atelier_owner",
        "CREATE TABLE places (id uuid PRIMARY KEY, member_id uuid NOT NULL, spot point NOT NULL)",
        "CREATE INDEX places_member_idx ON places (member_id)",
        *isolate("places", web="SELECT"),
    )


@against("isolation.sql")
async def a_table_without_owner_that_names_members(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    member = await scene.member()
    scene.sql(
        "SET ROLE atelier_owner",
        "CREATE TABLE likes (id uuid PRIMARY KEY, by uuid REFERENCES members ON DELETE CASCADE)",
        f"INSERT INTO likes VALUES ('{new_id()}', '{member}')",
        "GRANT SELECT ON likes TO atelier_web",
    )


@against("isolation.functions")
async def a_function_that_asks_nobody_who_they_are(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        "SET ROLE atelier_owner",
        """CREATE FUNCTION asset_title(wanted uuid) RETURNS text LANGUAGE sql SECURITY DEFINER
           SET search_path = public AS 'SELECT title FROM assets WHERE id = wanted'""",
    )


@against("isolation.functions")
async def a_function_that_changes_anybodys(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        "SET ROLE atelier_owner",
        """CREATE FUNCTION like_asset(wanted uuid, much integer) RETURNS void LANGUAGE sql SECURITY DEFINER
           SET search_path = public AS 'UPDATE assets SET favourite = true WHERE id = wanted'""",
    )


@against("powers.roles")
async def a_table_of_the_web_roles_own(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("CREATE TABLE scrap (id integer)", "ALTER TABLE scrap OWNER TO atelier_web")


@against("powers.tampering")
async def a_role_that_may_empty_tables(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT TRUNCATE ON events TO atelier_web")


@against("powers.secrets")
async def a_worker_that_reads_hashes(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT SELECT ON members TO atelier_worker")


@against("powers.minting")
async def a_web_role_that_sets_the_terms(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT UPDATE ON ledger_terms TO atelier_web")


@against("powers.rewriting")
async def a_trigger_switched_off(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("ALTER TABLE postings DISABLE TRIGGER final")


# --- who left


@against("leaving.covered")
async def a_new_table_that_mentions_members(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        "SET ROLE atelier_owner",
        "CREATE TABLE gifts (id uuid PRIMARY KEY, giver uuid REFERENCES members ON DELETE CASCADE)",
        "CREATE INDEX gifts_giver_idx ON gifts (giver)",
    )


@against("leaving.erased")
async def a_row_that_was_written_again(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    member = await scene.member()
    scene.sql(f"INSERT INTO erasures (id, ended_at) VALUES ('{member}', now())")


@against("leaving.erased")
async def a_file_that_was_forgotten(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    gone = new_id()
    scene.sql(f"INSERT INTO erasures (id, ended_at) VALUES ('{gone}', now())")
    await scene.studio.assets.store.put(f"{gone}/2026/11/{new_id()}.png", picture(), "image/png")


@against("leaving.in_time")
async def a_round_that_never_comes(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    member = await scene.member()
    scene.sql(
        f"""INSERT INTO departures (member_id, before, by_studio, due_at)
            VALUES ('{member}', 'active', false, now() - interval '2 days')"""
    )


# --- the edge


class Meddler:
    """Middleware that changes what comes in and what goes out."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        drop: tuple[bytes, ...] = (),
        change: Callable[[bytes, bytes], bytes | None] | None = None,
        tell: bool = False,
    ) -> None:
        self.app, self.drop, self.change, self.tell = app, drop, change, tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def hear() -> Message:
            message = await receive()
            if self.tell and message.get("body"):
                get_log().info("web:heard", what=message["body"].decode(errors="replace"))
            return message

        async def say(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and self.change is not None:
                changed = [(name, self.change(name.lower(), value)) for name, value in message["headers"]]
                message["headers"] = [(name, value) for name, value in changed if value is not None]
            await send(message)

        headers = [pair for pair in scope.get("headers", []) if pair[0] not in self.drop]
        await self.app({**scope, "headers": headers}, hear, say)


@against("edge.headers")
async def a_proxy_that_drops_a_header(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, change=lambda name, value: None if name == b"x-frame-options" else value)


@against("edge.policy")
async def a_policy_with_a_hole(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, change=lambda name, value: value.replace(b"'self'", b"'self' 'unsafe-inline'", 1))


@against("edge.cookies")
async def a_cookie_that_scripts_read(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, change=lambda name, value: value.replace(b"; HttpOnly", b""))


@against("edge.cross_site")
async def a_proxy_that_hides_where_a_write_comes_from(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, drop=(b"sec-fetch-site", b"origin"))


@against("edge.hosts")
async def a_studio_that_answers_to_every_name(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(hosts=Hosts(frozenset({"elsewhere.invalid", "127.0.0.1"})))


@against("edge.crashes")
async def debugging(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(debug=True)


# --- secrets


@against("secrets.strength")
async def a_short_secret(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(secret="changeme")


@against("secrets.strength")
async def a_secret_that_others_read(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    (scene.home / "secret").write_text("x")
    (scene.home / "secret").chmod(0o640)


@against("secrets.passwords")
async def a_hash_in_a_blink(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(secrets, "passwords", Passwords(passes=1, memory_kib=8))


@against("secrets.log")
async def a_log_of_what_members_write(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, tell=True)


# --- money


@against("money.balanced")
async def credits_out_of_nothing(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    await scene.member()
    scene.sql(
        "SET session_replication_role = replica", "UPDATE accounts SET balance = balance + 5 WHERE kind = 'wallet'"
    )


@against("money.holds")
async def a_hold_whose_job_is_gone(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    job = await scene.job()
    scene.sql(f"DELETE FROM jobs WHERE id = '{job}'")


@against("money.holds")
async def a_job_that_nobody_paid_for(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    job = await scene.job()
    scene.worker()
    async with scene.studio.operator_db.transaction(Acting.for_studio()) as db:
        await db.execute(text("SELECT ledger_settle(:id, :job, 0)"), {"id": new_id(), "job": job})


@against("money.charges")
async def a_charge_for_nothing(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    member = await scene.member()
    job = await scene.job(member)
    async with scene.studio.web_db.transaction(Acting.member(member)) as db:
        await cancel(db, job)
    scene.sql(REPLICA, f"UPDATE jobs SET charged = 1 WHERE id = '{job}'")


@against("money.charges")
async def terms_that_were_changed_afterwards(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    job = await scene.job()
    scene.worker()
    changed = f"""UPDATE jobs SET terms = jsonb_set(terms, '{{rates,pictures}}', '"9"') WHERE id = '{job}'"""
    scene.sql(REPLICA, changed)


@against("money.terms")
async def a_database_that_does_not_ask_for_holds(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("DROP TRIGGER paid ON jobs")


@against("money.terms")
async def a_job_that_asks_for_more_than_was_agreed(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    job = await scene.job()
    scene.worker()
    scene.sql(f"""UPDATE jobs SET input = input || '{{"count": 4}}' WHERE id = '{job}'""")


@against("money.idempotency")
async def keys_that_are_forgotten(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN NEW.idempotency_key := NULL; RETURN NEW; END $$""",
        "CREATE TRIGGER forget BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION forget()",
    )


# --- jobs


@against("jobs.queued")
async def a_job_that_left_the_queue(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    await scene.job()
    scene.worker()
    scene.sql("DELETE FROM procrastinate_jobs", "UPDATE jobs SET created_at = now() - interval '1 minute'")


@against("jobs.deadlines")
async def a_job_that_never_ends(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    await scene.job()
    scene.worker()
    scene.sql("UPDATE jobs SET state = 'running', started_at = now() - interval '1 hour'")


@against("jobs.waiting")
async def a_job_that_waits_for_an_hour(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    await scene.job()
    scene.worker()
    scene.sql("UPDATE jobs SET created_at = now() - interval '1 hour'")


@against("jobs.workers")
async def a_job_and_no_worker(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    await scene.job()
    scene.worker(silent_for="1 hour")


@against("jobs.events")
async def a_proxy_that_drops_where_a_reader_was(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.app.add_middleware(Meddler, drop=(b"last-event-id",))


@against("jobs.events")
async def facts_that_are_lost(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(
        """CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF NEW.kind = 'audit:happened' AND NEW.id % 3 = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$""",
        "CREATE TRIGGER lose BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION lose()",
    )


class Broken:
    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        raise Crashed("It always breaks.")
        yield

    async def close(self) -> None:
        return


@against("jobs.engines")
async def an_engine_that_breaks(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(engines=Engines(given={"sketch": Broken, "diffusers": Broken, "retouch": Broken}))


# --- the catalog


@against("catalog.valid")
async def a_slip_in_the_catalog(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    with scene.studio.catalog.path.open("a") as out:
        out.write('\n[[model]]\nid = "BAD ID"\n')


class Sold(Catalog):
    """Offers a model that its licence forbids to sell."""

    @property
    def current(self) -> Snapshot:
        first, *others = super().current.models
        sold = Model.model_construct(**{**dict(first), "licence": "CC-BY-NC-4.0"})
        return Snapshot((sold, *others))


@against("catalog.licences")
async def a_model_that_must_not_be_sold(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(catalog=Sold(scene.studio.catalog.path, engines=scene.studio.engines.ids))


# --- files


async def _file(scene: Scene) -> assets.Asset:
    member = await scene.member()
    kept = await assets.keep(scene.studio.assets.store, member, picture(), "image/png")
    async with scene.studio.worker_db.transaction(Acting.member(member)) as db:
        return await assets.add(db, kept)


@against("files.whole")
async def a_file_that_is_gone(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    (scene.home / "files" / (await _file(scene)).path).unlink()


@against("files.whole")
async def a_file_that_was_changed(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    with (scene.home / "files" / (await _file(scene)).path).open("ab") as out:
        out.write(b"more")


@against("storage.kinds")
async def a_row_of_another_type(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(f"UPDATE assets SET content_type = 'image/webp' WHERE id = '{(await _file(scene)).id}'")


@against("storage.kinds")
async def a_row_of_another_kind(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql(f"UPDATE assets SET kind = 'audio' WHERE id = '{(await _file(scene)).id}'")


async def _signed(scene: Scene) -> assets.Asset:
    """A picture that the studio signed, in somebody's library."""
    member, shelf = await scene.member(), scene.studio.assets
    identity = await shelf.credentials.identity(scene.studio.worker_db)
    assert identity is not None
    file = scene.home / "made"
    file.write_bytes(picture())
    origin = Origin(identity, SourceType.TRAINED, "a-model")
    kept = await assets.keep_file(shelf.store, member, file, "image/png", settings={}, origin=origin)
    async with scene.studio.worker_db.transaction(Acting.member(member)) as db:
        return await assets.add(db, kept)


@against("credentials.hold")
async def a_signed_picture_that_was_painted_over(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    file = scene.home / "files" / (await _signed(scene)).path
    data = bytearray(file.read_bytes())
    data[data.rindex(b"IDAT") + 20] ^= 1
    file.write_bytes(bytes(data))


@against("credentials.hold")
async def a_certificate_that_is_gone(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    await _signed(scene)
    scene.sql("DELETE FROM credential_signers")


class Forgetful(Store):
    """Keeps members' files, and loses small ones."""

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        await super().put(path, data[:1] if path.startswith("checks/") else data, content_type)


@against("files.store")
async def a_store_that_loses_bytes(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(assets=Assets(Forgetful.open(scene.home / "files"), scene.studio.assets.links))


class Trusting(Links):
    """Believes every link."""

    def read(self, asset_id: UUID, variant: str, query: Any, at: datetime | None = None) -> tuple[UUID, int]:
        return UUID(hex=query["m"]), 60


@against("files.links")
async def links_that_nobody_checks(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(assets=Assets(scene.studio.assets.store, Trusting(scene.studio.secret)))


@against("files.lies")
async def uploads_that_nobody_decodes(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    async def taken(store: Store, member_id: UUID, file: BinaryIO, limits: Limits) -> Brought:
        file.seek(0)
        return Brought(Laid(store.spool(file.read()), io.BytesIO(), {"width": 1, "height": 1}), {}, ())

    patch.setattr(files, "accept", taken)


@against("files.opened_apart")
async def files_that_this_process_opens(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(files, "POOL", Pool())  # nobody asks it


@against("files.opened_apart")
async def a_process_that_may_have_all_memory(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(files, "MEMORY", 1_000_000)


@against("files.reachable")
async def a_folder_that_is_served(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/{owner}/{year}/{month}/{name}", access=Access.PUBLIC, limit=PAGES)
    async def served(owner: str, year: str, month: str, name: str) -> str:
        return (scene.home / "files" / owner / year / month / name).read_bytes().hex()

    scene.app.include_router(routes)


# --- the database's shape, and where it all lives


@against("database.head")
async def another_release(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("UPDATE alembic_version SET version_num = 'elsewhere'")


@against("database.migrations")
async def a_column_added_by_hand(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("ALTER TABLE jobs ADD COLUMN note text")


@against("database.functions")
async def a_function_changed_by_hand(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("CREATE OR REPLACE FUNCTION ledger_may(p_member uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'")


@against("database.functions")
async def a_function_that_anyone_may_call(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("GRANT EXECUTE ON FUNCTION ledger_post TO PUBLIC")


@against("database.functions")
async def a_function_without_a_file(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("CREATE FUNCTION ledger_shortcut() RETURNS integer LANGUAGE sql AS 'SELECT 1'")


@against("database.indexes")
async def indexes_that_are_gone(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("DROP INDEX tokens_member_idx")


@against("recovery.backup")
async def a_table_that_the_owner_cannot_read(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.sql("CREATE TABLE closed (id integer)")


@against("recovery.finished")
async def a_folder_that_is_half_restored(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    mark = Mark(archive="/backups/studio.tar", into=False, before=())
    with suppress(KeyboardInterrupt), unfinished.marked(scene.home, mark):
        raise KeyboardInterrupt


@against("recovery.finished")
async def a_database_that_is_half_restored(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    database = make_url(scene.superuser).database
    scene.sql(f"COMMENT ON DATABASE {database} IS '{migrate.RESTORING}/elsewhere'")


@against("recovery.leftovers")
async def a_backup_that_was_killed(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    (scene.home / ".studio.tar.0a1b2c3d.partial").write_bytes(b"PGDMP")


@against("place.room")
async def a_disk_that_is_nearly_full(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(place, "LEAST", shutil.disk_usage(scene.home).total * 2)


@against("place.address")
async def production_without_https(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.change(production=True)


@against("place.folder")
async def a_folder_for_everybody(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    scene.home.chmod(0o777)


@against("place.database")
async def a_server_that_is_too_old(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(place, "OLDEST_DATABASE", 99)


@against("libraries.licences")
async def a_library_without_its_reason(scene: Scene, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(libraries, "EXCEPTIONS", {})
