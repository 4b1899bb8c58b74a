-- Begins to erase a member; from here on there is no way back. False for one who does not leave, or not yet.
CREATE OR REPLACE FUNCTION people_erase_begin(p_member uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM FROM members m JOIN departures d ON d.member_id = m.id
    WHERE m.id = p_member AND m.state = 'leaving' AND d.due_at <= now() FOR UPDATE OF m;
  IF NOT FOUND THEN
    RETURN EXISTS (SELECT FROM erasures WHERE id = p_member AND ended_at IS NULL);
  END IF;
  INSERT INTO erasures (id, pseudonym) VALUES (p_member, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET pseudonym = coalesce(erasures.pseudonym, excluded.pseudonym), ended_at = NULL;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION people_erase_begin FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_erase_begin TO atelier_worker;
