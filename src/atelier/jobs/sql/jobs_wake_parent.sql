-- Wakes the parent of a job that has ended: the parent's entry goes into the queue, unless one waits there already.
CREATE OR REPLACE FUNCTION jobs_wake_parent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.parent_id IS NOT NULL AND NEW.state IN ('succeeded', 'failed', 'canceled') THEN
    PERFORM jobs_enter_advance(NEW.parent_id, NEW.member_id);
  END IF;
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION jobs_wake_parent FROM PUBLIC;
