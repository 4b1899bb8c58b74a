-- Begins an attempt: from here on an attempt with a lower number can write nothing.
CREATE OR REPLACE FUNCTION claim_job(job uuid, member uuid) RETURNS jobs
LANGUAGE plpgsql
AS $$
DECLARE mine jobs;
BEGIN
  PERFORM set_config('atelier.member', member::text, true);
  UPDATE jobs SET state = 'running', attempt = attempt + 1, started_at = now()
    WHERE id = job AND state IN ('queued', 'running') RETURNING * INTO mine;
  IF FOUND THEN
    INSERT INTO events (kind, member_id, subject_id, data) VALUES ('job:started', member, job,
      jsonb_build_object('state', 'running', 'attempt', mine.attempt));
    IF mine.attempt > 1 THEN DELETE FROM job_progress WHERE job_id = job; END IF;
  END IF;
  RETURN mine;
END
$$;

REVOKE ALL ON FUNCTION claim_job FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_job TO atelier_worker;
