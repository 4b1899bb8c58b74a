"""Jobs, their progress, and the queue."""

revision = "20261120_1230"
down_revision = "20261120_1220"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
