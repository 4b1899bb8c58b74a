-- Refuses a row that belongs to another member's session. A foreign key alone does not: it passes row-level security.
CREATE OR REPLACE FUNCTION points_to_own_session() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text := TG_TABLE_NAME || '_session_own';
BEGIN
  IF NOT EXISTS (SELECT FROM sessions WHERE id = NEW.session_id AND member_id = NEW.member_id) THEN
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION points_to_own_session FROM PUBLIC;
