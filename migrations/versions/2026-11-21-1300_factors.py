"""Second factors: authenticator apps, passkeys, recovery codes, and when a session was last confirmed."""

from alembic import op

revision = "20261121_1300"
down_revision = "20261121_1200"


def upgrade() -> None:
    for statement in ():
        op.execute(statement)


def downgrade() -> None:
    for statement in ():
        op.execute(statement)
