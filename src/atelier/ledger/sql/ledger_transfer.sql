-- Makes one movement between two kinds of account, by the rule of that movement, once for each key; false when it was made
-- before. For other functions, which have asked who may. AL005: no such account; AL006: the key is another movement's.
CREATE OR REPLACE FUNCTION ledger_transfer(
    p_id uuid, p_key text, p_kind text, p_member uuid, p_amount bigint, p_memo text, p_expires timestamptz, p_source text
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
  rule ledger_movements;
  origin uuid; goal uuid; debt uuid; have bigint; short bigint := 0; taken record; known transfers;
BEGIN
  SELECT * INTO STRICT rule FROM ledger_movements WHERE kind = p_kind;
  IF rule.to_kind = 'earnings' THEN
    INSERT INTO accounts (id, kind, member_id, balance, lines) VALUES (gen_random_uuid(), 'earnings', p_member, 0, 0)
      ON CONFLICT (member_id, kind) DO NOTHING;
  END IF;
  origin := ledger_account(rule.from_kind, p_member);
  goal := ledger_account(rule.to_kind, p_member);
  IF origin IS NULL OR goal IS NULL THEN
    RAISE EXCEPTION 'member % has no account for this', p_member USING ERRCODE = 'AL005';
  END IF;
  SELECT balance INTO have FROM accounts WHERE id IN (origin, goal) AND member_id IS NOT NULL FOR NO KEY UPDATE;
  SELECT * INTO known FROM transfers WHERE key = p_key;
  IF FOUND THEN
    IF (known.member_id, known.amount, known.kind) = (p_member, p_amount, rule.kind) THEN RETURN false; END IF;
    RAISE EXCEPTION 'the key % is that of another movement', p_key USING ERRCODE = 'AL006';
  END IF;
  IF rule.to_kind = 'wallet' THEN
    INSERT INTO lots (id, account_id, member_id, source, amount, expires_at)
      VALUES (p_id, goal, p_member, p_source, p_amount, p_expires);
    PERFORM ledger_post(p_id, p_key, rule.kind, p_amount, NULL, p_member, p_memo,
      ARRAY[origin, goal], ARRAY[-p_amount, p_amount], goal, ARRAY[p_id], ARRAY[p_amount]);
    PERFORM ledger_repay(p_member);
    RETURN true;
  END IF;
  IF rule.from_kind = 'wallet' THEN
    have := have - ledger_expire_lots(p_member);
  END IF;
  IF rule.from_kind IN ('wallet', 'earnings') AND have < p_amount THEN
    IF NOT rule.owes THEN
      RAISE EXCEPTION 'not enough credits' USING ERRCODE = 'AL001',
        DETAIL = json_build_object('need', p_amount, 'have', have)::text;
    END IF;
    short := p_amount - have;
    debt := ledger_debt(p_member);
  END IF;
  IF rule.from_kind = 'wallet' AND p_amount > short THEN
    taken := ledger_take(p_member, p_amount - short);
    PERFORM ledger_post(p_id, p_key, rule.kind, p_amount, NULL, p_member, p_memo,
      ARRAY[origin, debt, goal], ARRAY[short - p_amount, -short, p_amount],
      origin, taken.taken, ledger_negative(taken.parts));
  ELSE
    PERFORM ledger_post(p_id, p_key, rule.kind, p_amount, NULL, p_member, p_memo,
      ARRAY[origin, debt, goal], ARRAY[short - p_amount, -short, p_amount]);
  END IF;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION ledger_transfer FROM PUBLIC;
