"""Second factors: authenticator apps, passkeys, recovery codes, and when a session was last confirmed.

`members.protected` says whether a member has a second factor. The database writes it, whenever a factor comes or goes,
and takes the recovery codes away with the last one; no connecting role can write it.
"""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261121_1300"
down_revision = "20261121_1200"

DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"


def upgrade() -> None:
    for statement in (
        # --- sessions that are older than this were never confirmed
        "ALTER TABLE sessions ADD COLUMN confirmed_at timestamptz",
        "ALTER TABLE sessions ALTER confirmed_at SET DEFAULT now()",
        "GRANT UPDATE (confirmed_at) ON sessions TO atelier_web",
        "GRANT SELECT (confirmed_at) ON sessions TO atelier_operator",
        """CREATE POLICY not_ahead ON sessions AS RESTRICTIVE TO atelier_web
             USING (true) WITH CHECK (confirmed_at IS NULL OR confirmed_at <= now())""",
        """CREATE TRIGGER confirmed AFTER UPDATE OF confirmed_at ON sessions
             FOR EACH ROW EXECUTE FUNCTION people_changed('member_id')""",
        # --- whether a password alone opens the account
        "ALTER TABLE members ADD COLUMN protected boolean NOT NULL DEFAULT false",
        "GRANT SELECT (protected) ON members TO atelier_worker, atelier_operator",
        """CREATE TRIGGER protected AFTER UPDATE OF protected ON members
             FOR EACH ROW EXECUTE FUNCTION people_changed('id')""",
        # --- authenticator apps: at most one that counts, and one that waits for its first code
        """CREATE TABLE authenticators (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             secret text NOT NULL,
             created_at timestamptz NOT NULL DEFAULT now(),
             confirmed_at timestamptz,
             last_step bigint,
             used_at timestamptz,
             CHECK (confirmed_at IS NULL OR last_step IS NOT NULL))""",
        "CREATE UNIQUE INDEX authenticators_member_key ON authenticators (member_id, (confirmed_at IS NULL))",
        *isolate(
            "authenticators",
            web="SELECT, INSERT (id, member_id, secret), UPDATE (confirmed_at, last_step, used_at), DELETE",
            worker="",
            operator="SELECT (id, member_id, created_at, confirmed_at, used_at), DELETE",
        ),
        # a time step is used once, whoever writes it
        """CREATE FUNCTION authenticators_go_on() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             RAISE EXCEPTION 'a time step is used once' USING ERRCODE = 'check_violation';
           END $$""",
        """CREATE TRIGGER go_on BEFORE UPDATE OF last_step ON authenticators FOR EACH ROW
           WHEN (NEW.last_step IS NULL OR NEW.last_step <= OLD.last_step)
           EXECUTE FUNCTION authenticators_go_on()""",
        # --- passkeys, found by what the browser calls them
        """CREATE TABLE passkeys (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             credential text NOT NULL,
             public_key bytea NOT NULL,
             sign_count bigint NOT NULL DEFAULT 0,
             transports text[] NOT NULL DEFAULT '{}',
             backed_up boolean NOT NULL DEFAULT false,
             name text NOT NULL,
             created_at timestamptz NOT NULL DEFAULT now(),
             used_at timestamptz,
             halted_at timestamptz)""",
        "CREATE UNIQUE INDEX passkeys_credential_key ON passkeys (credential)",
        "CREATE INDEX passkeys_member_idx ON passkeys (member_id, id)",
        *isolate(
            "passkeys",
            web="SELECT, INSERT (id, member_id, credential, public_key, sign_count, transports, backed_up, name),"
            " UPDATE (sign_count, backed_up, name, used_at, halted_at), DELETE",
            worker="",
            operator="SELECT (id, member_id, name, created_at, used_at, halted_at), DELETE",
        ),
        """CREATE POLICY knock ON passkeys FOR SELECT TO atelier_web
             USING (credential = (SELECT atelier_knock()))""",
        # --- recovery codes: what is used stays used
        """CREATE TABLE recovery_codes (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             digest text NOT NULL,
             created_at timestamptz NOT NULL DEFAULT now(),
             used_at timestamptz)""",
        "CREATE UNIQUE INDEX recovery_codes_digest_key ON recovery_codes (member_id, digest)",
        *isolate(
            "recovery_codes",
            web="SELECT, INSERT (id, member_id, digest), UPDATE (used_at), DELETE",
            worker="",
            operator="SELECT (id, member_id, created_at, used_at), DELETE",
        ),
        """CREATE POLICY used ON recovery_codes AS RESTRICTIVE FOR UPDATE TO atelier_web
             USING (used_at IS NULL) WITH CHECK (true)""",
        # --- half a sign-in: the password was right, the second factor is awaited. It is no session and opens nothing.
        """CREATE TABLE entrances (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             digest text NOT NULL,
             wanted text NOT NULL,
             provider jsonb,
             created_at timestamptz NOT NULL DEFAULT now(),
             expires_at timestamptz NOT NULL)""",
        "CREATE UNIQUE INDEX entrances_digest_key ON entrances (digest)",
        "CREATE INDEX entrances_member_idx ON entrances (member_id, id)",
        "CREATE INDEX entrances_expires_idx ON entrances (expires_at)",
        *isolate("entrances", web="SELECT, INSERT, DELETE", worker="SELECT (id, expires_at), DELETE", operator=""),
        """CREATE POLICY knock ON entrances FOR SELECT TO atelier_web
             USING (digest = (SELECT atelier_knock()) AND expires_at > now())""",
        """CREATE POLICY soon ON entrances AS RESTRICTIVE FOR INSERT TO atelier_web
             WITH CHECK (expires_at <= now() + interval '10 min')""",
        # --- challenges that passkeys answered; they are remembered until they would be too old anyway
        "CREATE TABLE challenges_spent (key text PRIMARY KEY, until timestamptz NOT NULL)",
        "CREATE INDEX challenges_spent_until_idx ON challenges_spent (until)",
        "ALTER TABLE challenges_spent ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE challenges_spent FORCE ROW LEVEL SECURITY",
        "CREATE POLICY owner ON challenges_spent TO CURRENT_USER USING (true)",
        ONCE,
        "REVOKE ALL ON FUNCTION people_challenge_once FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION people_challenge_once TO atelier_web",
        PROTECT,
        "REVOKE ALL ON FUNCTION people_protect FROM PUBLIC",
        """CREATE TRIGGER protect AFTER INSERT OR DELETE OR UPDATE OF confirmed_at ON authenticators
             FOR EACH ROW EXECUTE FUNCTION people_protect()""",
        """CREATE TRIGGER protect AFTER INSERT OR DELETE ON passkeys
             FOR EACH ROW EXECUTE FUNCTION people_protect()""",
    ):
        op.execute(statement)


