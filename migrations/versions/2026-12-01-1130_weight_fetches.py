"""Fetches of weights that an operator asked for, which a worker carries out."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261201_1130"
down_revision = "20261201_1050"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute(
        """CREATE TABLE weight_fetches (
             id uuid PRIMARY KEY,
             name text NOT NULL,
             state text NOT NULL DEFAULT 'waiting'
               CHECK (state IN ('waiting', 'running', 'here', 'failed', 'canceled')),
             done bigint NOT NULL DEFAULT 0,
             total bigint NOT NULL,
             file text NOT NULL DEFAULT '',
             message text,
             created_at timestamptz NOT NULL DEFAULT now(),
             seen_at timestamptz,
             finished_at timestamptz)"""
    )
    # one at a time for each model, also when asked for twice at once
    op.execute(
        "CREATE UNIQUE INDEX weight_fetches_one_key ON weight_fetches (name) WHERE state IN ('waiting', 'running')"
    )
    op.execute("CREATE INDEX weight_fetches_name_idx ON weight_fetches (name, id)")
    for statement in grant("weight_fetches", worker="SELECT, UPDATE", operator="SELECT, INSERT, UPDATE"):
        op.execute(statement)
    op.execute(
        """CREATE TRIGGER enter_queue AFTER INSERT ON weight_fetches FOR EACH ROW WHEN (NEW.state = 'waiting')
           EXECUTE FUNCTION row_enters_queue('weights:fetch', 'weights:', 'fetch_id')"""
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("DROP TABLE weight_fetches")
