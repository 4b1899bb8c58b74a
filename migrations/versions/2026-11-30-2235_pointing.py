"""What a row points to is its member's, and a web process claims nothing that it is not.

Row-level security compares a row's owner. It says nothing of the file that a row names, of the session or job that it
belongs to, or of the address to which a mail goes.
"""

from alembic import op

from atelier.base import functions

revision = "20261130_2235"
down_revision = "20261130_2210"

# what workers and operators do, they tell themselves
OTHERS_FACTS = (
    "kind !~ '^(console|flag|lock|look|model):' AND kind <> ALL (ARRAY['job:started', 'job:succeeded',"
    " 'job:failed', 'job:requeued', 'asset:expired', 'export:ready', 'export:failed', 'export:expired',"
    " 'mail:sent_again', 'member:approved', 'member:banned', 'member:declined', 'member:role_changed',"
    " 'member:unbanned'])"
)
WAITS = (
    "state = 'queued' AND attempt = 0 AND made = 0 AND priority <= 0 AND charged IS NULL AND started_at IS NULL"
    " AND finished_at IS NULL AND cancel_requested_at IS NULL AND error_code IS NULL AND error_message IS NULL"
    " AND created_at = now() AND used IS NULL AND cost IS NULL AND result IS NULL AND reference IS NULL"
)
EXPORT = "path IS NULL OR starts_with(path, member_id || '/exports/')"
TRIGGERS = {
    "assets": ("id, member_id, job_id, path, thumb_path", "assets_point_to_own"),
    "refresh_tokens": ("session_id, member_id", "points_to_own_session"),
    "provider_sessions": ("session_id, member_id", "points_to_own_session"),
    "mails": ("recipient, key_id, member_id", "mails_point_to_own"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    functions.create(connection, *{function for _, function in TRIGGERS.values()})
    for table, (columns, function) in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER own AFTER INSERT OR UPDATE OF {columns} ON {table}"  # policies speak before it
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
    for statement in (
        f"ALTER TABLE exports ADD CONSTRAINT exports_path_own CHECK ({EXPORT})",
        f"CREATE POLICY others_facts ON events AS RESTRICTIVE FOR INSERT TO atelier_web WITH CHECK ({OTHERS_FACTS})",
        f"CREATE POLICY waits ON jobs AS RESTRICTIVE FOR INSERT TO atelier_web WITH CHECK ({WAITS})",
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "SET LOCAL lock_timeout = '5s'",
        "DROP POLICY waits ON jobs",
        "DROP POLICY others_facts ON events",
        "ALTER TABLE exports DROP CONSTRAINT exports_path_own",
        *(f"DROP TRIGGER own ON {table}" for table in TRIGGERS),
    ):
        op.execute(statement)
