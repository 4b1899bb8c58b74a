-- Whether a new member gets the welcome: their mailbox never got one, and few enough came from their network in that
-- time. Members who come from one network at once are counted one after the other.
CREATE OR REPLACE FUNCTION people_welcome(
    whose text, origin text, most integer, within_s double precision
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF origin IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('newcomers ' || origin, 20261121));
    DELETE FROM newcomers WHERE at < clock_timestamp() - make_interval(secs => within_s);
    IF (SELECT count(*) FROM newcomers WHERE network = origin) >= most THEN RETURN false; END IF;
  END IF;
  IF whose IS NOT NULL THEN
    INSERT INTO welcomes (mailbox) VALUES (whose) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN false; END IF;
  END IF;
  IF origin IS NOT NULL THEN INSERT INTO newcomers (network) VALUES (origin); END IF;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION people_welcome FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_welcome TO atelier_web, atelier_operator;
