-- Raises an open hold to `p_total` credits in all; false when it holds that much already. AL003: there is no open hold.
CREATE OR REPLACE FUNCTION ledger_extend(p_id uuid, p_hold uuid, p_total bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE hold holds; account uuid; have bigint; more bigint; added record;
BEGIN
  SELECT * INTO hold FROM holds WHERE id = p_hold AND state = 'held' AND ledger_may(member_id) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no open hold %', p_hold USING ERRCODE = 'AL003';
  END IF;
  more := p_total - hold.amount;
  IF more IS NULL OR more <= 0 THEN RETURN false; END IF;
  SELECT id, balance INTO account, have FROM accounts
    WHERE member_id = hold.member_id AND kind = CASE hold.kind WHEN 'payout' THEN 'earnings' ELSE 'wallet' END
    FOR NO KEY UPDATE;
  IF have < more THEN
    RAISE EXCEPTION 'not enough credits' USING ERRCODE = 'AL001',
      DETAIL = json_build_object('need', more, 'have', have)::text;
  END IF;
  IF hold.kind = 'payout' THEN
    PERFORM ledger_post(p_id, 'extend:' || p_hold || ':' || p_total, 'extend', more, p_hold, hold.member_id, NULL,
      ARRAY[account, '00000000-0000-7000-8000-000000000001'], ARRAY[-more, more]);
    UPDATE holds SET amount = p_total WHERE id = p_hold;
  ELSE
    added := ledger_take(hold.member_id, more);
    PERFORM ledger_post(p_id, 'extend:' || p_hold || ':' || p_total, 'extend', more, p_hold, hold.member_id, NULL,
      ARRAY[account, '00000000-0000-7000-8000-000000000001'], ARRAY[-more, more],
      account, added.taken, ledger_negative(added.parts));
    UPDATE holds SET amount = p_total, (lots, parts) = (
      SELECT array_agg(u.lot ORDER BY u.place), array_agg(u.part ORDER BY u.place) FROM (
        SELECT each.lot, sum(each.part)::bigint AS part, min(each.place) AS place
        FROM unnest(hold.lots || added.taken, hold.parts || added.parts) WITH ORDINALITY AS each (lot, part, place)
        GROUP BY each.lot) AS u)
      WHERE id = p_hold;
  END IF;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION ledger_extend FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_extend TO atelier_web, atelier_worker, atelier_operator;
