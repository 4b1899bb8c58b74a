-- What a key that this transaction used proves of its member: that they read mail at its address.
CREATE OR REPLACE FUNCTION people_prove_address(secret text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE proof confirmations;
BEGIN
  SELECT * INTO proof FROM confirmations
    WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
      AND used_at >= now() AND member_id = atelier_member();
  IF NOT FOUND THEN RETURN false; END IF;
  IF proof.purpose = 'change' THEN
    UPDATE members SET email = proof.email, verified_at = now() WHERE id = proof.member_id;
  ELSE
    UPDATE members SET verified_at = now() WHERE id = proof.member_id AND email = proof.email;
  END IF;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION people_prove_address FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_prove_address TO atelier_web;
