"""What a personal token may do, and refresh tokens with their families."""

from alembic import op

revision = "20261121_1310"
down_revision = "20261121_1300"


def upgrade() -> None:
    for statement in ():
        op.execute(statement)


def downgrade() -> None:
    for statement in ():
        op.execute(statement)
