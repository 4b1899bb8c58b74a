"""Which models the operator switched off."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261120_1250"
down_revision = "20261120_1240"


def upgrade() -> None:
    op.execute("CREATE TABLE models_off (model text PRIMARY KEY)")
    for statement in grant("models_off", web="SELECT", worker="SELECT", operator="SELECT, INSERT, DELETE"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE models_off")
