-- Ends a hold and gives all of it back; false when nothing is held. A member's own connection may do so once the job is
-- canceled.
CREATE OR REPLACE FUNCTION ledger_release(p_id uuid, p_hold uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE hold holds;
BEGIN
  SELECT * INTO hold FROM holds WHERE id = p_hold AND ledger_may(member_id) FOR NO KEY UPDATE;
  IF NOT FOUND OR hold.state <> 'held' THEN RETURN false; END IF;
  IF session_user NOT IN ('atelier_worker', 'atelier_operator') AND NOT EXISTS (
    SELECT FROM jobs WHERE id = p_hold AND member_id = hold.member_id AND state = 'canceled')
  THEN
    RAISE EXCEPTION 'only a canceled job gives its hold back this way' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN ledger_settle(p_id, p_hold, 0);
END
$$;

REVOKE ALL ON FUNCTION ledger_release FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_release TO atelier_web, atelier_worker, atelier_operator;
