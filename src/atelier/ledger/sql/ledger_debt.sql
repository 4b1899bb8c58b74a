-- The account of what a member owes, opened where they have none.
CREATE OR REPLACE FUNCTION ledger_debt(p_member uuid) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE found_id uuid;
BEGIN
  INSERT INTO accounts (id, kind, member_id, balance, lines) VALUES (gen_random_uuid(), 'debt', p_member, 0, 0)
    ON CONFLICT (member_id, kind) DO NOTHING;
  SELECT id INTO found_id FROM accounts WHERE member_id = p_member AND kind = 'debt';
  RETURN found_id;
END
$$;

REVOKE ALL ON FUNCTION ledger_debt FROM PUBLIC;
