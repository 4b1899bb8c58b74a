-- An account opens empty, and its balance changes only with a posting.
CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.balance <> 0 OR NEW.lines <> 0 THEN
      RAISE EXCEPTION 'an account opens empty' USING ERRCODE = 'AL000';
    END IF;
  ELSIF pg_trigger_depth() = 1 AND NOT ledger_forgets(to_jsonb(OLD), to_jsonb(NEW)) THEN
    RAISE EXCEPTION 'an account changes only with a posting' USING ERRCODE = 'AL000';
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION ledger_account_guard FROM PUBLIC;
