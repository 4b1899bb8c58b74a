-- Judges a row of jobs by all of the table's rules at once, and names the one it breaks.
CREATE OR REPLACE FUNCTION jobs_verify() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF NOT (
    NEW.made BETWEEN 0 AND NEW.expected
    AND NEW.charged BETWEEN 0 AND NEW.price
    AND ((NEW.finished_at IS NOT NULL) = (NEW.state IN ('succeeded', 'failed', 'canceled')))
    AND ((NEW.charged IS NOT NULL) = (NEW.finished_at IS NOT NULL))
    AND NEW.deadline_s > 0
    AND NEW.expected >= 0
    AND NEW.price >= 0
    AND NEW.source IN ('page', 'api', 'cli')
    AND NEW.mode IN ('queue', 'inline', 'parent')
    AND NEW.state IN ('queued', 'running', 'succeeded', 'failed', 'canceled')
  ) THEN
    broken := CASE
      WHEN NOT (NEW.made BETWEEN 0 AND NEW.expected) THEN 'jobs_check'
      WHEN NOT (NEW.charged BETWEEN 0 AND NEW.price) THEN 'jobs_check1'
      WHEN NOT ((NEW.finished_at IS NOT NULL) = (NEW.state IN ('succeeded', 'failed', 'canceled'))) THEN 'jobs_check2'
      WHEN NOT ((NEW.charged IS NOT NULL) = (NEW.finished_at IS NOT NULL)) THEN 'jobs_check3'
      WHEN NOT (NEW.deadline_s > 0) THEN 'jobs_deadline_s_check'
      WHEN NOT (NEW.expected >= 0) THEN 'jobs_expected_check'
      WHEN NOT (NEW.price >= 0) THEN 'jobs_price_check'
      WHEN NOT (NEW.source IN ('page', 'api', 'cli')) THEN 'jobs_source_check'
      WHEN NOT (NEW.mode IN ('queue', 'inline', 'parent')) THEN 'jobs_mode_check'
      WHEN NOT (NEW.state IN ('queued', 'running', 'succeeded', 'failed', 'canceled')) THEN 'jobs_state_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION jobs_verify FROM PUBLIC;
