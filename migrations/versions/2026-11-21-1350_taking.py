"""A job that is canceled as it is taken lets the worker go on, and one job's events are found by an index.

Who cancels has the job and comes for its entry; who takes has the entry and comes for the job. So an entry that is in
somebody's hands is left to them: they find the job canceled, claim nothing, and remove the entry.
"""

from alembic import context, op

revision = "20261121_1350"
down_revision = "20261121_1340"

DEQUEUE = """CREATE OR REPLACE FUNCTION dequeue_job(job uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           DECLARE entry bigint;
           BEGIN
             PERFORM FROM jobs WHERE id = job AND state = 'canceled'
               AND (member_id = atelier_member() OR (session_user <> 'atelier_web' AND atelier_studio()));
             IF FOUND THEN
               SELECT id INTO entry FROM procrastinate_jobs WHERE queueing_lock = job::text AND status = 'todo'
                 FOR UPDATE SKIP LOCKED;
               DELETE FROM procrastinate_jobs WHERE id = entry;
             END IF;
           END $$"""


def upgrade() -> None:
    op.execute(DEQUEUE)
    op.execute("CREATE INDEX events_subject_idx ON events (subject_id, xid, id)")


def downgrade() -> None:
    op.execute("DROP INDEX events_subject_idx")
    jobs = context.script.get_revision("20261120_1230").module
    op.execute(jobs.DEQUEUE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
