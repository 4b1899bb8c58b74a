-- Enters each new waiting job in the queue, so that neither exists without the other. An inline job is performed by the
-- web process that wrote it; a parent is looked at by any worker.
CREATE OR REPLACE FUNCTION jobs_enter_queue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.state = 'queued' AND NEW.mode = 'parent' THEN
    PERFORM jobs_enter_advance(NEW.id, NEW.member_id);
  ELSIF NEW.state = 'queued' AND NEW.mode = 'queue' THEN
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)
      VALUES (NEW.queue, 'perform', NEW.priority, NEW.id::text,
        jsonb_build_object('job_id', NEW.id, 'member_id', NEW.member_id));
  END IF;
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION jobs_enter_queue FROM PUBLIC;
