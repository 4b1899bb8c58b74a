-- Judges a row of postings by all of the table's rules at once, and names the one it breaks.
CREATE OR REPLACE FUNCTION postings_verify() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF NOT (NEW.amount <> 0) THEN
    broken := CASE
      WHEN NOT (NEW.amount <> 0) THEN 'postings_amount_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION postings_verify FROM PUBLIC;
