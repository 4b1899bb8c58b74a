"""How many accounts came from one network lately."""

from alembic import op

revision = "20261121_1330"
down_revision = "20261121_1320"


def upgrade() -> None:
    for statement in ():
        op.execute(statement)


def downgrade() -> None:
    for statement in ():
        op.execute(statement)
