"""Stored files."""

revision = "20261120_1240"
down_revision = "20261120_1230"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
