-- Whether the next member from that network would get the welcome, as far as the network alone decides: what the
-- sign-up page may promise.
CREATE OR REPLACE FUNCTION people_welcomes(origin text, most integer, within_s double precision) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RETURN (SELECT count(*) FROM newcomers
           WHERE network = origin AND at >= clock_timestamp() - make_interval(secs => within_s)) < most;
END
$$;

REVOKE ALL ON FUNCTION people_welcomes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_welcomes TO atelier_web;
