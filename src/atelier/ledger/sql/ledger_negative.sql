-- The same amounts, taken instead of given.
CREATE OR REPLACE FUNCTION ledger_negative(amounts bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
  IF cardinality(amounts) = 1 THEN RETURN ARRAY[-amounts[1]]; END IF;
  RETURN ARRAY(SELECT -u.amount FROM unnest(amounts) WITH ORDINALITY AS u (amount, place) ORDER BY u.place);
END
$$;

REVOKE ALL ON FUNCTION ledger_negative FROM PUBLIC;
