"""Members, sessions and API tokens."""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261120_1210"
down_revision = "20261120_1200"


def upgrade() -> None:
    for statement in (
        """CREATE TABLE members (
             id uuid PRIMARY KEY,
             email text NOT NULL,
             name text NOT NULL,
             role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'creator', 'operator')),
             password_hash text,
             created_at timestamptz NOT NULL DEFAULT now())""",
        "CREATE UNIQUE INDEX members_email_key ON members (lower(email))",
        *isolate("members", owner="id", web="SELECT, INSERT", worker="SELECT", operator="SELECT"),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE members")
