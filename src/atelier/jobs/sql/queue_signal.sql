-- Wakes the workers of a queue when a transaction that enters something in it commits.
CREATE OR REPLACE FUNCTION queue_signal() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN PERFORM pg_notify('atelier_queue', NEW.queue_name); RETURN NULL; END
$$;

REVOKE ALL ON FUNCTION queue_signal FROM PUBLIC;
