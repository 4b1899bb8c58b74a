-- Enters a waiting job in the queue again, after its entry was lost.
CREATE OR REPLACE FUNCTION enqueue_job(job uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE mine jobs;
BEGIN
  SELECT * INTO mine FROM jobs WHERE id = job AND state = 'queued'
    AND (member_id = atelier_member() OR atelier_studio());
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no such waiting job' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM enter_queue(mine);
END
$$;

REVOKE ALL ON FUNCTION enqueue_job FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_job TO atelier_worker, atelier_operator;
