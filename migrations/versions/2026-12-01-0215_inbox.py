"""Messages that other servers send: each once, stored before it is answered, and worked off by a task."""

from alembic import op

from atelier.base import functions
from atelier.base.isolation import grant

revision = "20261201_0215"
down_revision = "20261201_0205"


def upgrade() -> None:
    op.execute(
        r"""CREATE TABLE inbox (
             id uuid PRIMARY KEY,
             source text NOT NULL CHECK (source ~ '^[a-z][a-z0-9_]{0,39}$'),
             event_id text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 255),
             body bytea NOT NULL CHECK (octet_length(body) <= 1048576),
             state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
             attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
             error text,
             created_at timestamptz NOT NULL DEFAULT now(),
             ended_at timestamptz,
             CONSTRAINT inbox_once UNIQUE (source, event_id),
             CONSTRAINT inbox_ended CHECK ((state = 'waiting') = (ended_at IS NULL)))"""
    )
    op.execute("CREATE INDEX inbox_waiting_idx ON inbox (created_at) WHERE state = 'waiting'")
    op.execute("CREATE INDEX inbox_ended_idx ON inbox (ended_at) WHERE ended_at IS NOT NULL")
    op.execute("ALTER TABLE inbox ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE inbox FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY studio ON inbox TO atelier_worker, atelier_operator USING ((SELECT atelier_studio()))")
    op.execute("CREATE POLICY owner ON inbox TO CURRENT_USER USING (true)")
    for statement in grant("inbox", worker="SELECT, UPDATE, DELETE", operator="SELECT"):
        op.execute(statement)
    functions.create(op.get_bind().connection.driver_connection, "inbox_accept", "row_enters_queue")
    enters = "EXECUTE FUNCTION row_enters_queue('inbox:work', 'inbox:', 'message_id')"
    op.execute(f"CREATE TRIGGER queued AFTER INSERT ON inbox FOR EACH ROW {enters}")
    op.execute(
        f"""CREATE TRIGGER queued_again AFTER UPDATE OF state ON inbox FOR EACH ROW
            WHEN (OLD.state = 'failed' AND NEW.state = 'waiting') {enters}"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE inbox")
    op.execute("DROP FUNCTION inbox_accept, row_enters_queue")
