"""Locks against guessed passwords, facts that say who did them from where, operators who look, support, and flags."""

from alembic import op

from atelier.base.isolation import grant

revision = "20261121_1200"
down_revision = "20261121_1100"

ROLES = "'member', 'creator', 'support', 'operator'"
OLD_ROLES = "'member', 'creator', 'operator'"
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
LOCKS = "sign_in_claim, sign_in_failed, sign_in_succeeded"
CONNECTING = "atelier_web, atelier_worker, atelier_operator"
# what members make is found on their own pages; everything else is what an operator looks back at
LOOKED_BACK_AT = "kind NOT LIKE 'job:%' AND kind NOT LIKE 'asset:%'"


def upgrade() -> None:
    for statement in (
        # --- who tried to sign in and could not: by the keyed digest of what was typed, never by member
        """CREATE TABLE sign_in_failures (
             id uuid PRIMARY KEY,
             account text NOT NULL,
             network text NOT NULL,
             device text,
             pending boolean NOT NULL DEFAULT true,
             at timestamptz NOT NULL DEFAULT clock_timestamp())""",
        "CREATE INDEX sign_in_failures_account_idx ON sign_in_failures (account, at)",
        "CREATE INDEX sign_in_failures_network_idx ON sign_in_failures (network, at)",
        "CREATE INDEX sign_in_failures_at_idx ON sign_in_failures (at)",
        "ALTER TABLE sign_in_failures ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE sign_in_failures FORCE ROW LEVEL SECURITY",
        "CREATE POLICY studio ON sign_in_failures TO atelier_operator USING ((SELECT atelier_studio()))",
        "CREATE POLICY owner ON sign_in_failures TO CURRENT_USER USING (true)",
        *grant("sign_in_failures", operator="SELECT, DELETE"),
        CLAIM,
        FAILED,
        SUCCEEDED,
        f"REVOKE ALL ON FUNCTION {LOCKS} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {LOCKS} TO atelier_web",
        # --- facts: the database writes who and from where, and nobody writes it for them
        """CREATE FUNCTION atelier_actor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
           AS $$ SELECT coalesce(nullif(current_setting('atelier.actor', true), '')::uuid, atelier_member()) $$""",
        """CREATE FUNCTION atelier_address() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
           AS $$ SELECT nullif(current_setting('atelier.address', true), '') $$""",
        "ALTER TABLE events ADD COLUMN actor_id uuid, ADD COLUMN address text",
        "ALTER TABLE events ALTER actor_id SET DEFAULT atelier_actor(), ALTER address SET DEFAULT atelier_address()",
        f"REVOKE INSERT ON events FROM {CONNECTING}",
        f"GRANT INSERT (kind, member_id, subject_id, data) ON events TO {CONNECTING}",
        f"CREATE INDEX events_trail_idx ON events (id) WHERE {LOOKED_BACK_AT}",
        f"CREATE INDEX events_trail_kind_idx ON events (kind, id) WHERE {LOOKED_BACK_AT}",
        f"CREATE INDEX events_trail_subject_idx ON events (subject_id, id) WHERE {LOOKED_BACK_AT}",
        f"CREATE INDEX events_trail_actor_idx ON events (actor_id, id) WHERE {LOOKED_BACK_AT}",
        f"CREATE INDEX events_trail_address_idx ON events (address, id) WHERE {LOOKED_BACK_AT}",
        # --- who helps members sees the console and changes nothing
        *_roles(ROLES),
        # --- an operator who looks at a member's pages does so in their own session, for a while
        """ALTER TABLE sessions ADD COLUMN looks_at uuid REFERENCES members ON DELETE SET NULL,
             ADD COLUMN looks_until timestamptz""",
        "CREATE INDEX sessions_looks_at_idx ON sessions (looks_at) WHERE looks_at IS NOT NULL",
        "GRANT SELECT (looks_at, looks_until), UPDATE (looks_at, looks_until) ON sessions TO atelier_operator",
        "CREATE POLICY own_eyes ON sessions AS RESTRICTIVE FOR INSERT TO atelier_web WITH CHECK (looks_at IS NULL)",
        """CREATE POLICY looked_at ON members FOR SELECT TO atelier_web
             USING (id = (SELECT looks_at FROM sessions WHERE digest = atelier_knock() AND expires_at > now()
                            AND looks_until > now()))""",
        """CREATE TRIGGER looks AFTER UPDATE OF looks_at, looks_until ON sessions
             FOR EACH ROW EXECUTE FUNCTION people_changed('member_id')""",
        # --- what is switched on, for how many of a hundred members
        """CREATE TABLE flags (
             name text PRIMARY KEY,
             share integer NOT NULL CHECK (share BETWEEN 0 AND 100),
             changed_at timestamptz NOT NULL DEFAULT now())""",
        *grant("flags", web="SELECT", worker="SELECT", operator="SELECT, INSERT, UPDATE"),
    ):
        op.execute(statement)


