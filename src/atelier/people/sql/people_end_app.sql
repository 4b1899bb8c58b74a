-- Ends the sign-in that a refresh token belongs to, used or not: whoever holds the token wants it ended (RFC 7009).
CREATE OR REPLACE FUNCTION people_end_app(secret text) RETURNS TABLE(whose uuid, family uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RETURN QUERY DELETE FROM sessions s USING refresh_tokens r
    WHERE r.session_id = s.id AND r.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
    RETURNING s.member_id, s.id;
END
$$;

REVOKE ALL ON FUNCTION people_end_app FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_end_app TO atelier_web;
