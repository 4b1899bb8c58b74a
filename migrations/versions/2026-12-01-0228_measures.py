"""What was measured of a file when it came in: how long it lasts, how loud it is, its first lines, its tensors."""

from alembic import op

revision = "20261201_0228"
down_revision = "20261201_0215"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("ALTER TABLE assets ADD COLUMN measures jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("ALTER TABLE assets DROP COLUMN measures")
