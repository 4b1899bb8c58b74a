-- Stores a message of another server and enters it in the queue; false where its source has sent it before. One that failed
-- and is sent again is tried again.
CREATE OR REPLACE FUNCTION inbox_accept(message uuid, sender text, sent text, content bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO inbox (id, source, event_id, body) VALUES (message, sender, sent, content)
    ON CONFLICT ON CONSTRAINT inbox_once DO UPDATE
      SET state = 'waiting', attempts = 0, ended_at = NULL, body = EXCLUDED.body WHERE inbox.state = 'failed';
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION inbox_accept FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inbox_accept TO atelier_web;
