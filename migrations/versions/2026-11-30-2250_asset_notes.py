"""What was left out of an uploaded file and its owner should know, as codes in the row of the asset."""

from alembic import op

revision = "20261130_2250"
down_revision = "20261130_2246"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("ALTER TABLE assets ADD COLUMN notes text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("ALTER TABLE assets DROP COLUMN notes")
