"""Jobs and their queue: nothing forgotten, nothing late, somebody at work, and every fact told once."""

from __future__ import annotations

import asyncio
import io
import tempfile
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from PIL import Image

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.base.kinds import IMAGE
from atelier.catalog import Model
from atelier.engines import Given, Output, Work
from atelier.engines.kind import Occupies
from atelier.jobs.rescue import GRACE
from atelier.jobs.rules import LONGEST, SLOWER, STALLED
from atelier.ops.audit.check import Evidence, Severity, check, counted, evidence
from atelier.ops.audit.ground import Ground
from atelier.tools import find

PATIENCE = 300  # seconds that a job should wait at most
QUEUED = """
SELECT 'job ' || j.id || ' is ' || j.state || ' and not in the queue' AS fault FROM jobs j
  WHERE j.mode = 'queue' AND j.state IN ('queued', 'running')
    AND coalesce(j.started_at, j.created_at) < now() - interval '15 seconds'
    AND NOT EXISTS (SELECT FROM procrastinate_jobs q
                    WHERE q.args ->> 'job_id' = j.id::text AND q.status IN ('todo', 'doing'))
UNION ALL
SELECT 'job ' || j.id || ' is ' || j.state || ' and still in the queue' FROM procrastinate_jobs q
  JOIN jobs j ON j.id::text = q.args ->> 'job_id'
  WHERE q.status IN ('todo', 'doing') AND j.finished_at < now() - interval '15 seconds'
LIMIT 100"""
OVERDUE = """
SELECT 'job ' || id || ' runs for ' || extract(epoch FROM now() - started_at)::int || ' s of ' || most AS fault
FROM jobs, LATERAL (SELECT least($2, deadline_s * $3) AS most)
WHERE state = 'running' AND started_at < now() - make_interval(secs => most + $1) LIMIT 100"""
DEPTH = """SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0)::int AS oldest
           FROM jobs WHERE state = 'queued'"""
WORKERS = """
SELECT (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => $1)) AS alive,
       (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')) AS open,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'atelier signals') AS listening"""


@check(
    "jobs.queued",
    "A8",
    "C7",
    title="Each open job is in the queue, and no job that is over",
    remedy="Start a worker: it enqueues what is missing. A job that is over and still queued is skipped by its worker.",
)
async def queued(ground: Ground) -> Evidence:
    owner = await ground.owner()
    faults = [row["fault"] for row in await owner.fetch(QUEUED)]
    waiting = await owner.fetchval("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")
    return evidence(faults, f"{counted(waiting, 'open job')}, each with its entry in the queue.")


@check(
    "jobs.deadlines",
    "B3",
    "A8",
    title="No job runs for longer than it may in all",
    remedy="Start a worker: it ends such a job, with the credits back.",
)
async def deadlines(ground: Ground) -> Evidence:
    rows = await (await ground.owner()).fetch(OVERDUE, float(GRACE + 15), LONGEST, SLOWER)
    running = await (await ground.owner()).fetchval("SELECT count(*) FROM jobs WHERE state = 'running'")
    return evidence([row["fault"] for row in rows], f"{counted(running, 'running job')}, none for longer than it may.")


@check(
    "jobs.waiting",
    "C4",
    "F8",
    title="Nobody waits long",
    remedy="Start more workers, or raise ATELIER_WORKER_CONCURRENCY.",
    severity=Severity.WARNING,
)
async def waiting(ground: Ground) -> Evidence:
    row = await (await ground.owner()).fetchrow(DEPTH)
    assert row is not None
    said = f"{counted(row['waiting'], 'waiting job')}, the oldest for {row['oldest']} s."
    return Evidence(row["oldest"] <= PATIENCE, said)


@check(
    "jobs.workers",
    "A8",
    "C4",
    title="A worker is alive where one is needed",
    remedy="Start a worker: `atelier work`, or `bin/studio` for the whole studio.",
    severity=Severity.WARNING,
)
async def workers(ground: Ground) -> Evidence:
    row = await (await ground.owner()).fetchrow(WORKERS, STALLED + 9)
    assert row is not None
    if row["alive"]:
        return Evidence(True, f"{counted(row['alive'], 'worker')} gave a sign of life a moment ago.")
    if row["open"]:
        return Evidence(False, f"{counted(row['open'], 'job')} open and no worker alive.")
    if row["listening"]:
        return Evidence(False, "The studio is open and no worker is alive.")
    return Evidence(True, "The studio is closed and no job is open.")


