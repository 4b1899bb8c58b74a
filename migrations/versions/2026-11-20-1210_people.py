"""Members, their sessions and API tokens, and invitations.

The web role sees one member at a time. It finds a row for somebody whom it does not know yet only by naming what that
person holds (`atelier_knock()`): an e-mail, or the digest of a session, a token or an invitation. It cannot write a
role; the one way up is an invitation, through a function of the owner's.
"""

from alembic import op

from atelier.base.isolation import grant, isolate

revision = "20261120_1210"
down_revision = "20261120_1200"

MEMBER_COLUMNS = "id, email, name, role, state, created_at"


def upgrade() -> None:
    for statement in (
        """CREATE TABLE members (
             id uuid PRIMARY KEY,
             email text NOT NULL CHECK (email = lower(email)),
             name text NOT NULL,
             role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'creator', 'operator')),
             state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'banned')),
             password_hash text,
             created_at timestamptz NOT NULL DEFAULT now())""",
        "CREATE UNIQUE INDEX members_email_key ON members (email)",
        "CREATE INDEX members_role_idx ON members (role) WHERE role <> 'member'",
        *isolate(
            "members",
            owner="id",
            web="SELECT, INSERT (id, email, name, password_hash), UPDATE (name, password_hash)",
            worker=f"SELECT ({MEMBER_COLUMNS})",
            operator=f"SELECT ({MEMBER_COLUMNS}), UPDATE (name, role, state)",
        ),
        """CREATE TABLE sessions (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             digest text NOT NULL,
             agent text NOT NULL,
             address text NOT NULL,
             created_at timestamptz NOT NULL DEFAULT now(),
             seen_at timestamptz NOT NULL DEFAULT now(),
             expires_at timestamptz NOT NULL)""",
        "CREATE UNIQUE INDEX sessions_digest_key ON sessions (digest)",
        "CREATE INDEX sessions_member_idx ON sessions (member_id, seen_at)",
        *isolate(
            "sessions",
            web="SELECT, INSERT, UPDATE (seen_at), DELETE",
            worker="",
            operator="SELECT (id, member_id, agent, address, created_at, seen_at, expires_at), DELETE",
        ),
        """CREATE TABLE tokens (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             name text NOT NULL,
             digest text NOT NULL,
             hint text NOT NULL,
             created_at timestamptz NOT NULL DEFAULT now(),
             expires_at timestamptz,
             used_at timestamptz,
             revoked_at timestamptz)""",
        "CREATE UNIQUE INDEX tokens_digest_key ON tokens (digest)",
        "CREATE INDEX tokens_member_idx ON tokens (member_id, id)",
        *isolate(
            "tokens",
            web="SELECT, INSERT, UPDATE (used_at, revoked_at)",
            worker="",
            operator="SELECT (id, member_id, name, hint, created_at, expires_at, used_at, revoked_at),"
            " UPDATE (revoked_at)",
        ),
        # what is revoked stays revoked
        """CREATE POLICY revoked ON tokens AS RESTRICTIVE FOR UPDATE TO atelier_web, atelier_operator
             USING (revoked_at IS NULL) WITH CHECK (true)""",
        """CREATE TABLE invitations (
             id uuid PRIMARY KEY,
             digest text NOT NULL,
             role text NOT NULL CHECK (role IN ('member', 'creator', 'operator')),
             created_at timestamptz NOT NULL DEFAULT now(),
             expires_at timestamptz NOT NULL,
             used_at timestamptz,
             used_by uuid REFERENCES members ON DELETE SET NULL)""",
        "CREATE UNIQUE INDEX invitations_digest_key ON invitations (digest)",
        "CREATE INDEX invitations_used_by_idx ON invitations (used_by)",
        "ALTER TABLE invitations ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE invitations FORCE ROW LEVEL SECURITY",
        "CREATE POLICY studio ON invitations TO atelier_operator USING ((SELECT atelier_studio()))",
        "CREATE POLICY owner ON invitations TO CURRENT_USER USING (true)",
        *grant("invitations", web="SELECT", operator="SELECT, INSERT, UPDATE (expires_at)"),
        *KNOCKS,
        *CHANGES,
        ACCEPT,
        "REVOKE EXECUTE ON FUNCTION people_accept_invitation FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION people_accept_invitation TO atelier_web",
    ):
        op.execute(statement)


KNOCKS = (
    """CREATE POLICY knock ON sessions FOR SELECT TO atelier_web
         USING (digest = (SELECT atelier_knock()) AND expires_at > now())""",
    """CREATE POLICY knock ON tokens FOR SELECT TO atelier_web
         USING (digest = (SELECT atelier_knock()) AND revoked_at IS NULL
                AND (expires_at IS NULL OR expires_at > now()))""",
    "CREATE POLICY knock ON invitations FOR SELECT TO atelier_web USING (digest = (SELECT atelier_knock()))",
    "CREATE POLICY knock ON members FOR SELECT TO atelier_web USING (email = (SELECT atelier_knock()))",
    # the member behind a session or token that is still good
    """CREATE POLICY bearer ON members FOR SELECT TO atelier_web
         USING (id = (SELECT member_id FROM sessions WHERE digest = atelier_knock() AND expires_at > now())
                OR id = (SELECT member_id FROM tokens WHERE digest = atelier_knock() AND revoked_at IS NULL
                           AND (expires_at IS NULL OR expires_at > now())))""",
)

# who a caller is may be remembered by any process: each change of it is told to all
CHANGES = (
    """CREATE FUNCTION people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         PERFORM pg_notify('atelier_caller', to_jsonb(OLD) ->> TG_ARGV[0]);
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER changed AFTER DELETE OR UPDATE OF expires_at ON sessions
         FOR EACH ROW EXECUTE FUNCTION people_changed('member_id')""",
    """CREATE TRIGGER changed AFTER DELETE OR UPDATE OF revoked_at, expires_at ON tokens
         FOR EACH ROW EXECUTE FUNCTION people_changed('member_id')""",
    """CREATE TRIGGER changed AFTER DELETE OR UPDATE OF email, name, role, state, password_hash ON members
         FOR EACH ROW EXECUTE FUNCTION people_changed('id')""",
)

# Runs as the owner. Takes the secret itself, so that a digest read in a backup opens nothing.
ACCEPT = """CREATE FUNCTION people_accept_invitation(secret text) RETURNS text
     LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
     DECLARE given text;
     BEGIN
       UPDATE invitations SET used_at = clock_timestamp(), used_by = atelier_member()
         WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
           AND used_at IS NULL AND expires_at > clock_timestamp()
         RETURNING role INTO given;
       IF given IS NULL THEN RETURN NULL; END IF;
       UPDATE members SET role = given WHERE id = atelier_member();
       IF NOT FOUND THEN RAISE EXCEPTION 'an invitation needs a member who accepts it'; END IF;
       RETURN given;
     END $$"""


def downgrade() -> None:
    op.execute("DROP FUNCTION people_accept_invitation")
    op.execute("DROP TABLE invitations, tokens, sessions, members")
    op.execute("DROP FUNCTION people_changed")
