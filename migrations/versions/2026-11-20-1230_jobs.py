"""Jobs, their progress, and the queue.

The queue is Procrastinate's own schema, as its release brings it. The web role reaches it only by writing a job.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from atelier.base.isolation import grant, isolate

revision = "20261120_1230"
down_revision = "20261120_1220"

QUEUE_TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers")
DEQUEUE = """CREATE FUNCTION dequeue_job(job uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           BEGIN
             PERFORM FROM jobs WHERE id = job AND state = 'canceled'
               AND (member_id = atelier_member() OR (session_user <> 'atelier_web' AND atelier_studio()));
             IF FOUND THEN
               DELETE FROM procrastinate_jobs WHERE queueing_lock = job::text AND status = 'todo';
             END IF;
           END $$"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    for statement in (
        """CREATE TABLE jobs (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
             tool text NOT NULL,
             model text NOT NULL,
             queue text NOT NULL,
             title text NOT NULL,
             input jsonb NOT NULL,
             source text NOT NULL CHECK (source IN ('page', 'api', 'cli')),
             state text NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'canceled')),
             attempt integer NOT NULL DEFAULT 0,
             priority integer NOT NULL DEFAULT 0,
             deadline_s integer NOT NULL CHECK (deadline_s > 0),
             expected integer NOT NULL CHECK (expected >= 0),
             made integer NOT NULL DEFAULT 0 CHECK (made BETWEEN 0 AND expected),
             price integer NOT NULL CHECK (price >= 0),
             charged integer CHECK (charged BETWEEN 0 AND price),
             error_code text,
             error_message text,
             idempotency_key text,
             body_digest text,
             cancel_requested_at timestamptz,
             created_at timestamptz NOT NULL DEFAULT now(),
             started_at timestamptz,
             finished_at timestamptz,
             CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'canceled'))),
             CHECK ((charged IS NOT NULL) = (finished_at IS NOT NULL)))
           WITH (fillfactor = 80)""",
        "CREATE INDEX jobs_member_idx ON jobs (member_id, id DESC)",
        "CREATE INDEX jobs_waiting_idx ON jobs (member_id) WHERE state = 'queued'",
        "CREATE INDEX jobs_open_idx ON jobs (started_at) WHERE state IN ('queued', 'running')",
        """CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (member_id, idempotency_key)
           WHERE idempotency_key IS NOT NULL""",
        # a job only goes forward, and only its worker makes it run or succeed
        """CREATE FUNCTION jobs_go_forward() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF OLD.state IN ('succeeded', 'failed', 'canceled') AND NEW.state <> OLD.state THEN
               RAISE EXCEPTION 'job % has ended as %', OLD.id, OLD.state USING ERRCODE = 'check_violation';
             END IF;
             IF current_user = 'atelier_web' AND NEW.state <> OLD.state
                AND NOT (OLD.state = 'queued' AND NEW.state = 'canceled' AND NEW.charged = 0) THEN
               RAISE EXCEPTION 'a member can only cancel a job that waits' USING ERRCODE = 'insufficient_privilege';
             END IF;
             RETURN NEW;
           END $$""",
        "CREATE TRIGGER go_forward BEFORE UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_go_forward()",
        *isolate(
            "jobs",
            web="SELECT, INSERT, UPDATE (state, charged, finished_at, cancel_requested_at)",
            worker="SELECT, INSERT, UPDATE",
            operator="SELECT, UPDATE",
        ),
        """CREATE UNLOGGED TABLE job_progress (
             job_id uuid NOT NULL,
             position integer NOT NULL,
             member_id uuid NOT NULL,
             step integer NOT NULL,
             steps integer NOT NULL,
             version integer NOT NULL DEFAULT 0,
             preview bytea,
             PRIMARY KEY (job_id, position))""",
        *isolate("job_progress", web="SELECT", worker="SELECT, INSERT, UPDATE, DELETE"),
        # a job that is written to wait is in the queue by that: neither exists without the other
        """CREATE FUNCTION enter_queue(mine jobs) RETURNS void LANGUAGE plpgsql AS $$
           BEGIN
             PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(mine.queue, 'perform', mine.priority, NULL, mine.id::text,
               jsonb_build_object('job_id', mine.id, 'member_id', mine.member_id), NULL
               )::procrastinate_job_to_defer_v1]);
           END $$""",
        """CREATE FUNCTION jobs_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$ BEGIN PERFORM enter_queue(NEW); RETURN NULL; END $$""",
        """CREATE TRIGGER enter_queue AFTER INSERT ON jobs FOR EACH ROW WHEN (NEW.state = 'queued')
           EXECUTE FUNCTION jobs_enter_queue()""",
        # again, for a waiting job whose entry is gone
        """CREATE FUNCTION enqueue_job(job uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           DECLARE mine jobs;
           BEGIN
             SELECT * INTO mine FROM jobs WHERE id = job AND state = 'queued'
               AND (member_id = atelier_member() OR atelier_studio());
             IF NOT FOUND THEN
               RAISE EXCEPTION 'no such waiting job' USING ERRCODE = 'insufficient_privilege';
             END IF;
             PERFORM enter_queue(mine);
           END $$""",
        "REVOKE ALL ON FUNCTION enter_queue, jobs_enter_queue, enqueue_job FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION enqueue_job TO atelier_worker, atelier_operator",
        # begins an attempt: from here on whatever has a lower number can write nothing
        """CREATE FUNCTION claim_job(job uuid, member uuid) RETURNS jobs LANGUAGE plpgsql AS $$
           DECLARE mine jobs;
           BEGIN
             PERFORM set_config('atelier.member', member::text, true);
             UPDATE jobs SET state = 'running', attempt = attempt + 1, started_at = now()
               WHERE id = job AND state IN ('queued', 'running') RETURNING * INTO mine;
             IF FOUND THEN
               INSERT INTO events (kind, member_id, subject_id, data) VALUES ('job:started', member, job,
                 jsonb_build_object('state', 'running', 'attempt', mine.attempt));
               IF mine.attempt > 1 THEN DELETE FROM job_progress WHERE job_id = job; END IF;
             END IF;
             RETURN mine;
           END $$""",
        # A worker's next entry, with the job that it stands for claimed in the same statement. Procrastinate's own
        # fetch plans a join that is quadratic if its connection prepared it while the table was empty; this one has
        # no other way than along the index. A claim that a dying database forgets is only made again, so it needs
        # not wait for the disk.
        """CREATE FUNCTION take_job(queues varchar[], worker bigint, OUT entry procrastinate_jobs, OUT job jobs)
           LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
           BEGIN
             SELECT * INTO entry FROM procrastinate_jobs q
               WHERE q.status = 'todo' AND (queues IS NULL OR q.queue_name = ANY (queues))
                 AND (q.scheduled_at IS NULL OR q.scheduled_at <= now())
                 AND (q.lock IS NULL OR NOT EXISTS (SELECT FROM procrastinate_jobs other WHERE other.lock = q.lock
                   AND (other.status = 'doing' OR (other.status = 'todo'
                     AND (-other.priority, other.id) < (-q.priority, q.id)))))
               ORDER BY q.priority DESC, q.id LIMIT 1 FOR UPDATE SKIP LOCKED;
             IF entry.id IS NULL THEN RETURN; END IF;
             UPDATE procrastinate_jobs SET status = 'doing', worker_id = worker WHERE id = entry.id;
             IF entry.task_name = 'perform' THEN
               PERFORM set_config('synchronous_commit', 'off', true);
               job := claim_job((entry.args ->> 'job_id')::uuid, (entry.args ->> 'member_id')::uuid);
             END IF;
           END $$""",
        "REVOKE ALL ON FUNCTION claim_job, take_job FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION claim_job, take_job TO atelier_worker",
        # our own events tell a job's story, so the queue need not write it a second time
        "ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_insert_v1",
        "ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_update_v1",
        # a canceled job leaves the queue at once
        DEQUEUE,
        "REVOKE ALL ON FUNCTION dequeue_job FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION dequeue_job TO atelier_web, atelier_operator",
    ):
        op.execute(statement)
    for table in QUEUE_TABLES:
        for statement in grant(table, worker="SELECT, INSERT, UPDATE, DELETE", operator="SELECT"):
            op.execute(statement)
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO atelier_worker")


def downgrade() -> None:
    op.execute("DROP FUNCTION enqueue_job, dequeue_job, take_job, claim_job")
    op.execute("DROP TRIGGER enter_queue ON jobs")
    op.execute("DROP FUNCTION jobs_enter_queue, enter_queue")
    op.execute("DROP TABLE job_progress, jobs")
    op.execute("DROP FUNCTION jobs_go_forward")
    op.execute(f"DROP TABLE {', '.join(QUEUE_TABLES)} CASCADE")
    op.execute(
        """DO $$
           DECLARE found record;
           BEGIN
             FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%'
             LOOP EXECUTE 'DROP FUNCTION ' || found.name || ' CASCADE'; END LOOP;
             FOR found IN SELECT oid::regtype AS name FROM pg_type
               WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')
             LOOP EXECUTE 'DROP TYPE ' || found.name || ' CASCADE'; END LOOP;
           END $$"""
    )
