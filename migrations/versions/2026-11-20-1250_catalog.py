"""Which models the operator switched off."""

revision = "20261120_1250"
down_revision = "20261120_1240"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
