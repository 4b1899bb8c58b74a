-- Enters a background task in the queue. One entry for each name waits at a time. It never delays a job: the background
-- queue's workers take nothing else.
CREATE OR REPLACE FUNCTION enter_background(task text, name text, arguments jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW('background', task, 0, NULL, name, arguments, NULL
    )::procrastinate_job_to_defer_v1]);
END
$$;

REVOKE ALL ON FUNCTION enter_background FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_background TO atelier_worker;
