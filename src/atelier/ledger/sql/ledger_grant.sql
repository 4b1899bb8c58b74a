-- Moves credits from promotion to a wallet, once for each key. Operators grant any amount; a member's own connection only
-- takes the welcome, once, and no more than the terms say.
CREATE OR REPLACE FUNCTION ledger_grant(
    p_id uuid, p_member uuid, p_amount bigint, p_key text, p_memo text, p_expires timestamptz DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE welcome boolean := coalesce(p_key = 'welcome:' || p_member, false);
BEGIN
  IF ((session_user = 'atelier_operator' AND atelier_studio()) OR (
    p_member = atelier_member() AND welcome
    AND p_amount <= (SELECT t.welcome FROM ledger_terms t))) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'only operators grant credits' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF p_expires <= now() THEN
    RAISE EXCEPTION 'these credits cannot expire then' USING ERRCODE = 'AL008';
  END IF;
  RETURN ledger_transfer(p_id, 'grant:' || p_key, 'grant', p_member, p_amount, p_memo, p_expires,
    CASE WHEN welcome THEN 'welcome' ELSE 'grant' END);
END
$$;

REVOKE ALL ON FUNCTION ledger_grant FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_grant TO atelier_web, atelier_operator;
