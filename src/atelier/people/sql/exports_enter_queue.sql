-- Enters each new export in the queue.
CREATE OR REPLACE FUNCTION exports_enter_queue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN PERFORM enter_export(NEW); RETURN NULL; END
$$;

REVOKE ALL ON FUNCTION exports_enter_queue FROM PUBLIC;
