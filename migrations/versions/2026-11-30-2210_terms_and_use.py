"""What a job agreed on and what it used stand in its row, and its measured series beside it.

Jobs written before get the terms that their price tells. Of a model's weights nothing is known here, so a job that
still waits for a neural model ends with its credits back.
"""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261130_2210"
down_revision = "20261130_2205"

COLUMNS = ("terms jsonb", "used jsonb", "cost jsonb", "result jsonb", "reference text")


def upgrade() -> None:
    op.execute(f"ALTER TABLE jobs {', '.join(f'ADD COLUMN {column}' for column in COLUMNS)}")
    op.execute(
        """UPDATE jobs SET
             terms = jsonb_build_object('engine', queue, 'family', '', 'weights', '', 'licence', '', 'deadline',
               deadline_s, 'most', jsonb_build_object('pictures', greatest(expected, 1)), 'rates', CASE WHEN price = 0
               THEN '{}'::jsonb ELSE jsonb_build_object('pictures', (price / greatest(expected, 1))::text) END),
             used = CASE WHEN finished_at IS NOT NULL THEN jsonb_build_object('pictures', made) END"""
    )
    op.execute("ALTER TABLE jobs ALTER COLUMN terms SET NOT NULL")
    op.execute("ALTER TABLE job_progress ADD COLUMN preview_type text")
    op.execute(
        """CREATE TABLE job_measures (
             job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
             name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
             step integer NOT NULL,
             member_id uuid NOT NULL,
             value double precision NOT NULL,
             PRIMARY KEY (job_id, name, step))"""
    )
    op.execute("CREATE INDEX job_measures_member_idx ON job_measures (member_id)")
    for statement in isolate("job_measures", web="SELECT", worker="SELECT, INSERT, UPDATE", operator="SELECT"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE job_measures")
    op.execute("ALTER TABLE job_progress DROP COLUMN preview_type")
    op.execute(f"ALTER TABLE jobs {', '.join(f'DROP COLUMN {column.split()[0]}' for column in COLUMNS)}")
