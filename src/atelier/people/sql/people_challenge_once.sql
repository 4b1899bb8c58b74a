-- Whether this challenge is answered for the first time.
CREATE OR REPLACE FUNCTION people_challenge_once(named text, good_until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  DELETE FROM challenges_spent WHERE until < now();
  INSERT INTO challenges_spent VALUES (named, least(good_until, now() + interval '1 hour')) ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION people_challenge_once FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_challenge_once TO atelier_web;
