-- Moves what has expired out of a member's wallet; how much that was, 0 when nothing has.
CREATE OR REPLACE FUNCTION ledger_expire(p_member uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  PERFORM ledger_refuse_strangers(p_member);
  PERFORM FROM accounts WHERE member_id = p_member AND kind = 'wallet' FOR NO KEY UPDATE;
  RETURN ledger_expire_lots(p_member);
END
$$;

REVOKE ALL ON FUNCTION ledger_expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_expire TO atelier_worker, atelier_operator;
