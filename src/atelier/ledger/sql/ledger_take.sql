-- Chooses the lots that `p_amount` credits of a wallet come from: `p_first` if it is named, then the soonest to expire. The
-- caller has locked the wallet. What has expired is moved away first, so that nothing is spent after its day.
-- Raises AL001 where the wallet has less.
CREATE OR REPLACE FUNCTION ledger_take(
    p_member uuid, p_amount bigint, p_first uuid DEFAULT NULL, OUT taken uuid[], OUT parts bigint[]
)
LANGUAGE plpgsql
AS $$
DECLARE each record; missing bigint := p_amount; part bigint;
BEGIN
  FOR each IN SELECT id, rest, expires_at FROM lots WHERE id = p_first AND open LOOP
    part := least(each.rest, missing);
    taken := taken || each.id;
    parts := parts || part;
    missing := missing - part;
  END LOOP;
  IF missing > 0 THEN
    FOR each IN SELECT id, rest, expires_at FROM lots WHERE member_id = p_member AND open ORDER BY expires_at, id LOOP
      IF each.expires_at <= now() AND each.id IS DISTINCT FROM p_first THEN
        PERFORM ledger_expire_lots(p_member);
        SELECT t.taken, t.parts INTO taken, parts FROM ledger_take(p_member, p_amount, p_first) t;
        RETURN;
      END IF;
      CONTINUE WHEN each.id = p_first;
      part := least(each.rest, missing);
      taken := taken || each.id;
      parts := parts || part;
      missing := missing - part;
      EXIT WHEN missing = 0;
    END LOOP;
  END IF;
  IF missing > 0 THEN
    RAISE EXCEPTION 'not enough credits' USING ERRCODE = 'AL001',
      DETAIL = json_build_object('need', p_amount, 'have', p_amount - missing)::text;
  END IF;
END
$$;

REVOKE ALL ON FUNCTION ledger_take FROM PUBLIC;
