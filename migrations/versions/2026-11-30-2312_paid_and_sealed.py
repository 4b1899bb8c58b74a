"""A job is paid for by a hold of exactly its terms' price, and bears the seal of the studio that wrote its terms.

Jobs from before have no seal. One that still waits ends with its credits back.
"""

from alembic import op

from atelier.base import functions

revision = "20261130_2312"
down_revision = "20261130_2310"

ENDS = "NEW.state <> OLD.state AND NEW.state NOT IN ('queued', 'running')"
# column by column: a comparison of rows is written down otherwise by a backup than it was read
CHANGES = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in ("id", "member_id", "price", "terms"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    functions.create(connection, "jobs_are_paid")
    for statement in (
        "ALTER TABLE jobs ADD COLUMN seal bytea NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ALTER COLUMN seal DROP DEFAULT",
        """CREATE CONSTRAINT TRIGGER paid AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION jobs_are_paid()""",
        # beginning an attempt changes nothing of this, so it pays for no look at it
        f"""CREATE CONSTRAINT TRIGGER still_paid AFTER UPDATE OF id, member_id, state, price, terms ON jobs
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            WHEN (({ENDS}) OR {CHANGES})
            EXECUTE FUNCTION jobs_are_paid()""",
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "SET LOCAL lock_timeout = '5s'",
        "DROP TRIGGER still_paid ON jobs",
        "DROP TRIGGER paid ON jobs",
        "ALTER TABLE jobs DROP COLUMN seal",
    ):
        op.execute(statement)
