-- Every column that says whose a row is: `member_id`, or one that refers to members; `mine`: the row is that member's.
CREATE OR REPLACE FUNCTION people_owned() RETURNS TABLE(name text, owner text, mine boolean)
LANGUAGE sql STABLE
AS $$
SELECT c.relname::text, a.attname::text, a.attname = 'member_id' OR c.relname = 'members'
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.atttypid = 'uuid'::regtype
  AND ((c.relname = 'members' AND a.attname = 'id') OR a.attname = 'member_id' OR EXISTS (
    SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'
      AND f.confrelid = 'public.members'::regclass AND a.attnum = ANY (f.conkey)))
ORDER BY 1, 2
$$;

REVOKE ALL ON FUNCTION people_owned FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_owned TO atelier_web, atelier_worker, atelier_operator;
