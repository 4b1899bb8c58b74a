"""How the engines of each worker are, which console and health show."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261201_1140"
down_revision = "20261201_1130"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute(
        """CREATE TABLE engine_standings (
             worker text NOT NULL,
             engine text NOT NULL,
             condition text NOT NULL,
             children integer NOT NULL,
             memory bigint NOT NULL,
             gpu bigint NOT NULL,
             plan text NOT NULL,
             at timestamptz NOT NULL DEFAULT now(),
             PRIMARY KEY (worker, engine))"""
    )
    for statement in grant(
        "engine_standings", web="SELECT", worker="SELECT, INSERT, UPDATE, DELETE", operator="SELECT"
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("DROP TABLE engine_standings")
