-- Credits for an amount of each unit at the rates of a job's terms, rounded up once: what `Terms.charge` computes.
CREATE OR REPLACE FUNCTION terms_price(terms jsonb, used jsonb) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(ceil(sum(rate::numeric * coalesce((used ->> unit)::numeric, 0))), 0)::bigint
    FROM jsonb_each_text(terms -> 'rates') AS agreed (unit, rate)
$$;

REVOKE ALL ON FUNCTION terms_price FROM PUBLIC;
GRANT EXECUTE ON FUNCTION terms_price TO atelier_web, atelier_worker, atelier_operator;
