-- Of a hold's lots and parts, what lies after its first `p_from` credits and before `p_to`: the first are used first.
CREATE OR REPLACE FUNCTION ledger_parts(
    p_lots uuid[], p_parts bigint[], p_from bigint, p_to bigint, OUT lots uuid[], OUT parts bigint[]
)
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
  IF cardinality(p_lots) = 1 THEN
    lots := p_lots;
    parts := ARRAY[p_to - p_from];
    RETURN;
  END IF;
  SELECT array_agg(u.lot ORDER BY u.place), array_agg(u.part ORDER BY u.place) INTO lots, parts FROM (
    SELECT each.lot, each.place, least(p_to, each.reached) - greatest(p_from, each.reached - each.part) AS part
    FROM (SELECT lot, part, place, (sum(part) OVER (ORDER BY place))::bigint AS reached
          FROM unnest(p_lots, p_parts) WITH ORDINALITY AS all_of_them (lot, part, place)) AS each) AS u
  WHERE u.part > 0;
END
$$;

REVOKE ALL ON FUNCTION ledger_parts FROM PUBLIC;
