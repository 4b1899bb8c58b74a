-- Moves what is left of a member's expired lots out of their wallet; how much that was. The caller has locked the wallet.
CREATE OR REPLACE FUNCTION ledger_expire_lots(p_member uuid) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE wallet uuid; expired uuid[]; parts bigint[]; total bigint; id uuid := gen_random_uuid();
BEGIN
  SELECT array_agg(l.id), array_agg(-l.rest), sum(l.rest), (array_agg(l.account_id))[1]
    INTO expired, parts, total, wallet
    FROM lots l WHERE l.member_id = p_member AND l.open AND l.expires_at <= now();
  IF total IS NULL THEN RETURN 0; END IF;
  PERFORM ledger_post(id, 'expire:' || id, 'expire', total, NULL, p_member, NULL,
    ARRAY[wallet, '00000000-0000-7000-8000-000000000006'], ARRAY[-total, total], wallet, expired, parts);
  RETURN total;
END
$$;

REVOKE ALL ON FUNCTION ledger_expire_lots FROM PUBLIC;
