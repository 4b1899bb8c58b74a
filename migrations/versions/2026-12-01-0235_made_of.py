"""What was made of what: an asset has any number of sources, and a source any number of uses.

Until now a picture's settings named the one picture that it was made of; those that are still there become rows.
"""

from alembic import op

from atelier.base import functions
from atelier.base.isolation import isolate

revision = "20261201_0235"
down_revision = "20261201_0228"

KNOWN = """
INSERT INTO made_of (asset_id, source_id, member_id, field)
SELECT made.id, source.id, made.member_id, 'image'
FROM assets made JOIN assets source ON source.id::text = made.settings #>> '{input,image}'
WHERE made.source = 'made' AND source.member_id = made.member_id AND source.id <> made.id"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    functions.create(connection, "made_of_point_to_own")
    for statement in (
        """CREATE TABLE made_of (
             asset_id uuid NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
             source_id uuid NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
             member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
             field text NOT NULL,
             PRIMARY KEY (asset_id, source_id, field))""",
        "CREATE INDEX made_of_source_idx ON made_of (source_id)",
        "CREATE INDEX made_of_member_idx ON made_of (member_id)",
        *isolate("made_of", web="SELECT", worker="SELECT, INSERT"),
        KNOWN,
        "CREATE TRIGGER own AFTER INSERT OR UPDATE ON made_of FOR EACH ROW EXECUTE FUNCTION made_of_point_to_own()",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.execute("DROP TABLE made_of")
    op.execute("DROP FUNCTION made_of_point_to_own")
