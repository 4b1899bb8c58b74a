-- Whether a member is to be told by mail that wrong codes were typed for their account: at least `most` in the last day,
-- and no such mail since then. Tries that fail at the same moment are looked at one after the other.
CREATE OR REPLACE FUNCTION people_codes_guessed(member uuid, most integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('codes guessed ' || member, 20261130));
  RETURN NOT EXISTS (SELECT FROM events WHERE subject_id = member AND kind = 'factor:warned'
                       AND at > clock_timestamp() - interval '1 day')
    AND (SELECT count(*) FROM events WHERE subject_id = member AND kind = 'factor:failed'
           AND data ->> 'factor' IN ('code', 'totp') AND at > clock_timestamp() - interval '1 day') >= most;
END
$$;

REVOKE ALL ON FUNCTION people_codes_guessed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_codes_guessed TO atelier_web;
