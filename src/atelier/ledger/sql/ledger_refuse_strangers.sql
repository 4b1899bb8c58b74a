-- Raises an error unless the connection may act on this member's wallet.
CREATE OR REPLACE FUNCTION ledger_refuse_strangers(p_member uuid) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN IF NOT ledger_may(p_member) THEN
  RAISE EXCEPTION 'this wallet belongs to somebody else' USING ERRCODE = 'insufficient_privilege';
END IF; END
$$;

REVOKE ALL ON FUNCTION ledger_refuse_strangers FROM PUBLIC;
