-- Takes the entry of a canceled job out of the queue at once. An entry that another transaction has locked is left to
-- that transaction, which finds the job canceled and removes it.
CREATE OR REPLACE FUNCTION dequeue_job(job uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE entry bigint;
BEGIN
  PERFORM FROM jobs WHERE id = job AND state = 'canceled'
    AND (member_id = atelier_member() OR (session_user <> 'atelier_web' AND atelier_studio()));
  IF FOUND THEN
    SELECT id INTO entry FROM procrastinate_jobs WHERE queueing_lock = job::text AND status = 'todo'
      FOR UPDATE SKIP LOCKED;
    DELETE FROM procrastinate_jobs WHERE id = entry;
  END IF;
END
$$;

REVOKE ALL ON FUNCTION dequeue_job FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dequeue_job TO atelier_web, atelier_worker, atelier_operator;