@check(
    "jobs.events",
    "A8",
    "C5",
    title="Live updates resume where they stopped: no fact twice, none left out",
    remedy="Look at atelier.base.events.after: readers go by (xid, id) and never pass a transaction that still runs.",
)
async def resume(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    subjects = [new_id() for _ in range(5)]
    for subject in subjects:
        async with ground.studio.web_db.transaction(Acting.member(maker.id)) as db:
            await events.record(db, "audit:happened", member=maker.id, subject=subject)
    ids = await _heard(ground, "0-0", str(subjects[-1]))
    places = {subject: id for id, subject in ids}
    if [subject for _, subject in ids if subject in map(str, subjects)] != [str(subject) for subject in subjects]:
        return Evidence(False, f"Of {len(subjects)} facts, {len(places)} came, or in another order.")
    again = await _heard(ground, places[str(subjects[1])], str(subjects[-1]))
    wanted = [str(subject) for subject in subjects[2:]]
    if [subject for _, subject in again] != wanted:
        return Evidence(
            False, f"After the second of {len(subjects)} facts, {len(again)} came instead of {len(wanted)}."
        )
    return Evidence(True, f"{len(subjects)} facts came in order; after the second, exactly the {len(wanted)} others.")


async def _heard(ground: Ground, last: str, until: str) -> list[tuple[str, str]]:
    """The facts of the maker's stream after `last`, as (id, subject), up to the one about `until`."""
    maker, _ = await ground.guests()

    def enough(body: bytes) -> bool:
        return until.encode() in body

    answer = await ground.ask("GET", "/live", by=maker, headers={"last-event-id": last}, enough=enough)
    found = []
    for message in answer.body.decode().split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in message.splitlines())
        if fields.get("event") and '"subject":"' in fields.get("data", ""):
            found.append((fields.get("id", ""), fields["data"].partition('"subject":"')[2][:36]))
    return found


@check(
    "jobs.engines",
    "F10",
    "D5",
    title="Each engine on offer makes a picture within its deadline",
    remedy="Switch the model off in the console, and look into the worker's log for its engine.",
)
async def engines(ground: Ground) -> Evidence:
    faults, made, elsewhere = [], [], []
    tried: set[tuple[str, str]] = set()
    catalog = ground.studio.catalog.current
    for model in catalog.models:
        if (model.engine, model.family) in tried or find(model.tool).yields is not IMAGE:
            continue
        if model.id in catalog.lacks:  # it is not offered then, and the console says why
            continue
        kind = ground.studio.engines.kind(model.engine)
        if kind is not None and kind.occupies is Occupies.NOTHING:  # a provider would send a bill for it
            elsewhere.append(model.engine)
            continue
        tried.add((model.engine, model.family))
        name, most = f"{model.engine} {model.family}".strip(), min(model.deadline, 240)
        try:
            async with asyncio.timeout(most):
                width, height, seconds = await _picture(ground, model)
            made.append(f"{name} {width} × {height} in {seconds:.1f} s")
        except TimeoutError:
            faults.append(f"{name} took longer than {most} s")
        except Exception as error:
            faults.append(f"{name}: {error or type(error).__name__}")
    away = "".join(f" {model} is not ready: {why}" for model, why in sorted(catalog.lacks.items()))
    away += f" Not asked, since they cost money: {', '.join(sorted(set(elsewhere)))}." if elsewhere else ""
    return evidence(faults, f"{counted(len(made), 'engine')} made a picture: {', '.join(made)}.{away}")


def _grey() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (96, 128), "grey").save(out, "PNG")
    return out.getvalue()


async def _picture(ground: Ground, model: Model) -> tuple[int, int, float]:
    began = asyncio.get_running_loop().time()
    tool = find(model.tool)
    fields = tool.Input.model_fields
    small = {"prompt": "a red boat on a calm sea", "instruction": "make it red", "count": 1, "steps": 4}
    asked: dict[str, object] = {name: value for name, value in small.items() if name in fields}
    asked |= tool.trial
    named = [name for name, field in fields.items() if name == "image" and field.is_required()]
    input = tool.resolve(tool.parse(asked | {name: str(new_id()) for name in named}))
    weights = str(ground.studio.engines.place(model.weights)) if model.weights else ""
    terms = replace(model.terms(tool.most(input)), weights=weights)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "grey").write_bytes(_grey())
        files = {name: [Given(folder / "grey", "image/png")] for name in named}
        work = Work(new_id(), model.tool, input.model_dump(mode="json"), terms, folder, files)
        async with aclosing(ground.studio.engines.get(model.engine).make(work)) as making:
            async for made in making:
                if isinstance(made, Output):
                    picture = Image.open(made.path)
                    picture.load()
                    return *picture.size, asyncio.get_running_loop().time() - began
    raise RuntimeError("it ended without a picture")
