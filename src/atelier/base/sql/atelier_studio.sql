-- Whether the transaction acts for the whole studio.
CREATE OR REPLACE FUNCTION atelier_studio() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT coalesce(current_setting('atelier.studio', true), '') = 'on'
$$;

REVOKE ALL ON FUNCTION atelier_studio FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atelier_studio TO atelier_web, atelier_worker, atelier_operator;
