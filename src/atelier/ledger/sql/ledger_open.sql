-- Opens an empty wallet; false when the member has one.
CREATE OR REPLACE FUNCTION ledger_open(p_member uuid, p_id uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  PERFORM ledger_refuse_strangers(p_member);
  INSERT INTO accounts (id, kind, member_id, balance, lines) VALUES (p_id, 'wallet', p_member, 0, 0)
    ON CONFLICT (member_id, kind) DO NOTHING;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION ledger_open FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_open TO atelier_web, atelier_worker, atelier_operator;
