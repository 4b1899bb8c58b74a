-- Uses a mailed key up, once; a sign-up's becomes that of the acting member. Their other keys end.
CREATE OR REPLACE FUNCTION people_spend_key(secret text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE spent confirmations;
BEGIN
  UPDATE confirmations SET used_at = clock_timestamp(), member_id = atelier_member()
    WHERE digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
      AND used_at IS NULL AND expires_at > clock_timestamp() AND atelier_member() IS NOT NULL
      AND (member_id = atelier_member() OR (member_id IS NULL AND purpose = 'sign_up'))
    RETURNING * INTO spent;
  IF spent.id IS NULL THEN RETURN NULL; END IF;
  UPDATE confirmations SET expires_at = clock_timestamp()
    WHERE used_at IS NULL AND expires_at > clock_timestamp()
      AND (member_id = spent.member_id AND (purpose = spent.purpose OR spent.purpose IN ('reset', 'change'))
           OR (spent.purpose = 'sign_up' AND purpose = 'sign_up' AND email = spent.email));
  RETURN spent.purpose;
END
$$;

REVOKE ALL ON FUNCTION people_spend_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_spend_key TO atelier_web;
