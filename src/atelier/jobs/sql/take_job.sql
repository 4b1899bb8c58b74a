-- A worker's next entry, with the job that it stands for claimed in the same statement. Procrastinate's own fetch plans
-- a join that is quadratic if its connection prepared it while the table was empty; this one has no other way than
-- along the index. A claim that a dying database forgets is only made again, so it need not wait for the disk.
CREATE OR REPLACE FUNCTION take_job(queues varchar[], worker bigint, OUT entry procrastinate_jobs, OUT job jobs)
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
BEGIN
  SELECT * INTO entry FROM procrastinate_jobs q
    WHERE q.status = 'todo' AND (queues IS NULL OR q.queue_name = ANY (queues))
      AND (q.scheduled_at IS NULL OR q.scheduled_at <= now())
      AND (q.lock IS NULL OR NOT EXISTS (SELECT FROM procrastinate_jobs other WHERE other.lock = q.lock
        AND (other.status = 'doing' OR (other.status = 'todo'
          AND (-other.priority, other.id) < (-q.priority, q.id)))))
    ORDER BY q.priority DESC, q.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF entry.id IS NULL THEN RETURN; END IF;
  UPDATE procrastinate_jobs SET status = 'doing', worker_id = worker WHERE id = entry.id;
  IF entry.task_name = 'perform' THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    job := claim_job((entry.args ->> 'job_id')::uuid, (entry.args ->> 'member_id')::uuid);
  END IF;
END
$$;

REVOKE ALL ON FUNCTION take_job FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_job TO atelier_worker;
