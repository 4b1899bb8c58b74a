-- Takes back one transfer, once and exactly, by a transfer that names it; false when that was done before.
-- Of a settled hold, what was used goes back to the lots that it came from. What had come into a wallet is taken from the lot
-- that it opened and then from the others; where the wallet has less, `p_owes` makes the rest a debt, and without it AL001 is
-- raised. AL003: there is no such transfer; AL007: its kind cannot be reversed.
CREATE OR REPLACE FUNCTION ledger_reverse(
    p_id uuid, p_transfer uuid, p_memo text DEFAULT NULL, p_owes boolean DEFAULT false
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  was transfers; hold holds; rule ledger_movements; own record; theirs uuid; owned uuid; debt uuid;
  given bigint; repaid bigint := 0; have bigint; lots_in uuid[]; parts_in bigint[]; moved record;
BEGIN
  IF (session_user IN ('atelier_worker', 'atelier_operator') AND atelier_studio()) IS NOT TRUE THEN
    RAISE EXCEPTION 'only the studio reverses a transfer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT * INTO was FROM transfers WHERE id = p_transfer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no transfer %', p_transfer USING ERRCODE = 'AL003';
  END IF;
  SELECT * INTO hold FROM holds WHERE id = was.hold_id;
  SELECT * INTO rule FROM ledger_movements WHERE kind = was.kind AND reversible;
  IF rule.kind IS NULL AND was.kind <> 'settle' THEN
    RAISE EXCEPTION 'a transfer % cannot be reversed', was.kind USING ERRCODE = 'AL007';
  END IF;
  -- the owned account first, which is the lock: two reversals of one transfer come one after the other
  SELECT a.id, a.balance INTO owned, have FROM accounts a WHERE a.member_id = was.member_id
    AND a.kind = CASE WHEN hold.kind = 'payout' OR 'earnings' IN (rule.from_kind, rule.to_kind) THEN 'earnings'
                      ELSE 'wallet' END FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM transfers WHERE key = 'reverse:' || p_transfer) THEN RETURN false; END IF;
  IF ledger_expire_lots(was.member_id) > 0 THEN
    SELECT a.balance INTO have FROM accounts a WHERE a.id = owned;
  END IF;
  -- what the studio's own account got by it: it gives that back
  SELECT p.account_id, p.amount INTO theirs, given FROM postings p JOIN accounts a ON a.id = p.account_id
    WHERE p.transfer_id = p_transfer AND a.member_id IS NULL AND a.kind <> 'escrow';
  SELECT p.lots, p.parts, p.amount INTO own FROM postings p WHERE p.transfer_id = p_transfer AND p.account_id = owned;
  IF given < 0 THEN  -- credits had come to the member
    given := -given;
    IF have < given THEN
      IF NOT p_owes THEN
        RAISE EXCEPTION 'not enough credits' USING ERRCODE = 'AL001',
          DETAIL = json_build_object('need', given, 'have', have)::text;
      END IF;
      debt := ledger_debt(was.member_id);
    END IF;
    IF own.lots IS NOT NULL AND have > 0 THEN
      moved := ledger_take(was.member_id, least(have, given), own.lots[1]);
      lots_in := moved.taken;
      parts_in := ledger_negative(moved.parts);
    END IF;
    PERFORM ledger_post(p_id, 'reverse:' || p_transfer, 'reverse', given, NULL, was.member_id, p_memo,
      ARRAY[owned, debt, theirs], ARRAY[-least(have, given), least(have, given) - given, given],
      owned, lots_in, parts_in, p_transfer);
    RETURN true;
  END IF;
  IF was.kind = 'settle' THEN
    moved := ledger_parts(hold.lots, hold.parts, 0, hold.used);
    lots_in := moved.lots;
    parts_in := moved.parts;
  ELSE
    lots_in := own.lots;
    parts_in := ledger_negative(own.parts);
    -- what had been left owing is no longer owed; what of it was paid since comes back to the wallet
    SELECT a.id, least(-a.balance, -p.amount) INTO debt, repaid FROM postings p JOIN accounts a ON a.id = p.account_id
      WHERE p.transfer_id = p_transfer AND a.kind = 'debt';
    repaid := coalesce(repaid, 0);
  END IF;
  have := given - repaid - coalesce((SELECT sum(part) FROM unnest(parts_in) AS part), 0);
  IF have > 0 AND (rule.from_kind = 'wallet' OR hold.kind <> 'payout') THEN  -- lots are unknown, or a debt was paid
    INSERT INTO lots (id, account_id, member_id, source, amount)
      VALUES (p_id, owned, was.member_id, 'returned', have);
    lots_in := lots_in || p_id;
    parts_in := parts_in || have;
  END IF;
  PERFORM ledger_post(p_id, 'reverse:' || p_transfer, 'reverse', given, was.hold_id, was.member_id, p_memo,
    ARRAY[theirs, debt, owned], ARRAY[-given, repaid, given - repaid], owned, lots_in, parts_in, p_transfer);
  PERFORM ledger_repay(was.member_id);
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION ledger_reverse FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_reverse TO atelier_worker, atelier_operator;
