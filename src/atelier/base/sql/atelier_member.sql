-- The member for whom the transaction acts; row-level security reads it.
CREATE OR REPLACE FUNCTION atelier_member() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT nullif(current_setting('atelier.member', true), '')::uuid
$$;

REVOKE ALL ON FUNCTION atelier_member FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atelier_member TO atelier_web, atelier_worker, atelier_operator;
