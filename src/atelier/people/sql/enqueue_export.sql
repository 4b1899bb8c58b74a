-- Enters an open export in the queue again, after its entry was lost.
CREATE OR REPLACE FUNCTION enqueue_export(export uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE mine exports;
BEGIN
  SELECT * INTO mine FROM exports WHERE id = export AND state IN ('queued', 'running');
  IF FOUND THEN PERFORM enter_export(mine); END IF;
END
$$;

REVOKE ALL ON FUNCTION enqueue_export FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_export TO atelier_worker;
