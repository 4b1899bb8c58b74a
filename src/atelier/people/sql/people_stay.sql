-- Opens a closed account again: `kept`, `late` once erasing has begun, `studio` where only an operator may, null where
-- the member does not leave.
CREATE OR REPLACE FUNCTION people_stay(p_member uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE mine departures; studio boolean := p_member IS DISTINCT FROM atelier_member();
BEGIN
  IF p_member IS NULL OR (studio AND NOT (session_user = 'atelier_operator' AND atelier_studio())) THEN
    RAISE EXCEPTION 'this account belongs to somebody else' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM FROM members WHERE id = p_member AND state = 'leaving' FOR UPDATE;
  SELECT * INTO mine FROM departures WHERE member_id = p_member;
  IF mine.member_id IS NULL THEN RETURN NULL; END IF;
  IF mine.by_studio AND NOT studio THEN RETURN 'studio'; END IF;
  IF EXISTS (SELECT FROM erasures WHERE id = p_member AND ended_at IS NULL) THEN RETURN 'late'; END IF;
  UPDATE members SET state = mine.before WHERE id = p_member AND state = 'leaving';
  DELETE FROM departures WHERE member_id = p_member;
  RETURN 'kept';
END
$$;

REVOKE ALL ON FUNCTION people_stay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_stay TO atelier_web, atelier_operator;
