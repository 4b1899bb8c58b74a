-- Enters an export in the queue. Two run at a time in the whole studio, so that long ones never keep mail waiting.
CREATE OR REPLACE FUNCTION enter_export(mine exports) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW('background', 'people:export', 0,
    'exports ' || get_byte(decode(md5(mine.id::text), 'hex'), 0) % 2, 'export:' || mine.id,
    jsonb_build_object('export_id', mine.id, 'member_id', mine.member_id), NULL
    )::procrastinate_job_to_defer_v1]);
END
$$;

REVOKE ALL ON FUNCTION enter_export FROM PUBLIC;
