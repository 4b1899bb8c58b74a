"""From here on the database's functions come from `.sql` files, and no migration holds the text of one.

What they were before is kept, so that the way down restores exactly that.
"""

from alembic import op

revision = "20261130_2140"
down_revision = "20261121_1350"

CONNECTING = "atelier_web, atelier_worker, atelier_operator"
KEEP = """
CREATE TABLE functions_before AS
SELECT p.oid::regprocedure::text AS signature, pg_get_functiondef(p.oid) AS definition,
       ARRAY(SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
             FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
             WHERE grantee <> p.proowner ORDER BY 1) AS callers
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND p.proname !~ '^procrastinate_'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
# a function that loses its file is dropped only if it is marked as the studio's
MARK = """
DO $$
DECLARE each record;
BEGIN
  FOR each IN SELECT signature FROM functions_before LOOP
    EXECUTE format('COMMENT ON FUNCTION %s IS ''atelier before''', each.signature);
  END LOOP;
END $$
"""
RESTORE = f"""
DO $$
DECLARE each record; caller text;
BEGIN
  FOR each IN SELECT p.oid::regprocedure::text AS signature FROM pg_proc p
      WHERE p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') LIKE 'atelier %'
        AND p.oid::regprocedure::text NOT IN (SELECT signature FROM functions_before) LOOP
    EXECUTE 'DROP FUNCTION ' || each.signature;
  END LOOP;
  FOR each IN SELECT * FROM functions_before LOOP
    BEGIN
      EXECUTE each.definition;
    EXCEPTION WHEN invalid_function_definition THEN  -- its result or the names of its arguments changed
      EXECUTE 'DROP FUNCTION ' || each.signature;
      EXECUTE each.definition;
    END;
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, {CONNECTING}', each.signature);
    FOREACH caller IN ARRAY each.callers LOOP
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', each.signature, caller);
    END LOOP;
    EXECUTE format('COMMENT ON FUNCTION %s IS NULL', each.signature);
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(KEEP)
    op.execute(MARK)


def downgrade() -> None:
    op.execute("SET LOCAL check_function_bodies = off")
    op.execute(RESTORE)
    op.execute("DROP TABLE functions_before")
