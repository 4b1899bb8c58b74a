-- Judges a row of accounts by all of the table's rules at once, and names the one it breaks.
CREATE OR REPLACE FUNCTION accounts_verify() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF NOT (
    NEW.kind IN ('wallet', 'earnings', 'debt', 'escrow', 'revenue', 'promotion', 'clearing', 'payouts', 'expired')
    AND ((NEW.kind IN ('wallet', 'earnings', 'debt')) = (NEW.member_id IS NOT NULL)
      AND (NEW.member_id IS NOT NULL) = (NEW.balance IS NOT NULL)
      AND (NEW.member_id IS NOT NULL) = (NEW.lines IS NOT NULL))
  ) THEN
    broken := CASE
      WHEN NOT (NEW.kind IN
        ('wallet', 'earnings', 'debt', 'escrow', 'revenue', 'promotion', 'clearing', 'payouts', 'expired'))
        THEN 'accounts_kind_check'
      ELSE 'accounts_owner_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION accounts_verify FROM PUBLIC;
