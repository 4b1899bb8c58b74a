-- The acting member's rows of one table, without the columns in `p_skip`; for workers, who may not read every column.
CREATE OR REPLACE FUNCTION people_rows(p_table text, p_owner text, p_skip text[], p_order text) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM people_owned() o WHERE o.name = p_table AND o.owner = p_owner) THEN
    RAISE EXCEPTION 'no row of % has an owner %', p_table, p_owner USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY EXECUTE format('SELECT to_jsonb(t) - $2 FROM public.%I t WHERE t.%I = $1 ORDER BY t.%I',
    p_table, p_owner, p_order) USING atelier_member(), p_skip;
END
$$;

REVOKE ALL ON FUNCTION people_rows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_rows TO atelier_worker;
