-- Compares a job with its terms and its hold when the transaction that wrote it commits: an open job holds exactly the
-- price of its terms, and one that has ended holds nothing any more.
CREATE OR REPLACE FUNCTION jobs_are_paid() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE mine jobs; held bigint; broken text;
BEGIN
  SELECT * INTO mine FROM jobs WHERE id = NEW.id;  -- as it is now: the transaction may have changed it again
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT amount INTO held FROM holds
    WHERE id = mine.id AND kind = 'job' AND member_id = mine.member_id AND state = 'held';
  broken := CASE
    WHEN mine.state NOT IN ('queued', 'running') THEN CASE WHEN held IS NOT NULL THEN 'jobs_hold_ended' END
    WHEN mine.price <> terms_price(mine.terms, mine.terms -> 'most') THEN 'jobs_price_agreed'
    WHEN held IS DISTINCT FROM nullif(mine.price, 0) THEN 'jobs_paid'
  END;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'job % is % for % and % are held: this violates "%"', mine.id, mine.state, mine.price,
      coalesce(held, 0), broken USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION jobs_are_paid FROM PUBLIC;
