-- Uses a refresh token up and puts its successor in its place. Takes the secret itself, so that a digest read in a
-- backup opens nothing. Returns nothing for a token that is unknown or expired. One that was used before ends its whole
-- family: somebody else has it too. The one exception is a lost answer, asked for again within seconds by the same
-- client (`again`, a digest of what the request carried), as long as the successor was not used.
CREATE OR REPLACE FUNCTION people_refresh(
    secret text, heir uuid, heir_digest text, again text, patience interval, lasts interval, longest interval
) RETURNS TABLE(outcome text, whose uuid, family uuid, called text, may text[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  held refresh_tokens;
  parent sessions;
BEGIN
  -- the family first: whoever ends it takes the same locks in the same order
  SELECT s.* INTO parent FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id
    WHERE r.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex') FOR UPDATE OF s;
  IF NOT FOUND OR parent.expires_at <= clock_timestamp() THEN RETURN; END IF;
  SELECT * INTO held FROM refresh_tokens r
    WHERE r.digest = encode(sha256(convert_to(secret, 'UTF8')), 'hex') FOR UPDATE;
  IF NOT FOUND OR held.expires_at <= clock_timestamp()
     OR NOT EXISTS (SELECT FROM members WHERE id = held.member_id AND state = 'active') THEN RETURN; END IF;
  IF held.used_at IS NOT NULL THEN
    IF held.retry = again AND held.used_at > clock_timestamp() - patience
       AND EXISTS (SELECT FROM refresh_tokens r WHERE r.digest = heir_digest AND r.used_at IS NULL) THEN
      RETURN QUERY SELECT 'again', held.member_id, held.session_id, parent.agent, parent.scopes;
      RETURN;
    END IF;
    DELETE FROM sessions WHERE id = held.session_id;
    RETURN QUERY SELECT 'reused', held.member_id, held.session_id, parent.agent, parent.scopes;
    RETURN;
  END IF;
  UPDATE refresh_tokens SET used_at = clock_timestamp(), retry = again WHERE id = held.id;
  INSERT INTO refresh_tokens (id, member_id, session_id, digest, expires_at) VALUES
    (heir, held.member_id, held.session_id, heir_digest,
     least(clock_timestamp() + lasts, parent.created_at + longest));
  DELETE FROM refresh_tokens WHERE session_id = held.session_id AND expires_at <= clock_timestamp();
  UPDATE sessions SET seen_at = clock_timestamp(),
      expires_at = least(clock_timestamp() + lasts, parent.created_at + longest)
    WHERE id = held.session_id;
  RETURN QUERY SELECT 'renewed', held.member_id, held.session_id, parent.agent, parent.scopes;
END
$$;

REVOKE ALL ON FUNCTION people_refresh FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_refresh TO atelier_web;
