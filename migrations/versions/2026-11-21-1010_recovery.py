"""Proofs that somebody reads an address: keys that mails carry, used once; members who wait; invitations by operators.

A visitor's wish (to sign up, to get the mail again, to set a new password) is written without looking whether there is
such a member. A worker looks, and answers by mail alone.
"""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261121_1010"
down_revision = "20261121_1000"

STATES = "CHECK (state IN ('active', 'banned'{}))"
KEYS = "people_spend_key, people_prove_address, people_prove_invitation"
SEEN = "id, member_id, purpose, email, name, language, invitation_id, digest, binding, wanted, expires_at, used_at"

WRITTEN = SEEN.replace(", used_at", ", password_hash")


def upgrade() -> None:
    for statement in (
        "ALTER TABLE members DROP CONSTRAINT members_state_check",
        f"ALTER TABLE members ADD CONSTRAINT members_state_check {STATES.format(', ' + repr('waiting'))}",
        "ALTER TABLE members ADD COLUMN verified_at timestamptz",
        "ALTER TABLE members ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language ~ '^[a-z]{2}$')",
        "CREATE INDEX members_waiting_idx ON members (id) WHERE state = 'waiting'",
        "GRANT INSERT (state, language), UPDATE (language) ON members TO atelier_web",
        "GRANT SELECT (verified_at, language) ON members TO atelier_worker, atelier_operator",
        # who may not come in at once: a web process can write that somebody waits, and nothing else about it
        """CREATE POLICY newcomer ON members AS RESTRICTIVE FOR INSERT TO atelier_web
             WITH CHECK (state IN ('active', 'waiting'))""",
        "GRANT DELETE ON members TO atelier_operator",
        "CREATE POLICY declined ON members AS RESTRICTIVE FOR DELETE TO atelier_operator USING (state = 'waiting')",
        # the welcome is given once to each mailbox, however its address is written; the mailbox's keyed digest stays
        "CREATE TABLE welcomes (mailbox text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())",
        "ALTER TABLE welcomes ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE welcomes FORCE ROW LEVEL SECURITY",
        "CREATE POLICY newcomer ON welcomes FOR INSERT TO atelier_web, atelier_operator WITH CHECK (true)",
        "CREATE POLICY owner ON welcomes TO CURRENT_USER USING (true)",
        "GRANT INSERT (mailbox) ON welcomes TO atelier_web, atelier_operator",
        """CREATE TABLE confirmations (
             id uuid PRIMARY KEY,
             member_id uuid REFERENCES members (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
             purpose text NOT NULL CHECK (purpose IN ('sign_up', 'again', 'reset', 'verify', 'change')),
             email text NOT NULL CHECK (email = lower(email)),
             language text NOT NULL,
             name text,
             password_hash text,
             invitation_id uuid,
             wanted text,
             digest text NOT NULL,
             binding text,
             created_at timestamptz NOT NULL DEFAULT now(),
             expires_at timestamptz NOT NULL,
             answered_at timestamptz,
             used_at timestamptz,
             CHECK (purpose <> 'sign_up' OR (name IS NOT NULL AND password_hash IS NOT NULL)),
             CHECK (member_id IS NOT NULL OR purpose IN ('sign_up', 'again', 'reset')))""",
        "CREATE UNIQUE INDEX confirmations_digest_key ON confirmations (digest)",
        "CREATE INDEX confirmations_member_idx ON confirmations (member_id)",
        "CREATE INDEX confirmations_email_idx ON confirmations (email, id)",
        "CREATE INDEX confirmations_expires_idx ON confirmations (expires_at)",
        *isolate(
            "confirmations",
            web=f"SELECT ({SEEN}, password_hash), INSERT ({WRITTEN}), UPDATE (expires_at)",
            worker=f"SELECT ({SEEN}, created_at, answered_at), UPDATE (member_id, answered_at), DELETE",
            operator="",
        ),
        """CREATE POLICY visitor ON confirmations FOR INSERT TO atelier_web
             WITH CHECK (member_id IS NULL AND purpose IN ('sign_up', 'again', 'reset'))""",
        """CREATE POLICY knock ON confirmations FOR SELECT TO atelier_web
             USING (digest = (SELECT atelier_knock()) AND used_at IS NULL AND expires_at > now())""",
        # a web process can end a key, and never make it last
        """CREATE POLICY ending ON confirmations AS RESTRICTIVE FOR UPDATE TO atelier_web
             USING (true) WITH CHECK (expires_at <= now())""",
        """CREATE FUNCTION confirmations_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$
           BEGIN
             PERFORM enter_background('people:answer', 'answer:' || NEW.id, jsonb_build_object('wish_id', NEW.id));
             RETURN NULL;
           END $$""",
        """CREATE TRIGGER enter_queue AFTER INSERT ON confirmations FOR EACH ROW
           EXECUTE FUNCTION confirmations_enter_queue()""",
        "REVOKE ALL ON FUNCTION confirmations_enter_queue FROM PUBLIC",
        *INVITATIONS,
        SPEND,
        PROVE,
        INVITED,
        f"REVOKE ALL ON FUNCTION {KEYS} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {KEYS} TO atelier_web",
    ):
        op.execute(statement)


