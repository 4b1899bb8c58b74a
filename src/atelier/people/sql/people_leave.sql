-- Closes an account and says when it is erased: one's own, or for operators anybody's.
CREATE OR REPLACE FUNCTION people_leave(p_member uuid, p_days integer) RETURNS timestamp with time zone
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  mine members;
  due timestamptz := now() + make_interval(days => p_days);
  studio boolean := p_member IS DISTINCT FROM atelier_member();
BEGIN
  IF p_member IS NULL OR (studio AND NOT (session_user = 'atelier_operator' AND atelier_studio())) THEN
    RAISE EXCEPTION 'this account belongs to somebody else' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF p_days NOT BETWEEN 1 AND 365 THEN
    RAISE EXCEPTION 'an account is closed for 1 to 365 days first' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM FROM members WHERE role = 'operator' ORDER BY id FOR UPDATE;  -- two can't leave each other alone at once
  SELECT * INTO mine FROM members WHERE id = p_member FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF mine.state = 'leaving' THEN RETURN (SELECT due_at FROM departures WHERE member_id = p_member); END IF;
  IF mine.role = 'operator' AND NOT EXISTS (
    SELECT FROM members WHERE role = 'operator' AND state = 'active' AND id <> p_member)
  THEN
    RAISE EXCEPTION 'the last operator stays' USING ERRCODE = 'AL101';
  END IF;
  IF EXISTS (SELECT FROM accounts WHERE member_id = p_member AND kind = 'earnings' AND balance > 0) THEN
    RAISE EXCEPTION 'earnings are paid out first' USING ERRCODE = 'AL102';
  END IF;
  INSERT INTO departures (member_id, before, by_studio, due_at) VALUES (p_member, mine.state, studio, due);
  UPDATE members SET state = 'leaving' WHERE id = p_member;
  DELETE FROM sessions WHERE member_id = p_member;
  UPDATE sessions SET looks_at = NULL, looks_until = NULL WHERE looks_at = p_member;
  RETURN due;
END
$$;

REVOKE ALL ON FUNCTION people_leave FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_leave TO atelier_web, atelier_operator;
