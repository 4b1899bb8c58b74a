-- The try failed. Rows that are too old to count for any window go, a few at a time.
CREATE OR REPLACE FUNCTION sign_in_failed(claim uuid, window_s double precision) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  UPDATE sign_in_failures SET pending = false, at = clock_timestamp() WHERE id = claim;
  DELETE FROM sign_in_failures WHERE id IN (
    SELECT id FROM sign_in_failures WHERE at < clock_timestamp() - make_interval(secs => window_s)
    ORDER BY at LIMIT 50 FOR UPDATE SKIP LOCKED);
END
$$;

REVOKE ALL ON FUNCTION sign_in_failed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_failed TO atelier_web;