INVITATIONS = (
    "ALTER TABLE invitations ADD COLUMN made_by uuid REFERENCES members (id) ON DELETE SET NULL",
    "ALTER TABLE invitations ADD COLUMN email text CHECK (email = lower(email))",
    "ALTER TABLE invitations ADD COLUMN note text NOT NULL DEFAULT ''",
    "CREATE INDEX invitations_made_by_idx ON invitations (made_by)",
)

# Both run as the owner and take the secret itself, so that a digest read in a backup opens nothing.
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

# Use a key up, once; a sign-up's becomes that of the member for whom the transaction acts. Their other keys end.
SPEND = f"""CREATE FUNCTION people_spend_key(secret text) RETURNS text {DEFINER} AS $$
     DECLARE spent confirmations;
     BEGIN
       UPDATE confirmations SET used_at = clock_timestamp(), member_id = atelier_member()
         WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
           AND used_at IS NULL AND expires_at > clock_timestamp() AND atelier_member() IS NOT NULL
           AND (member_id = atelier_member() OR (member_id IS NULL AND purpose = 'sign_up'))
         RETURNING * INTO spent;
       IF spent.id IS NULL THEN RETURN NULL; END IF;
       UPDATE confirmations SET expires_at = clock_timestamp()
         WHERE used_at IS NULL AND expires_at > clock_timestamp()
           AND (member_id = spent.member_id AND (purpose = spent.purpose OR spent.purpose IN ('reset', 'change'))
                OR (spent.purpose = 'sign_up' AND purpose = 'sign_up' AND email = spent.email));
       RETURN spent.purpose;
     END $$"""

# What a key that this transaction spent proves of its member: that they read mail at its address.
PROVE = f"""CREATE FUNCTION people_prove_address(secret text) RETURNS boolean {DEFINER} AS $$
     DECLARE proof confirmations;
     BEGIN
       SELECT * INTO proof FROM confirmations
         WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
           AND used_at >= now() AND member_id = atelier_member();
       IF NOT FOUND THEN RETURN false; END IF;
       IF proof.purpose = 'change' THEN
         UPDATE members SET email = proof.email, verified_at = now() WHERE id = proof.member_id;
       ELSE
         UPDATE members SET verified_at = now() WHERE id = proof.member_id AND email = proof.email;
       END IF;
       RETURN FOUND;
     END $$"""

# Whoever has the first operator's link runs the machine; whoever has a link that was mailed reads mail at that address.
INVITED = f"""CREATE FUNCTION people_prove_invitation(secret text) RETURNS boolean {DEFINER} AS $$
     BEGIN
       UPDATE members m SET verified_at = now() FROM invitations i
         WHERE m.id = atelier_member() AND i.used_by = m.id AND i.used_at >= now()
           AND i.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
           AND (i.email = m.email OR (i.made_by IS NULL AND i.role = 'operator'));
       RETURN FOUND;
     END $$"""


def downgrade() -> None:
    for statement in (
        "DROP FUNCTION people_prove_invitation, people_prove_address, people_spend_key",
        "ALTER TABLE invitations DROP COLUMN made_by, DROP COLUMN email, DROP COLUMN note",
        "DELETE FROM procrastinate_jobs WHERE task_name = 'people:answer'",
        "DROP TABLE confirmations, welcomes",
        "DROP FUNCTION confirmations_enter_queue",
        "DROP POLICY declined ON members",
        "DROP POLICY newcomer ON members",
        "REVOKE DELETE ON members FROM atelier_operator",
        "REVOKE INSERT (state) ON members FROM atelier_web",
        "ALTER TABLE members DROP COLUMN verified_at, DROP COLUMN language",
        # nobody waits in the older shape, and who waited may not come in
        "UPDATE members SET state = 'banned' WHERE state = 'waiting'",
        "DROP INDEX members_waiting_idx",
        "ALTER TABLE members DROP CONSTRAINT members_state_check",
        f"ALTER TABLE members ADD CONSTRAINT members_state_check {STATES.format('')}",
    ):
        op.execute(statement)
