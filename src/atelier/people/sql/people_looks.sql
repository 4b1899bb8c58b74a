-- Whether `who` is an operator who looks at the acting member's pages just now.
CREATE OR REPLACE FUNCTION people_looks(who uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM sessions
    WHERE member_id = who AND looks_at = atelier_member() AND looks_until > now() AND expires_at > now());
END
$$;

REVOKE ALL ON FUNCTION people_looks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_looks TO atelier_web;
