-- Makes a movement that the table `ledger_movements` allows this connection, once for each kind and key; false when it was
-- made before. AL007: there is no such movement.
CREATE OR REPLACE FUNCTION ledger_move(
    p_id uuid, p_kind text, p_member uuid, p_amount bigint, p_key text, p_memo text DEFAULT NULL,
    p_expires timestamptz DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE rule ledger_movements;
BEGIN
  SELECT * INTO rule FROM ledger_movements WHERE kind = p_kind;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no movement %', p_kind USING ERRCODE = 'AL007';
  END IF;
  IF (session_user::text = ANY (rule.callers) AND atelier_studio()) IS NOT TRUE THEN
    RAISE EXCEPTION 'this connection may not make a movement %', p_kind USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF p_expires IS NOT NULL AND (rule.to_kind <> 'wallet' OR p_expires <= now()) THEN
    RAISE EXCEPTION 'these credits cannot expire then' USING ERRCODE = 'AL008';
  END IF;
  RETURN ledger_transfer(p_id, p_kind || ':' || p_key, p_kind, p_member, p_amount, p_memo, p_expires, rule.source);
END
$$;

REVOKE ALL ON FUNCTION ledger_move FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_move TO atelier_worker, atelier_operator;
