-- Erases a member in one transaction. `p_account` is the name under which failed sign-ins were counted. Returns how
-- many rows went from each table, or null where nothing is to do.
CREATE OR REPLACE FUNCTION people_erase(p_member uuid, p_account text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  mine erasures; who members; left_over text[]; still text[]; each text; changed bigint;
  gone jsonb := '{}'; wallet uuid; rest bigint; left_in bigint; taken record;
BEGIN
  SELECT * INTO mine FROM erasures WHERE id = p_member AND ended_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT * INTO who FROM members WHERE id = p_member FOR UPDATE;
  IF who.state IS DISTINCT FROM 'leaving' THEN
    RAISE EXCEPTION 'member % does not leave', p_member USING ERRCODE = 'check_violation';
  END IF;
  -- what was left in the wallet expires; then the ledger forgets whose all that was
  SELECT id, balance INTO wallet, rest FROM accounts WHERE member_id = p_member AND kind = 'wallet' FOR UPDATE;
  IF EXISTS (SELECT FROM holds WHERE member_id = p_member AND state = 'held') THEN
    RAISE EXCEPTION 'something of member % is still being made', p_member USING ERRCODE = 'AL103';
  END IF;
  IF rest > ledger_expire_lots(p_member) THEN
    SELECT balance INTO left_in FROM accounts WHERE id = wallet;
    taken := ledger_take(p_member, left_in);
    PERFORM ledger_post(gen_random_uuid(), 'expire:' || mine.pseudonym, 'expire', left_in, NULL, p_member, NULL,
      ARRAY[wallet, '00000000-0000-7000-8000-000000000006'::uuid], ARRAY[-left_in, left_in],
      wallet, taken.taken, ledger_negative(taken.parts));
  END IF;
  PERFORM set_config('atelier.forgetting', p_member::text, true);
  UPDATE transfers SET member_id = mine.pseudonym, memo = NULL,
      key = replace(key, p_member::text, mine.pseudonym::text) WHERE member_id = p_member;
  UPDATE holds SET member_id = mine.pseudonym, memo = NULL WHERE member_id = p_member;
  UPDATE postings SET member_id = mine.pseudonym WHERE member_id = p_member;
  UPDATE accounts SET member_id = mine.pseudonym WHERE member_id = p_member;
  UPDATE lots SET member_id = mine.pseudonym WHERE member_id = p_member;
  PERFORM set_config('atelier.forgetting', '', true);
  -- facts: their own go; what they did as an operator stays without their address, what was done to them without
  -- words; strangers' tries at their door go
  DELETE FROM events WHERE member_id = p_member
    AND (subject_id IS NOT DISTINCT FROM p_member
      OR kind !~ '^(console|flag|invitation|lock|look|mail|member|model):'  -- what the trail keeps of an operator
      OR who.role NOT IN ('operator', 'support'));
  DELETE FROM events WHERE subject_id = p_member AND member_id IS NULL;
  UPDATE events SET data = coalesce((SELECT jsonb_object_agg(d.key, d.value) FROM jsonb_each(data) d
      WHERE jsonb_typeof(d.value) IN ('number', 'boolean') OR d.key IN ('before', 'after')), '{}')
    WHERE subject_id = p_member AND member_id IS DISTINCT FROM p_member;
  UPDATE events SET address = NULL WHERE actor_id = p_member AND address IS NOT NULL;
  -- what names them by e-mail
  DELETE FROM mails WHERE lower(recipient) = who.email;
  DELETE FROM confirmations WHERE email = who.email;
  DELETE FROM invitations WHERE email = who.email AND used_at IS NULL;
  UPDATE invitations SET email = NULL, note = '' WHERE used_by = p_member OR email = who.email;
  DELETE FROM sign_in_failures WHERE account = p_account;
  DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name <> 'people:erase'
    AND args ->> 'member_id' = p_member::text;
  -- and their rows in every other table, whichever refers to whichever
  left_over := ARRAY(SELECT o.name FROM people_owned() o
                     WHERE o.owner = 'member_id'
                       AND o.name NOT IN ('accounts', 'transfers', 'postings', 'holds', 'lots', 'events'));
  WHILE cardinality(left_over) > 0 LOOP
    still := '{}';
    FOREACH each IN ARRAY left_over LOOP
      BEGIN
        EXECUTE format('DELETE FROM public.%I WHERE member_id = $1', each) USING p_member;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed > 0 THEN gone := gone || jsonb_build_object(each, changed); END IF;
      EXCEPTION WHEN foreign_key_violation THEN
        still := still || each;
      END;
    END LOOP;
    IF cardinality(still) = cardinality(left_over) THEN
      RAISE EXCEPTION 'the rows of % keep each other from going', still USING ERRCODE = 'foreign_key_violation';
    END IF;
    left_over := still;
  END LOOP;
  DELETE FROM members WHERE id = p_member;
  UPDATE erasures SET pseudonym = NULL, ended_at = now() WHERE id = p_member;
  INSERT INTO events (kind, member_id, subject_id, data)
    VALUES ('member:erased', NULL, p_member, jsonb_build_object('rows', gone, 'credits', coalesce(rest, 0)));
  RETURN gone;
END
$$;

REVOKE ALL ON FUNCTION people_erase FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_erase TO atelier_worker;
