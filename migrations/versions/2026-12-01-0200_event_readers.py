"""Where each named reader of the events has got to."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261201_0200"
down_revision = "20261201_0150"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE event_readers (
             name text PRIMARY KEY,
             xid xid8 NOT NULL,
             id bigint NOT NULL,
             seen_at timestamptz NOT NULL DEFAULT now(),
             failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
             retry_at timestamptz NOT NULL DEFAULT '-infinity',
             error text)"""
    )
    for statement in grant("event_readers", worker="SELECT, INSERT, UPDATE", operator="SELECT"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE event_readers")
