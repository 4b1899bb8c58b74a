-- The account of that kind: the member's own, or the studio's.
CREATE OR REPLACE FUNCTION ledger_account(p_kind text, p_member uuid) RETURNS uuid
LANGUAGE plpgsql STABLE
AS $$
DECLARE found_id uuid;
BEGIN
  IF p_kind IN ('wallet', 'earnings', 'debt') THEN
    SELECT id INTO found_id FROM accounts WHERE member_id = p_member AND kind = p_kind;
  ELSE
    SELECT id INTO found_id FROM accounts WHERE member_id IS NULL AND kind = p_kind;
  END IF;
  RETURN found_id;
END
$$;

REVOKE ALL ON FUNCTION ledger_account FROM PUBLIC;
