-- The network address from which the transaction's request came.
CREATE OR REPLACE FUNCTION atelier_address() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT nullif(current_setting('atelier.address', true), '')
$$;

REVOKE ALL ON FUNCTION atelier_address FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atelier_address TO atelier_web, atelier_worker, atelier_operator;