def _roles(allowed: str) -> list[str]:
    return [
        statement
        for table in ("members", "invitations")
        for statement in (
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_role_check",
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_role_check CHECK (role IN ({allowed}))",
        )
    ]


# Takes a place for one try before the password is looked at, so that a thousand tries at once are not a thousand tries.
# A browser that signed in to this account before counts by itself, at most as often as an account; everybody else
# counts by account and by network. Answers 0 and the try may go on, -1 and others must end first, or seconds to wait.
CLAIM = f"""CREATE FUNCTION sign_in_claim(
       claim uuid, whose text, origin text, known text,
       account_most integer, account_s double precision, network_most integer, network_s double precision)
     RETURNS double precision {DEFINER} AS $$
     DECLARE
       mine bigint := hashtextextended('account ' || whose, 20261121);
       theirs bigint := hashtextextended('network ' || origin, 20261121);
       moment timestamptz;
       counted record;
       waits double precision := 0;
       busy boolean := false;
     BEGIN
       PERFORM pg_advisory_xact_lock(least(mine, theirs));
       PERFORM pg_advisory_xact_lock(greatest(mine, theirs));
       moment := clock_timestamp();
       FOR counted IN
         SELECT tries.most, tries.s, count(*) AS all_of_them,
                (array_agg(tries.at ORDER BY tries.at DESC) FILTER (WHERE NOT tries.open))[tries.most] AS last
         FROM (
           SELECT 'account' AS by, account_most AS most, account_s AS s, at,
                  pending AND at > moment - interval '1 min' AS open
             FROM sign_in_failures WHERE account = whose AND device IS NOT DISTINCT FROM known
                                     AND at > moment - make_interval(secs => account_s)
           UNION ALL
           SELECT 'network', network_most, network_s, at, pending AND at > moment - interval '1 min'
             FROM sign_in_failures WHERE known IS NULL AND network = origin AND device IS NULL
                                     AND at > moment - make_interval(secs => network_s)
         ) tries GROUP BY tries.by, tries.most, tries.s
       LOOP
         IF counted.last IS NOT NULL THEN
           waits := greatest(waits, extract(epoch FROM counted.last - moment) + counted.s);
         ELSIF counted.all_of_them >= counted.most THEN
           busy := true;
         END IF;
       END LOOP;
       IF waits > 0 THEN RETURN waits; END IF;
       IF busy THEN RETURN -1; END IF;
       INSERT INTO sign_in_failures (id, account, network, device, at) VALUES (claim, whose, origin, known, moment);
       RETURN 0;
     END $$"""

# The try failed. What is too old to count for any window goes, a few at a time.
FAILED = f"""CREATE FUNCTION sign_in_failed(claim uuid, window_s double precision) RETURNS void {DEFINER} AS $$
     BEGIN
       UPDATE sign_in_failures SET pending = false, at = clock_timestamp() WHERE id = claim;
       DELETE FROM sign_in_failures WHERE id IN (
         SELECT id FROM sign_in_failures WHERE at < clock_timestamp() - make_interval(secs => window_s)
         ORDER BY at LIMIT 50 FOR UPDATE SKIP LOCKED);
     END $$"""

# The try succeeded (or was no try at all): it is forgotten. A success also forgets this account's failures from the
# same browser or network, and nobody else's: who guesses elsewhere goes on being counted.
SUCCEEDED = f"""CREATE FUNCTION sign_in_succeeded(claim uuid, clears boolean) RETURNS void {DEFINER} AS $$
     DECLARE done sign_in_failures;
     BEGIN
       DELETE FROM sign_in_failures WHERE id = claim RETURNING * INTO done;
       IF clears THEN
         DELETE FROM sign_in_failures WHERE account = done.account AND NOT pending
           AND (network = done.network OR device = done.device);
       END IF;
     END $$"""


def downgrade() -> None:
    for statement in (
        "DROP TABLE flags",
        "DROP TRIGGER looks ON sessions",
        "DROP POLICY looked_at ON members",
        "DROP POLICY own_eyes ON sessions",
        "ALTER TABLE sessions DROP COLUMN looks_at, DROP COLUMN looks_until",
        # who only looked was no operator, and is a member in the older shape
        "UPDATE members SET role = 'member' WHERE role = 'support'",
        "DELETE FROM invitations WHERE role = 'support'",
        *_roles(OLD_ROLES),
        "DROP INDEX events_trail_idx, events_trail_kind_idx, events_trail_subject_idx, events_trail_actor_idx,"
        " events_trail_address_idx",
        f"REVOKE INSERT (kind, member_id, subject_id, data) ON events FROM {CONNECTING}",
        f"GRANT INSERT ON events TO {CONNECTING}",
        "ALTER TABLE events DROP COLUMN actor_id, DROP COLUMN address",
        "DROP FUNCTION atelier_address, atelier_actor",
        f"DROP FUNCTION {LOCKS}",
        "DROP TABLE sign_in_failures",
    ):
        op.execute(statement)
