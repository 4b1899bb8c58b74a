"""Which periodic work was begun when, so that one worker does it and the others leave it."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261201_0150"
down_revision = "20261130_2312"


def upgrade() -> None:
    op.execute("CREATE TABLE turns (name text PRIMARY KEY, began_at timestamptz NOT NULL)")
    for statement in grant("turns", worker="SELECT, INSERT, UPDATE"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE turns")
