-- Refuses a change of one written row, unless it only makes an erased member anonymous.
CREATE OR REPLACE FUNCTION ledger_stays() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF ledger_forgets(to_jsonb(OLD), to_jsonb(NEW)) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'what the ledger has written stays: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'AL000';
END
$$;

REVOKE ALL ON FUNCTION ledger_stays FROM PUBLIC;
