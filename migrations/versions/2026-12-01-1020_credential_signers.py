"""The certificates that the studio signs pictures with, each with its key, sealed by the studio's secret."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261201_1020"
down_revision = "20261201_0410"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute(
        """CREATE TABLE credential_signers (
             id uuid PRIMARY KEY,
             organisation text NOT NULL,
             certificates text NOT NULL,
             sealed_key text NOT NULL,
             expires_at timestamptz NOT NULL)"""
    )
    for statement in grant("credential_signers", web="SELECT, INSERT", worker="SELECT, INSERT", operator="SELECT"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("DROP TABLE credential_signers")
