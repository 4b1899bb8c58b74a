-- Has a worker look at a parent job: its children begin, or it ends. One entry for each parent waits at a time.
CREATE OR REPLACE FUNCTION jobs_enter_advance(parent uuid, member uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
    VALUES ('background', 'jobs:advance', 'advance ' || parent,
      jsonb_build_object('job_id', parent, 'member_id', member))
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
END
$$;

REVOKE ALL ON FUNCTION jobs_enter_advance FROM PUBLIC;
GRANT EXECUTE ON FUNCTION jobs_enter_advance TO atelier_web, atelier_worker, atelier_operator;
