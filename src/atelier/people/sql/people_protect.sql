-- Writes whether a member has a second factor. Locks the member first and looks afterwards, so that two changes at once
-- end with the truth.
CREATE OR REPLACE FUNCTION people_protect() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  whose uuid := coalesce(NEW.member_id, OLD.member_id);
  has boolean;
BEGIN
  PERFORM FROM members WHERE id = whose FOR NO KEY UPDATE;
  SELECT EXISTS (SELECT FROM authenticators WHERE member_id = whose AND confirmed_at IS NOT NULL)
      OR EXISTS (SELECT FROM passkeys WHERE member_id = whose) INTO has;
  UPDATE members SET protected = has WHERE id = whose AND protected IS DISTINCT FROM has;
  IF NOT has THEN DELETE FROM recovery_codes WHERE member_id = whose; END IF;
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION people_protect FROM PUBLIC;
