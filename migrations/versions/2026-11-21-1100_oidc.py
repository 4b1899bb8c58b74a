"""Accounts elsewhere that open a member's account here, which session came of which, and sign-outs heard once.

The web role finds a linked account only by naming its key, the digest of issuer and subject; and the sessions that a
provider ends only by naming theirs.
"""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261121_1100"
down_revision = "20261121_1010"

DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"


def upgrade() -> None:
    for statement in (
        """CREATE TABLE identities (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             issuer text NOT NULL,
             key text NOT NULL,
             label text NOT NULL,
             proved_email text CHECK (proved_email = lower(proved_email)),
             created_at timestamptz NOT NULL DEFAULT now(),
             used_at timestamptz NOT NULL DEFAULT now())""",
        "CREATE UNIQUE INDEX identities_key_key ON identities (key)",
        "CREATE INDEX identities_member_idx ON identities (member_id, id)",
        *isolate(
            "identities",
            web="SELECT, INSERT (id, member_id, issuer, key, label, proved_email), UPDATE (label, used_at), DELETE",
            worker="SELECT (id, member_id, issuer, label, created_at, used_at)",
            operator="SELECT (id, member_id, issuer, label, created_at, used_at)",
        ),
        "CREATE POLICY knock ON identities FOR SELECT TO atelier_web USING (key = (SELECT atelier_knock()))",
        """CREATE TABLE provider_sessions (
             session_id uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
             member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
             provider text NOT NULL,
             subject_key text NOT NULL,
             sid_key text,
             hint text)""",
        "CREATE INDEX provider_sessions_member_idx ON provider_sessions (member_id)",
        "CREATE INDEX provider_sessions_subject_idx ON provider_sessions (subject_key)",
        "CREATE INDEX provider_sessions_sid_idx ON provider_sessions (sid_key)",
        *isolate(
            "provider_sessions",
            web="SELECT, INSERT",
            worker="",
            operator="SELECT (session_id, member_id, provider)",
        ),
        """CREATE POLICY knock ON provider_sessions FOR SELECT TO atelier_web
             USING (subject_key = (SELECT atelier_knock()) OR sid_key = (SELECT atelier_knock()))""",
        "CREATE TABLE logouts_heard (key text PRIMARY KEY, until timestamptz NOT NULL)",
        "CREATE INDEX logouts_heard_until_idx ON logouts_heard (until)",
        "ALTER TABLE logouts_heard ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE logouts_heard FORCE ROW LEVEL SECURITY",
        "CREATE POLICY owner ON logouts_heard TO CURRENT_USER USING (true)",
        HEARD,
        PROVED,
        "REVOKE ALL ON FUNCTION people_logout_once, people_prove_by_provider FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION people_logout_once, people_prove_by_provider TO atelier_web",
    ):
        op.execute(statement)


# Whether this sign-out is heard for the first time; it is remembered until it would be too old anyway.
HEARD = f"""CREATE FUNCTION people_logout_once(named text, good_until timestamptz) RETURNS boolean {DEFINER} AS $$
     BEGIN
       DELETE FROM logouts_heard WHERE until < now();
       INSERT INTO logouts_heard VALUES (named, good_until) ON CONFLICT DO NOTHING;
       RETURN FOUND;
     END $$"""

# What an account that was linked in this transaction proves: that its owner reads mail at the member's address.
PROVED = f"""CREATE FUNCTION people_prove_by_provider() RETURNS boolean {DEFINER} AS $$
     BEGIN
       UPDATE members m SET verified_at = now() FROM identities i
         WHERE m.id = atelier_member() AND i.member_id = m.id AND i.created_at >= now()
           AND i.proved_email = m.email AND m.verified_at IS NULL;
       RETURN FOUND;
     END $$"""


def downgrade() -> None:
    op.execute("DROP FUNCTION people_logout_once, people_prove_by_provider")
    op.execute("DROP TABLE logouts_heard, provider_sessions, identities")
