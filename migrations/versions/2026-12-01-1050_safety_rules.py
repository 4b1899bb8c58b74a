"""The operator's rules of safety, one for each filter, and the signal that one changed."""

from alembic import op

from atelier.base import functions
from atelier.base.isolation import grant

revision = "20261201_1050"
down_revision = "20261201_1020"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute(
        """CREATE TABLE safety_rules (
             filter text PRIMARY KEY,
             action text NOT NULL CHECK (action IN ('off', 'blur', 'refuse')),
             threshold double precision NOT NULL CHECK (threshold > 0 AND threshold <= 1),
             words text NOT NULL DEFAULT '',
             changed_at timestamptz NOT NULL DEFAULT now())"""
    )
    for statement in grant("safety_rules", web="SELECT", worker="SELECT", operator="SELECT, INSERT, UPDATE"):
        op.execute(statement)
    functions.create(op.get_bind().connection.driver_connection, "safety_signal")
    op.execute(
        """CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON safety_rules
           FOR EACH STATEMENT EXECUTE FUNCTION safety_signal()"""
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("DROP TABLE safety_rules")
    op.execute("DROP FUNCTION safety_signal")
