-- Moves credits from the member's wallet to escrow for a job, a call, a ticket or (from their earnings) a payout; false when
-- exactly that is held already. `p_hold` is the id of what they are held for.
CREATE OR REPLACE FUNCTION ledger_hold(
    p_id uuid, p_hold uuid, p_member uuid, p_amount bigint, p_memo text, p_kind text DEFAULT 'job'
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE account uuid; have bigint; taken record; known holds;
BEGIN
  PERFORM ledger_refuse_strangers(p_member);
  SELECT id, balance INTO account, have FROM accounts
    WHERE member_id = p_member AND kind = CASE p_kind WHEN 'payout' THEN 'earnings' ELSE 'wallet' END
    FOR NO KEY UPDATE;
  SELECT * INTO known FROM holds WHERE id = p_hold;
  IF FOUND THEN
    IF (known.kind, known.member_id, known.amount, known.state) = (p_kind, p_member, p_amount, 'held') THEN
      RETURN false;
    END IF;
    RAISE EXCEPTION '% % has a hold of other terms', p_kind, p_hold USING ERRCODE = 'AL002';
  END IF;
  IF have IS NULL OR have < p_amount THEN
    RAISE EXCEPTION 'not enough credits' USING ERRCODE = 'AL001',
      DETAIL = json_build_object('need', p_amount, 'have', coalesce(have, 0))::text;
  END IF;
  IF p_kind = 'payout' THEN
    INSERT INTO holds (id, kind, member_id, amount, memo) VALUES (p_hold, p_kind, p_member, p_amount, p_memo);
    PERFORM ledger_post(p_id, 'hold:' || p_hold, 'hold', p_amount, p_hold, p_member, NULL,
      ARRAY[account, '00000000-0000-7000-8000-000000000001'], ARRAY[-p_amount, p_amount]);
  ELSE
    taken := ledger_take(p_member, p_amount);
    INSERT INTO holds (id, kind, member_id, amount, memo, lots, parts)
      VALUES (p_hold, p_kind, p_member, p_amount, p_memo, taken.taken, taken.parts)
      ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN  -- somebody else's hold of the same id, written at the same moment
      RAISE EXCEPTION '% % has a hold of other terms', p_kind, p_hold USING ERRCODE = 'AL002';
    END IF;
    PERFORM ledger_post(p_id, 'hold:' || p_hold, 'hold', p_amount, p_hold, p_member, NULL,
      ARRAY[account, '00000000-0000-7000-8000-000000000001'], ARRAY[-p_amount, p_amount],
      account, taken.taken, ledger_negative(taken.parts));
  END IF;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION ledger_hold FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_hold TO atelier_web, atelier_worker, atelier_operator;
