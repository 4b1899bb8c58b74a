-- Whether the connection may act on this member's wallet: for the member, or for the studio.
CREATE OR REPLACE FUNCTION ledger_may(p_member uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN RETURN coalesce(p_member = atelier_member(), false)
  OR (session_user IN ('atelier_worker', 'atelier_operator') AND atelier_studio()); END
$$;

REVOKE ALL ON FUNCTION ledger_may FROM PUBLIC;
