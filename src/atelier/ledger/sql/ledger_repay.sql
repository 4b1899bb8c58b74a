-- Pays what the member owes from what is in their wallet, as far as it goes. Called after each movement into a wallet, whose
-- row the caller has locked: all that comes in pays the debt first.
CREATE OR REPLACE FUNCTION ledger_repay(p_member uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE debt uuid; owed bigint; wallet uuid; have bigint; id uuid := gen_random_uuid(); taken record;
BEGIN
  SELECT a.id, -a.balance INTO debt, owed FROM accounts a WHERE a.member_id = p_member AND a.kind = 'debt';
  IF NOT FOUND OR owed = 0 THEN RETURN; END IF;
  SELECT a.id INTO wallet FROM accounts a WHERE a.member_id = p_member AND a.kind = 'wallet' FOR NO KEY UPDATE;
  PERFORM ledger_expire_lots(p_member);
  SELECT a.balance INTO have FROM accounts a WHERE a.id = wallet;
  owed := least(owed, have);
  IF owed = 0 THEN RETURN; END IF;
  taken := ledger_take(p_member, owed);
  PERFORM ledger_post(id, 'repay:' || id, 'repay', owed, NULL, p_member, NULL,
    ARRAY[wallet, debt], ARRAY[-owed, owed], wallet, taken.taken, ledger_negative(taken.parts));
END
$$;

REVOKE ALL ON FUNCTION ledger_repay FROM PUBLIC;
