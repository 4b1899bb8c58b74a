-- Uses an invitation up and gives the acting member its role. Takes the secret itself, so that a digest read in a
-- backup opens nothing.
CREATE OR REPLACE FUNCTION people_accept_invitation(secret text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE given text;
BEGIN
  UPDATE invitations SET used_at = clock_timestamp(), used_by = atelier_member()
    WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
      AND used_at IS NULL AND expires_at > clock_timestamp()
    RETURNING role INTO given;
  IF given IS NULL THEN RETURN NULL; END IF;
  UPDATE members SET role = given WHERE id = atelier_member();
  IF NOT FOUND THEN RAISE EXCEPTION 'an invitation needs a member who accepts it'; END IF;
  RETURN given;
END
$$;

REVOKE ALL ON FUNCTION people_accept_invitation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_accept_invitation TO atelier_web;
