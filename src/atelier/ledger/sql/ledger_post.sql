-- Writes a transfer with its postings in one statement; the wallet's posting says from or to which lots its credits go.
-- Accounts in the order of their ids, so that two transfers between the same accounts never wait for each other in a circle.
CREATE OR REPLACE FUNCTION ledger_post(
    p_id uuid, p_key text, p_kind text, p_amount bigint, p_hold uuid, p_member uuid, p_memo text,
    p_accounts uuid[], p_amounts bigint[],
    p_wallet uuid DEFAULT NULL, p_lots uuid[] DEFAULT NULL, p_parts bigint[] DEFAULT NULL, p_reverses uuid DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO transfers (id, key, kind, amount, hold_id, member_id, memo, reverses)
    VALUES (p_id, p_key, p_kind, p_amount, p_hold, p_member, p_memo, p_reverses);
  INSERT INTO postings (transfer_id, account_id, amount, lots, parts)
    SELECT p_id, l.account, l.amount, CASE WHEN l.account = p_wallet THEN p_lots END,
           CASE WHEN l.account = p_wallet THEN p_parts END
    FROM unnest(p_accounts, p_amounts) AS l (account, amount)
    WHERE l.amount <> 0 ORDER BY l.account;
END
$$;

REVOKE ALL ON FUNCTION ledger_post FROM PUBLIC;
