"""Jobs, their progress, and the queue.

The queue is Procrastinate's own schema, as its release brings it. The web role reaches it only through `enqueue_job`.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from atelier.base.isolation import grant, isolate

revision = "20261120_1230"
down_revision = "20261120_1220"

QUEUE_TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers")


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
             expected integer NOT NULL CHECK (expected > 0),
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
        "CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (member_id, idempotency_key) WHERE idempotency_key IS NOT NULL",
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
        # the one way into the queue: for a job that waits, and that the caller may see
        """CREATE FUNCTION enqueue_job(job uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           DECLARE mine jobs; queued bigint[];
           BEGIN
             SELECT * INTO mine FROM jobs WHERE id = job AND state = 'queued'
               AND (member_id = atelier_member() OR (session_user <> 'atelier_web' AND atelier_studio()));
             IF NOT FOUND THEN
               RAISE EXCEPTION 'no such waiting job' USING ERRCODE = 'insufficient_privilege';
             END IF;
             queued := procrastinate_defer_jobs_v1(ARRAY[ROW(mine.queue, 'perform', mine.priority, NULL, mine.id::text,
               jsonb_build_object('job_id', mine.id, 'member_id', mine.member_id), NULL
               )::procrastinate_job_to_defer_v1]);
             RETURN queued[1];
           END $$""",
        "REVOKE ALL ON FUNCTION enqueue_job FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION enqueue_job TO atelier_web, atelier_worker, atelier_operator",
        # a canceled job leaves the queue at once
        """CREATE FUNCTION dequeue_job(job uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           BEGIN
             PERFORM FROM jobs WHERE id = job AND state = 'canceled'
               AND (member_id = atelier_member() OR (session_user <> 'atelier_web' AND atelier_studio()));
             IF FOUND THEN
               DELETE FROM procrastinate_jobs WHERE queueing_lock = job::text AND status = 'todo';
             END IF;
           END $$""",
        "REVOKE ALL ON FUNCTION dequeue_job FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION dequeue_job TO atelier_web, atelier_operator",
    ):
        op.execute(statement)
    for table in QUEUE_TABLES:
        for statement in grant(table, worker="SELECT, INSERT, UPDATE, DELETE", operator="SELECT"):
            op.execute(statement)
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO atelier_worker")


def downgrade() -> None:
    op.execute("DROP FUNCTION enqueue_job, dequeue_job")
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
