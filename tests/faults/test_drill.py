"""The crash drill passes on a studio that is sound, and says so of one that is not."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import psycopg
import pytest

from atelier.base.db import libpq_url
from atelier.ops.drill import Plan, crash
from atelier.ops.drill.place import Place

pytestmark = pytest.mark.fault


def test_sixty_jobs_survive_the_death_of_everything() -> None:
    command = [sys.executable, "-m", "atelier", "drill", "crash", "--jobs", "60", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    outcome = json.loads(done.stdout)
    assert outcome["passed"], outcome
    assert done.returncode == 0
    assert (outcome["jobs"], outcome["lost"], outcome["doubled"], outcome["credits_off"]) == (60, 0, 0, 0)
    assert outcome["kills"] >= 5
    assert sum(outcome["states"].values()) == 60


async def test_jobs_survive_the_death_of_the_database() -> None:
    outcome = await crash(Plan(jobs=16, seed=random.randrange(1_000_000), database=True))
    assert outcome.passed, (outcome.seed, outcome.faults)
    assert sum(outcome.states.values()) == 16


def _break(place: Place) -> bool:
    """Lose a credit, a job's row, a file and an event, and write another event twice."""
    with psycopg.connect(libpq_url(place.superuser_url)) as db:
        ended = db.execute("SELECT id FROM jobs WHERE state = 'succeeded' ORDER BY id LIMIT 3").fetchall()
        if len(ended) < 3:
            return False
        db.execute("SET session_replication_role = replica")
        db.execute(
            "UPDATE accounts SET balance = balance - 1 WHERE kind = 'wallet' AND member_id ="
            " (SELECT member_id FROM jobs WHERE id = %s)",
            ended[0],
        )
        db.execute("DELETE FROM jobs WHERE id = %s", ended[0])
        db.execute("DELETE FROM events WHERE kind = 'job:succeeded' AND subject_id = %s", ended[1])
        db.execute(
            "INSERT INTO events (kind, member_id, subject_id) SELECT kind, member_id, subject_id FROM events"
            " WHERE kind = 'job:succeeded' AND subject_id = %s",
            ended[2],
        )
        found = db.execute("SELECT path FROM assets WHERE job_id = %s", ended[2]).fetchone()
    assert found is not None
    (place.home / "files" / found[0]).unlink()
    return True


async def test_the_drill_sees_what_is_broken() -> None:
    outcome = await crash(Plan(jobs=12, seed=4, meddle=_break))
    assert not outcome.passed
    said = "\n".join(outcome.faults)
    assert "was promised and is not there" in said
    assert "never said job:succeeded" in said
    assert "ended 2 times" in said
    assert "the file of asset" in said
    assert "held instead of" in said
    assert outcome.lost >= 3
    assert outcome.doubled >= 1
    assert outcome.credits_off >= 1
