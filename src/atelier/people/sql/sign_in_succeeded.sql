-- The try succeeded, or was none: it is forgotten. A success also forgets this account's failures from the same browser
-- or network, and no others: a guesser elsewhere goes on being counted.
CREATE OR REPLACE FUNCTION sign_in_succeeded(claim uuid, clears boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE done sign_in_failures;
BEGIN
  DELETE FROM sign_in_failures WHERE id = claim RETURNING * INTO done;
  IF clears THEN
    DELETE FROM sign_in_failures WHERE account = done.account AND NOT pending
      AND (network = done.network OR device = done.device);
  END IF;
END
$$;

REVOKE ALL ON FUNCTION sign_in_succeeded FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_succeeded TO atelier_web;
