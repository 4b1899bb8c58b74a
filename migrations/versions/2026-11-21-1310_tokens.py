"""What a personal token may do, and refresh tokens with their families.

An app's sign-in is a session that no cookie opens: whatever ends sessions ends it, and its refresh tokens with it.
"""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261121_1310"
down_revision = "20261121_1300"

# all that there were when tokens could do everything
SCOPES = "jobs:read,jobs:write,assets:read,assets:write,models:read,wallet:read,account:read"
WRITTEN = "'^[a-z]+:(read|write)( [a-z]+:(read|write))*$'"
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
SEEN = "id, member_id, session_id, created_at, expires_at, used_at"


def upgrade() -> None:
    for statement in (
        f"ALTER TABLE tokens ADD COLUMN scopes text[] NOT NULL DEFAULT '{{{SCOPES}}}'",
        "ALTER TABLE tokens ALTER COLUMN scopes DROP DEFAULT",
        f"ALTER TABLE tokens ADD CONSTRAINT tokens_scopes_check CHECK (array_to_string(scopes, ' ') ~ {WRITTEN})",
        "ALTER TABLE tokens ADD COLUMN tail text NOT NULL DEFAULT '' CHECK (length(tail) <= 4)",
        "ALTER TABLE tokens ADD COLUMN warned_at timestamptz",
        "CREATE INDEX tokens_expires_idx ON tokens (expires_at) WHERE revoked_at IS NULL AND warned_at IS NULL",
        "GRANT SELECT (id, member_id, name, hint, tail, created_at, expires_at, revoked_at, warned_at),"
        " UPDATE (warned_at) ON tokens TO atelier_worker",
        "GRANT SELECT (scopes, tail) ON tokens TO atelier_operator",
        # --- sign-ins of apps
        "ALTER TABLE sessions ADD COLUMN kind text NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'app'))",
        "ALTER TABLE sessions ADD COLUMN scopes text[]",
        "ALTER TABLE sessions ALTER COLUMN digest DROP NOT NULL",
        """ALTER TABLE sessions ADD CONSTRAINT sessions_kind_of_key_check
             CHECK (CASE kind WHEN 'browser' THEN digest IS NOT NULL AND scopes IS NULL
                              ELSE digest IS NULL AND array_to_string(scopes, ' ') ~ """
        + WRITTEN
        + " END)",
        "GRANT SELECT (kind, scopes) ON sessions TO atelier_operator",
        """CREATE TABLE refresh_tokens (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
             digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
             created_at timestamptz NOT NULL DEFAULT now(),
             expires_at timestamptz NOT NULL,
             used_at timestamptz,
             retry text)""",
        "CREATE UNIQUE INDEX refresh_tokens_digest_key ON refresh_tokens (digest)",
        "CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id)",
        "CREATE INDEX refresh_tokens_member_idx ON refresh_tokens (member_id)",
        *isolate(
            "refresh_tokens",
            web=f"SELECT ({SEEN}), INSERT (id, member_id, session_id, digest, expires_at)",
            worker="",
            operator=f"SELECT ({SEEN})",
        ),
        REFRESH,
        ENDED,
        "REVOKE ALL ON FUNCTION people_refresh, people_end_app FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION people_refresh, people_end_app TO atelier_web",
    ):
        op.execute(statement)


# Uses a refresh token up and puts its heir in its place. Takes the secret itself, so that a digest read in a backup
# opens nothing. Answers nothing for one that nobody knows or that came to its end. One that was used before ends its
# whole family: somebody else has it too. The one exception is a lost answer, asked for again within seconds by who
# asked the first time (`again`, a digest of what the request carried), as long as its heir was not used.
REFRESH = f"""CREATE FUNCTION people_refresh(
       secret text, heir uuid, heir_digest text, again text,
       patience interval, lasts interval, longest interval)
     RETURNS TABLE (outcome text, whose uuid, family uuid, called text, may text[]) {DEFINER} AS $$
     DECLARE
       held refresh_tokens;
       parent sessions;
     BEGIN
       -- the family first: whoever ends it takes the same locks in the same order
       SELECT s.* INTO parent FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id
         WHERE r.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex') FOR UPDATE OF s;
       IF NOT FOUND OR parent.expires_at <= clock_timestamp() THEN RETURN; END IF;
       SELECT * INTO held FROM refresh_tokens r
         WHERE r.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex') FOR UPDATE;
       IF NOT FOUND OR held.expires_at <= clock_timestamp()
          OR NOT EXISTS (SELECT FROM members WHERE id = held.member_id AND state = 'active') THEN RETURN; END IF;
       IF held.used_at IS NOT NULL THEN
         IF held.retry = again AND held.used_at > clock_timestamp() - patience
            AND EXISTS (SELECT FROM refresh_tokens r WHERE r.digest = heir_digest AND r.used_at IS NULL) THEN
           RETURN QUERY SELECT 'again', held.member_id, held.session_id, parent.agent, parent.scopes;
           RETURN;
         END IF;
         DELETE FROM sessions WHERE id = held.session_id;
         RETURN QUERY SELECT 'reused', held.member_id, held.session_id, parent.agent, parent.scopes;
         RETURN;
       END IF;
       UPDATE refresh_tokens SET used_at = clock_timestamp(), retry = again WHERE id = held.id;
       INSERT INTO refresh_tokens (id, member_id, session_id, digest, expires_at) VALUES
         (heir, held.member_id, held.session_id, heir_digest,
          least(clock_timestamp() + lasts, parent.created_at + longest));
       DELETE FROM refresh_tokens WHERE session_id = held.session_id AND expires_at <= clock_timestamp();
       UPDATE sessions SET seen_at = clock_timestamp(),
           expires_at = least(clock_timestamp() + lasts, parent.created_at + longest)
         WHERE id = held.session_id;
       RETURN QUERY SELECT 'renewed', held.member_id, held.session_id, parent.agent, parent.scopes;
     END $$"""

# Ends the sign-in that a refresh token belongs to, used or not: whoever holds it wants it ended (RFC 7009).
ENDED = f"""CREATE FUNCTION people_end_app(secret text) RETURNS TABLE (whose uuid, family uuid) {DEFINER} AS $$
     BEGIN
       RETURN QUERY DELETE FROM sessions s USING refresh_tokens r
         WHERE r.session_id = s.id AND r.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
         RETURNING s.member_id, s.id;
     END $$"""


def downgrade() -> None:
    for statement in (
        "DROP FUNCTION people_refresh, people_end_app",
        "DROP TABLE refresh_tokens",
        # the older shape knows browsers alone
        "DELETE FROM sessions WHERE kind = 'app'",
        "ALTER TABLE sessions DROP CONSTRAINT sessions_kind_of_key_check",
        "ALTER TABLE sessions DROP COLUMN kind, DROP COLUMN scopes",
        "ALTER TABLE sessions ALTER COLUMN digest SET NOT NULL",
        "REVOKE SELECT (id, member_id, name, hint, created_at, expires_at, revoked_at), UPDATE (warned_at) ON tokens"
        " FROM atelier_worker",
        # a token that may do some things would be one that may do all of them
        f"UPDATE tokens SET revoked_at = now() WHERE revoked_at IS NULL AND NOT scopes @> '{{{SCOPES}}}'",
        "ALTER TABLE tokens DROP COLUMN scopes, DROP COLUMN tail, DROP COLUMN warned_at",
    ):
        op.execute(statement)
