-- Judges a row of events by all of the table's rules at once, and names the one it breaks.
CREATE OR REPLACE FUNCTION events_verify() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF NOT (NEW.kind ~ '^[a-z_]+:[a-z_]+$') THEN
    broken := CASE
      WHEN NOT (NEW.kind ~ '^[a-z_]+:[a-z_]+$') THEN 'events_kind_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION events_verify FROM PUBLIC;
