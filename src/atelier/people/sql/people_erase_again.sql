-- For an operator's list of erased members, brought to a restored backup: a member who is back there leaves at once.
CREATE OR REPLACE FUNCTION people_erase_again(p_member uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM FROM members WHERE id = p_member FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO erasures (id, ended_at) VALUES (p_member, now()) ON CONFLICT (id) DO NOTHING;
    RETURN false;
  END IF;
  INSERT INTO departures (member_id, before, by_studio, due_at)
    SELECT id, state, true, now() FROM members WHERE id = p_member
    ON CONFLICT (member_id) DO UPDATE SET due_at = now(), by_studio = true;
  UPDATE members SET state = 'leaving' WHERE id = p_member;
  DELETE FROM sessions WHERE member_id = p_member;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION people_erase_again FROM PUBLIC;
