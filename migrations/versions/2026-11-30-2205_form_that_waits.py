"""A form that waits while its member confirms at a provider who they are: it is too large for a cookie."""

from alembic import op

revision = "20261130_2205"
down_revision = "20261130_2140"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE sessions ADD COLUMN sealed_form text CHECK (length(sealed_form) <= 262144)")
    op.execute("GRANT UPDATE (sealed_form) ON sessions TO atelier_web")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE sessions DROP COLUMN sealed_form")
