-- Enters a job in the queue through Procrastinate's own function.
CREATE OR REPLACE FUNCTION enter_queue(mine jobs) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(mine.queue, 'perform', mine.priority, NULL, mine.id::text,
    jsonb_build_object('job_id', mine.id, 'member_id', mine.member_id), NULL
    )::procrastinate_job_to_defer_v1]);
END
$$;

REVOKE ALL ON FUNCTION enter_queue FROM PUBLIC;
