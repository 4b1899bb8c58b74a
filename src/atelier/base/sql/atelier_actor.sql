-- Who does what the transaction does: the member, or the operator who acts on a member. On a web connection anybody who
-- writes SQL can set `atelier.actor`, so there it counts only for an operator who looks at the member's pages just now.
CREATE OR REPLACE FUNCTION atelier_actor() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
  member uuid := atelier_member();
  claimed uuid := nullif(current_setting('atelier.actor', true), '')::uuid;
BEGIN
  IF claimed IS NULL OR claimed = member THEN
    RETURN member;
  END IF;
  -- an IF of its own: PostgreSQL asks for the right to call every function of an expression before it evaluates any
  -- part of it, and only the web role may call this one
  IF session_user = 'atelier_web' THEN
    IF NOT people_looks(claimed) THEN
      RETURN member;
    END IF;
  END IF;
  RETURN claimed;
END
$$;

REVOKE ALL ON FUNCTION atelier_actor FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atelier_actor TO atelier_web, atelier_worker, atelier_operator;
