"""Background work of the rooms, and mail: rows that enter the queue as they are written."""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261121_1000"
down_revision = "20261120_1250"


def upgrade() -> None:
    for statement in (
        # One entry for each name waits at a time. Ahead of no job: its lane takes nothing else.
        """CREATE FUNCTION enter_background(task text, name text, arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$
           BEGIN
             PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW('background', task, 0, NULL, name, arguments, NULL
               )::procrastinate_job_to_defer_v1]);
           END $$""",
        """CREATE TABLE mails (
             id uuid PRIMARY KEY,
             member_id uuid REFERENCES members (id) ON DELETE CASCADE,
             recipient text NOT NULL CHECK (recipient !~ '[[:cntrl:][:space:]]'),
             subject text NOT NULL CHECK (subject !~ '[[:cntrl:]]'),
             body text NOT NULL,
             html text NOT NULL,
             language text NOT NULL,
             key_id uuid,
             state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'kept', 'failed')),
             attempt integer NOT NULL DEFAULT 0,
             leased_until timestamptz,
             error text,
             created_at timestamptz NOT NULL DEFAULT now(),
             sent_at timestamptz,
             CHECK ((sent_at IS NOT NULL) = (state = 'sent')))""",
        "CREATE INDEX mails_member_idx ON mails (member_id)",
        "CREATE INDEX mails_waiting_idx ON mails (id) WHERE state = 'waiting'",
        # the web role writes what it never reads again
        *isolate(
            "mails",
            web="INSERT (id, member_id, recipient, subject, body, html, language, key_id)",
            worker="SELECT, INSERT, UPDATE, DELETE",
            operator="SELECT, INSERT, UPDATE (state, attempt, leased_until, error)",
        ),
        """CREATE FUNCTION mails_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           BEGIN
             PERFORM enter_background('mail:deliver', 'mail:' || NEW.id, jsonb_build_object('mail_id', NEW.id));
             RETURN NULL;
           END $$""",
        """CREATE TRIGGER enter_queue AFTER INSERT ON mails FOR EACH ROW WHEN (NEW.state = 'waiting')
           EXECUTE FUNCTION mails_enter_queue()""",
        """CREATE TRIGGER enter_queue_again AFTER UPDATE OF state ON mails FOR EACH ROW
           WHEN (NEW.state = 'waiting' AND OLD.state <> 'waiting') EXECUTE FUNCTION mails_enter_queue()""",
        "REVOKE ALL ON FUNCTION enter_background, mails_enter_queue FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION enter_background TO atelier_worker",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'background'")
    op.execute("DROP TABLE mails")
    op.execute("DROP FUNCTION mails_enter_queue, enter_background")
