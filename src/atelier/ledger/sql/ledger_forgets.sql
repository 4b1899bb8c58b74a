-- Whether a change to the ledger only replaces an erased member by a pseudonym, for a departure that is under way.
CREATE OR REPLACE FUNCTION ledger_forgets(was jsonb, becomes jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN was - ARRAY['member_id', 'memo', 'key'] = becomes - ARRAY['member_id', 'memo', 'key']
    AND becomes ->> 'memo' IS NULL
    AND (becomes ->> 'key') IS NOT DISTINCT FROM
      replace(was ->> 'key', was ->> 'member_id', becomes ->> 'member_id')
    AND EXISTS (SELECT FROM erasures WHERE id = (was ->> 'member_id')::uuid AND ended_at IS NULL
      AND pseudonym = (becomes ->> 'member_id')::uuid);
END
$$;

REVOKE ALL ON FUNCTION ledger_forgets FROM PUBLIC;
