-- A lot opens empty, changes only with a posting of its wallet, and never holds less than nothing or more than it had.
CREATE OR REPLACE FUNCTION lots_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.rest <> 0 OR NEW.began <> 0 OR NEW.open THEN
      RAISE EXCEPTION 'a lot opens empty' USING ERRCODE = 'AL000';
    END IF;
  ELSIF pg_trigger_depth() = 1 AND NOT ledger_forgets(to_jsonb(OLD), to_jsonb(NEW)) THEN
    RAISE EXCEPTION 'a lot changes only with a posting' USING ERRCODE = 'AL000';
  END IF;
  IF NOT (
    NEW.amount > 0
    AND NEW.rest BETWEEN 0 AND NEW.amount
    AND NEW.open = (NEW.rest > 0)
    AND NEW.source IN ('before', 'welcome', 'promotion', 'grant', 'plan', 'bought', 'returned')
  ) THEN
    broken := CASE
      WHEN NOT (NEW.amount > 0) THEN 'lots_amount_check'
      WHEN NOT (NEW.rest BETWEEN 0 AND NEW.amount) THEN 'lots_rest_check'
      WHEN NOT (NEW.open = (NEW.rest > 0)) THEN 'lots_open_check'
      ELSE 'lots_source_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION lots_guard FROM PUBLIC;
