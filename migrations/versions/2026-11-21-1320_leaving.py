"""Exports of a member's data and accounts about to be deleted."""

from alembic import op

revision = "20261121_1320"
down_revision = "20261121_1310"


def upgrade() -> None:
    for statement in ():
        op.execute(statement)


def downgrade() -> None:
    for statement in ():
        op.execute(statement)
