-- Refuses a row of made_of whose asset or source is another member's.
CREATE OR REPLACE FUNCTION made_of_point_to_own() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF (SELECT count(*) FROM assets WHERE id IN (NEW.asset_id, NEW.source_id) AND member_id = NEW.member_id)
     <> (CASE WHEN NEW.asset_id = NEW.source_id THEN 1 ELSE 2 END)
  THEN
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "made_of_own"', TG_TABLE_NAME
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'made_of_own';
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION made_of_point_to_own FROM PUBLIC;
