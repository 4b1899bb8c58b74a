"""The double-entry ledger."""

revision = "20261120_1220"
down_revision = "20261120_1210"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