# Whether this challenge is answered for the first time.
ONCE = f"""CREATE FUNCTION people_challenge_once(named text, good_until timestamptz) RETURNS boolean {DEFINER} AS $$
     BEGIN
       DELETE FROM challenges_spent WHERE until < now();
       INSERT INTO challenges_spent VALUES (named, least(good_until, now() + interval '1 hour')) ON CONFLICT DO NOTHING;
       RETURN FOUND;
     END $$"""

# Holds the member first and looks afterwards, so that two changes at once end with the truth.
PROTECT = f"""CREATE FUNCTION people_protect() RETURNS trigger {DEFINER} AS $$
     DECLARE
       whose uuid := coalesce(NEW.member_id, OLD.member_id);
       has boolean;
     BEGIN
       PERFORM FROM members WHERE id = whose FOR NO KEY UPDATE;
       SELECT EXISTS (SELECT FROM authenticators WHERE member_id = whose AND confirmed_at IS NOT NULL)
           OR EXISTS (SELECT FROM passkeys WHERE member_id = whose) INTO has;
       UPDATE members SET protected = has WHERE id = whose AND protected IS DISTINCT FROM has;
       IF NOT has THEN DELETE FROM recovery_codes WHERE member_id = whose; END IF;
       RETURN NULL;
     END $$"""


def downgrade() -> None:
    for statement in (
        "DROP TABLE challenges_spent, entrances, recovery_codes, passkeys, authenticators",
        "DROP FUNCTION people_protect, people_challenge_once, authenticators_go_on",
        "DROP TRIGGER protected ON members",
        "ALTER TABLE members DROP COLUMN protected",
        "DROP TRIGGER confirmed ON sessions",
        "DROP POLICY not_ahead ON sessions",
        "ALTER TABLE sessions DROP COLUMN confirmed_at",
    ):
        op.execute(statement)
