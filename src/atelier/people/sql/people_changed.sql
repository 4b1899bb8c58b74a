-- Tells every process that remembers who a caller is that something about this member has changed.
CREATE OR REPLACE FUNCTION people_changed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_notify('atelier_caller', to_jsonb(OLD) ->> TG_ARGV[0]);
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION people_changed FROM PUBLIC;
