-- Has a worker work off a row of the trigger's table. The trigger names the task, what its entry in the queue is called
-- before the row's id, and the argument that gets the id: the same three as the task's `Rows` in Python.
CREATE OR REPLACE FUNCTION row_enters_queue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM enter_background(TG_ARGV[0], TG_ARGV[1] || NEW.id, jsonb_build_object(TG_ARGV[2], NEW.id));
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION row_enters_queue FROM PUBLIC;
