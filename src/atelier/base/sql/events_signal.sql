-- Wakes the readers of events when the transaction commits.
CREATE OR REPLACE FUNCTION events_signal() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN PERFORM pg_notify('atelier_event', coalesce(NEW.member_id::text, '')); RETURN NULL; END
$$;

REVOKE ALL ON FUNCTION events_signal FROM PUBLIC;
