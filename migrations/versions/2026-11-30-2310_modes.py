"""Three ways to run a job: from the queue, inline in a web process, or as the parent of others."""

from alembic import op

from atelier.base import functions

revision = "20261130_2310"
down_revision = "20261130_2250"

NO_CHILD = "parent_id IS NULL AND alive_at IS NULL"  # workers begin children, and web processes cannot pretend to live


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    for statement in (
        """ALTER TABLE jobs
             ADD COLUMN mode text NOT NULL DEFAULT 'queue',
             ADD COLUMN parent_id uuid REFERENCES jobs (id) ON DELETE CASCADE,
             ADD COLUMN alive_at timestamptz""",
        "CREATE INDEX jobs_parent_idx ON jobs (parent_id) WHERE parent_id IS NOT NULL",
        "CREATE INDEX jobs_inline_idx ON jobs (id) WHERE mode = 'inline' AND state IN ('queued', 'running')",
        f"CREATE POLICY no_child ON jobs AS RESTRICTIVE FOR INSERT TO atelier_web WITH CHECK ({NO_CHILD})",
    ):
        op.execute(statement)
    functions.create(connection, "jobs_wake_parent")
    op.execute(
        "CREATE TRIGGER wake_parent AFTER UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_wake_parent()"
    )


def downgrade() -> None:
    for statement in (
        "SET LOCAL lock_timeout = '5s'",
        "DROP TRIGGER wake_parent ON jobs",
        "DROP POLICY no_child ON jobs",
        "ALTER TABLE jobs DROP COLUMN mode, DROP COLUMN parent_id, DROP COLUMN alive_at",
    ):
        op.execute(statement)
