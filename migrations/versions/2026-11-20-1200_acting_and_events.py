"""For whom a transaction acts, and the table of events."""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261120_1200"
down_revision = None


def upgrade() -> None:
    for statement in (
        "GRANT USAGE ON SCHEMA public TO atelier_web, atelier_worker, atelier_operator",
        "GRANT SELECT ON alembic_version TO atelier_web, atelier_worker, atelier_operator",
        """CREATE FUNCTION atelier_member() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
           AS $$ SELECT nullif(current_setting('atelier.member', true), '')::uuid $$""",
        """CREATE FUNCTION atelier_knock() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
           AS $$ SELECT nullif(current_setting('atelier.knock', true), '') $$""",
        """CREATE FUNCTION atelier_studio() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
           AS $$ SELECT coalesce(current_setting('atelier.studio', true), '') = 'on' $$""",
        """CREATE TABLE events (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
             kind text NOT NULL CHECK (kind ~ '^[a-z_]+:[a-z_]+$'),
             member_id uuid,
             subject_id uuid,
             data jsonb NOT NULL DEFAULT '{}',
             at timestamptz NOT NULL DEFAULT now())""",
        "CREATE INDEX events_stream_idx ON events (xid, id)",
        "CREATE INDEX events_member_idx ON events (member_id, xid, id)",
        """CREATE FUNCTION events_signal() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN PERFORM pg_notify('atelier_event', coalesce(NEW.member_id::text, '')); RETURN NULL; END $$""",
        "CREATE TRIGGER signal AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_signal()",
        *isolate("events", web="SELECT, INSERT", worker="SELECT, INSERT", operator="SELECT, INSERT"),
        # a visitor's fact has no member: anyone may write one, only the studio reads it
        "CREATE POLICY visitor ON events FOR INSERT WITH CHECK (member_id IS NULL)",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE events")
    op.execute("DROP FUNCTION events_signal, atelier_member, atelier_knock, atelier_studio")
    op.execute("REVOKE ALL ON alembic_version FROM atelier_web, atelier_worker, atelier_operator")
    op.execute("REVOKE USAGE ON SCHEMA public FROM atelier_web, atelier_worker, atelier_operator")
