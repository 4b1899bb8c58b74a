-- Refuses every change to what the ledger has written, except while an erased member's rows are made anonymous.
CREATE OR REPLACE FUNCTION ledger_is_final() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN IF TG_OP = 'UPDATE' AND coalesce(current_setting('atelier.forgetting', true), '') <> '' THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'what the ledger has written stays: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'AL000'; END
$$;

REVOKE ALL ON FUNCTION ledger_is_final FROM PUBLIC;
