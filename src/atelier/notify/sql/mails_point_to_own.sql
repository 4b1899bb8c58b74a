-- Lets a web process write mail to its member's own address alone, and none with a key. All other mail is written by
-- workers and operators.
CREATE OR REPLACE FUNCTION mails_point_to_own() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text := 'mails_recipient_own';
BEGIN
  IF session_user = 'atelier_web' AND (
    NEW.key_id IS NOT NULL
    OR NEW.member_id IS NULL
    OR NOT EXISTS (SELECT FROM members WHERE id = NEW.member_id AND email = NEW.recipient)
  ) THEN
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION mails_point_to_own FROM PUBLIC;
