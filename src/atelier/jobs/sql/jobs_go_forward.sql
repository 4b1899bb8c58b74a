-- Lets a job only go forward; the web role can only cancel one that waits.
CREATE OR REPLACE FUNCTION jobs_go_forward() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF OLD.state IN ('succeeded', 'failed', 'canceled') AND NEW.state <> OLD.state THEN
    RAISE EXCEPTION 'job % has ended as %', OLD.id, OLD.state USING ERRCODE = 'check_violation';
  END IF;
  IF current_user = 'atelier_web' AND NEW.state <> OLD.state
     AND NOT (OLD.state = 'queued' AND NEW.state = 'canceled' AND NEW.charged = 0) THEN
    RAISE EXCEPTION 'a member can only cancel a job that waits' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION jobs_go_forward FROM PUBLIC;
