-- Ends a hold: what was used goes to revenue (of a payout: to payouts), the rest goes back to the lots that it came from; false
-- when the hold has ended already. The update of the hold is the lock: a second ending waits for it, and then finds the hold
-- ended.
CREATE OR REPLACE FUNCTION ledger_settle(p_id uuid, p_hold uuid, p_used bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  hold holds; account uuid; back bigint; returned record;
  ending text := CASE WHEN p_used > 0 THEN 'settle' ELSE 'release' END;
  goal uuid := '00000000-0000-7000-8000-000000000002';
BEGIN
  UPDATE holds SET state = ending || 'd', used = p_used, ended_at = now()
    WHERE id = p_hold AND state = 'held' AND p_used BETWEEN 0 AND amount AND ledger_may(member_id)
    RETURNING * INTO hold;
  IF NOT FOUND THEN
    SELECT * INTO hold FROM holds WHERE id = p_hold AND ledger_may(member_id);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is no hold %', p_hold USING ERRCODE = 'AL003';
    END IF;
    IF hold.state <> 'held' THEN RETURN false; END IF;
    RAISE EXCEPTION '% % cannot use %', hold.kind, p_hold, p_used USING ERRCODE = 'AL004',
      DETAIL = json_build_object('used', p_used, 'held', hold.amount)::text;
  END IF;
  IF hold.kind = 'payout' THEN goal := '00000000-0000-7000-8000-000000000005'; END IF;
  back := hold.amount - p_used;
  IF back = 0 THEN  -- the wallet gets nothing back, so nobody need look for it
    PERFORM ledger_post(p_id, 'end:' || p_hold, ending, hold.amount, p_hold, hold.member_id, NULL,
      ARRAY['00000000-0000-7000-8000-000000000001', goal], ARRAY[-hold.amount, p_used]);
    RETURN true;
  END IF;
  SELECT id INTO account FROM accounts
    WHERE member_id = hold.member_id AND kind = CASE hold.kind WHEN 'payout' THEN 'earnings' ELSE 'wallet' END;
  returned := ledger_parts(hold.lots, hold.parts, p_used, hold.amount);
  PERFORM ledger_post(p_id, 'end:' || p_hold, ending, hold.amount, p_hold, hold.member_id, NULL,
    ARRAY['00000000-0000-7000-8000-000000000001', goal, account],
    ARRAY[-hold.amount, p_used, back], account, returned.lots, returned.parts);
  PERFORM ledger_repay(hold.member_id);
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION ledger_settle FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_settle TO atelier_worker, atelier_operator;
