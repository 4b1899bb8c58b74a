-- What an account that was linked in this transaction proves: that its owner reads mail at the member's address.
CREATE OR REPLACE FUNCTION people_prove_by_provider() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  UPDATE members m SET verified_at = now() FROM identities i
    WHERE m.id = atelier_member() AND i.member_id = m.id AND i.created_at >= now()
      AND i.proved_email = m.email AND m.verified_at IS NULL;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION people_prove_by_provider FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_prove_by_provider TO atelier_web;
