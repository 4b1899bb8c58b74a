"""What no job's row can say, whoever writes it."""

from __future__ import annotations

import psycopg
import pytest

from atelier.base.db import libpq_url
from atelier.base.ids import new_id

ROW = """INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected, price,
           seal)
         SELECT gen_random_uuid(), id, 't', 'm', 'q', '', '{}', '{}', 'api', 9, 2, 5, '' FROM members"""
REFUSED = [
    ("made = 3", "jobs_check"),
    ("made = -1", "jobs_check"),
    ("charged = 6, state = 'failed', finished_at = now()", "jobs_check1"),
    ("finished_at = now(), charged = 0", "jobs_check2"),
    ("state = 'failed', charged = 0", "jobs_check2"),
    ("state = 'failed', finished_at = now()", "jobs_check3"),
    ("deadline_s = 0", "jobs_deadline_s_check"),
    ("expected = -1, made = -1", "jobs_check"),
    ("price = -1", "jobs_price_check"),
    ("source = 'nobody'", "jobs_source_check"),
    ("state = 'lost'", "jobs_state_check"),
]


async def test_what_a_job_cannot_be_is_refused_by_name_even_to_the_owner_of_the_table(owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as db:  # nothing is committed: no hold stands for this job
        db.execute("INSERT INTO members (id, email, name) VALUES (%s, 'a@example.org', 'A')", [new_id()])
        db.execute(ROW)
        for change, name in REFUSED:
            with pytest.raises(psycopg.errors.CheckViolation) as refused, db.transaction():
                db.execute(f"UPDATE jobs SET {change}".encode())
            assert refused.value.diag.constraint_name == name, change
        with pytest.raises(psycopg.errors.CheckViolation), db.transaction():
            db.execute(ROW.replace("'api'", "'nobody'").encode())
        with pytest.raises(psycopg.errors.CheckViolation) as refused, db.transaction():
            db.execute("INSERT INTO events (kind) VALUES ('no kind')")
        assert refused.value.diag.constraint_name == "events_kind_check"
        db.rollback()
