-- Takes a place for one try before the password is looked at, so that a thousand tries at once are not a thousand
-- tries. A browser that signed in to this account before counts by itself, at most as often as an account; all others
-- count by account and by network. Returns 0 and the try may go on, -1 when others must end first, or the seconds to
-- wait.
CREATE OR REPLACE FUNCTION sign_in_claim(
    claim uuid, whose text, origin text, known text,
    account_most integer, account_s double precision, network_most integer, network_s double precision
) RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  mine bigint := hashtextextended('account ' || whose, 20261121);
  theirs bigint := hashtextextended('network ' || origin, 20261121);
  moment timestamptz;
  counted record;
  waits double precision := 0;
  busy boolean := false;
BEGIN
  PERFORM pg_advisory_xact_lock(least(mine, theirs));
  PERFORM pg_advisory_xact_lock(greatest(mine, theirs));
  moment := clock_timestamp();
  FOR counted IN
    SELECT tries.most, tries.s, count(*) AS all_of_them,
           (array_agg(tries.at ORDER BY tries.at DESC) FILTER (WHERE NOT tries.open))[tries.most] AS last
    FROM (
      SELECT 'account' AS by, account_most AS most, account_s AS s, at,
             pending AND at > moment - interval '1 min' AS open
        FROM sign_in_failures WHERE account = whose AND device IS NOT DISTINCT FROM known
                                AND at > moment - make_interval(secs => account_s)
      UNION ALL
      SELECT 'network', network_most, network_s, at, pending AND at > moment - interval '1 min'
        FROM sign_in_failures WHERE known IS NULL AND network = origin AND device IS NULL
                                AND at > moment - make_interval(secs => network_s)
    ) tries GROUP BY tries.by, tries.most, tries.s
  LOOP
    IF counted.last IS NOT NULL THEN
      waits := greatest(waits, extract(epoch FROM counted.last - moment) + counted.s);
    ELSIF counted.all_of_them >= counted.most THEN
      busy := true;
    END IF;
  END LOOP;
  IF waits > 0 THEN RETURN waits; END IF;
  IF busy THEN RETURN -1; END IF;
  INSERT INTO sign_in_failures (id, account, network, device, at) VALUES (claim, whose, origin, known, moment);
  RETURN 0;
END
$$;

REVOKE ALL ON FUNCTION sign_in_claim FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_claim TO atelier_web;
