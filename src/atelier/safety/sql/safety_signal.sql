-- Tells every process that a rule changed, when the transaction commits.
CREATE OR REPLACE FUNCTION safety_signal() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN PERFORM pg_notify('atelier_safety', ''); RETURN NULL; END
$$;

REVOKE ALL ON FUNCTION safety_signal FROM PUBLIC;
