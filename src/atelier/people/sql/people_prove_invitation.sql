-- Whoever has the first operator's link runs the machine; whoever has a link that was mailed reads mail at that
-- address.
CREATE OR REPLACE FUNCTION people_prove_invitation(secret text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  UPDATE members m SET verified_at = now() FROM invitations i
    WHERE m.id = atelier_member() AND i.used_by = m.id AND i.used_at >= now()
      AND i.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
      AND (i.email = m.email OR (i.made_by IS NULL AND i.role = 'operator'));
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION people_prove_invitation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_prove_invitation TO atelier_web;
