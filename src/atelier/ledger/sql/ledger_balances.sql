-- Refuses a transfer whose postings do not sum to zero or do not move its amount. One statement writes all postings of
-- a transfer, so there is no moment at which it does not balance.
CREATE OR REPLACE FUNCTION ledger_balances() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT transfer_id FROM fresh) AS one, LATERAL (
      SELECT sum(amount) AS rest, sum(amount) FILTER (WHERE amount > 0) AS moved FROM postings
      WHERE transfer_id = one.transfer_id) AS found
    WHERE rest <> 0 OR moved IS DISTINCT FROM (SELECT amount FROM transfers WHERE id = one.transfer_id))
  THEN
    RAISE EXCEPTION 'the postings of a transfer must sum to zero and move its amount' USING ERRCODE = 'AL000';
  END IF;
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION ledger_balances FROM PUBLIC;
