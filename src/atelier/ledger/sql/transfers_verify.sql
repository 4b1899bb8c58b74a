-- Judges a row of transfers by all of the table's rules at once, and names the one it breaks.
CREATE OR REPLACE FUNCTION transfers_verify() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF NOT (
    NEW.amount > 0
    AND length(NEW.key) BETWEEN 1 AND 200
    AND NEW.kind ~ '^[a-z_]{1,40}$'
    AND length(NEW.memo) <= 500
    AND NEW.key = 'reverse:' || NEW.reverses  -- so that nothing is reversed twice
  ) THEN
    broken := CASE
      WHEN NOT (NEW.amount > 0) THEN 'transfers_amount_check'
      WHEN NOT (length(NEW.key) BETWEEN 1 AND 200) THEN 'transfers_key_check'
      WHEN NOT (NEW.kind ~ '^[a-z_]{1,40}$') THEN 'transfers_kind_check'
      WHEN NOT (length(NEW.memo) <= 500) THEN 'transfers_memo_check'
      ELSE 'transfers_reverses_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION transfers_verify FROM PUBLIC;
