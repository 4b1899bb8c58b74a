"""How many accounts came from one network lately: only the first few of them get the welcome.

What is kept names nobody: a keyed digest of the network, for as long as it counts.
"""

from alembic import op

revision = "20261121_1330"
down_revision = "20261121_1320"


DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

# Whether a newcomer is welcomed: their mailbox never was, and few enough came from their network in that time. Those
# who come from one network at once are counted one after the other.
WELCOME = f"""CREATE FUNCTION people_welcome(
       whose text, origin text, most integer, within_s double precision) RETURNS boolean {DEFINER} AS $$
     BEGIN
       IF origin IS NOT NULL THEN
         PERFORM pg_advisory_xact_lock(hashtextextended('newcomers ' || origin, 20261121));
         DELETE FROM newcomers WHERE at < clock_timestamp() - make_interval(secs => within_s);
         IF (SELECT count(*) FROM newcomers WHERE network = origin) >= most THEN RETURN false; END IF;
       END IF;
       IF whose IS NOT NULL THEN
         INSERT INTO welcomes (mailbox) VALUES (whose) ON CONFLICT DO NOTHING;
         IF NOT FOUND THEN RETURN false; END IF;
       END IF;
       IF origin IS NOT NULL THEN INSERT INTO newcomers (network) VALUES (origin); END IF;
       RETURN true;
     END $$"""

# Whether the next of that network would be, as far as that alone decides it: what the sign-up page may promise.
WELCOMES = f"""CREATE FUNCTION people_welcomes(origin text, most integer, within_s double precision)
     RETURNS boolean STABLE {DEFINER} AS $$
     BEGIN
       RETURN (SELECT count(*) FROM newcomers
                WHERE network = origin AND at >= clock_timestamp() - make_interval(secs => within_s)) < most;
     END $$"""


def upgrade() -> None:
    for statement in (
        """CREATE TABLE newcomers (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             network text NOT NULL,
             at timestamptz NOT NULL DEFAULT clock_timestamp())""",
        "CREATE INDEX newcomers_network_idx ON newcomers (network, at)",
        "CREATE INDEX newcomers_at_idx ON newcomers (at)",
        "ALTER TABLE newcomers ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE newcomers FORCE ROW LEVEL SECURITY",
        "CREATE POLICY owner ON newcomers TO CURRENT_USER USING (true)",
        WELCOME,
        WELCOMES,
        "REVOKE ALL ON FUNCTION people_welcome, people_welcomes FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION people_welcome TO atelier_web, atelier_operator",
        "GRANT EXECUTE ON FUNCTION people_welcomes TO atelier_web",
        # nobody marks a mailbox as welcomed but by that function
        "REVOKE INSERT (mailbox) ON welcomes FROM atelier_web, atelier_operator",
        "DROP POLICY newcomer ON welcomes",
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "CREATE POLICY newcomer ON welcomes FOR INSERT TO atelier_web, atelier_operator WITH CHECK (true)",
        "GRANT INSERT (mailbox) ON welcomes TO atelier_web, atelier_operator",
        "DROP FUNCTION people_welcomes",
        "DROP FUNCTION people_welcome",
        "DROP TABLE newcomers",
    ):
        op.execute(statement)
