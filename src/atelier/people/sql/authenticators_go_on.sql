-- Refuses a time step that was used already, whoever writes it.
CREATE OR REPLACE FUNCTION authenticators_go_on() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'a time step is used once' USING ERRCODE = 'check_violation';
END
$$;

REVOKE ALL ON FUNCTION authenticators_go_on FROM PUBLIC;
