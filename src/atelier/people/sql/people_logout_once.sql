-- Whether this sign-out is received for the first time; it is remembered until it would be too old anyway.
CREATE OR REPLACE FUNCTION people_logout_once(named text, good_until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  DELETE FROM logouts_heard WHERE until < now();
  INSERT INTO logouts_heard VALUES (named, good_until) ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION people_logout_once FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_logout_once TO atelier_web;
