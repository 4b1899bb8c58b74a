"""The release knows the kinds of files, so that a new one needs no migration; until now the table listed them."""

from alembic import op

revision = "20261201_0205"
down_revision = "20261201_0200"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("ALTER TABLE assets DROP CONSTRAINT assets_kind_check")
    op.execute("ALTER TABLE assets ADD CONSTRAINT assets_kind_check CHECK (kind ~ '^[a-z]{1,20}$')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("ALTER TABLE assets DROP CONSTRAINT assets_kind_check")
    op.execute("UPDATE assets SET kind = 'file' WHERE kind NOT IN ('image', 'audio', 'video', 'text', 'file')")
    op.execute(
        "ALTER TABLE assets ADD CONSTRAINT assets_kind_check"
        " CHECK (kind IN ('image', 'audio', 'video', 'text', 'file'))"
    )
