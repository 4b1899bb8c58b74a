-- Changes an account's balance with each posting, and writes owner, line and balance into the posting. A wallet's lots change
-- in the same step, so that together they always hold exactly its balance. The update of the account is also the lock.
CREATE OR REPLACE FUNCTION ledger_carry() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE found_kind text; changed integer;
BEGIN
  IF NEW.account_id IN (  -- the studio's own: never deleted, and without a balance to carry
    '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000002',
    '00000000-0000-7000-8000-000000000003',
    '00000000-0000-7000-8000-000000000004',
    '00000000-0000-7000-8000-000000000005',
    '00000000-0000-7000-8000-000000000006')
  THEN
    NEW.member_id := NULL; NEW.line := NULL; NEW.balance := NULL; NEW.lots := NULL; NEW.parts := NULL;
    RETURN NEW;
  END IF;
  UPDATE accounts SET balance = balance + NEW.amount, lines = lines + 1 WHERE id = NEW.account_id
    RETURNING kind, member_id, lines, balance INTO found_kind, NEW.member_id, NEW.line, NEW.balance;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no account %', NEW.account_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF found_kind <> 'wallet' THEN
    NEW.lots := NULL; NEW.parts := NULL;
    RETURN NEW;
  END IF;
  IF cardinality(NEW.lots) = 1 AND NEW.parts = ARRAY[NEW.amount] THEN
    UPDATE lots SET rest = rest + NEW.amount, open = rest + NEW.amount > 0
      WHERE id = NEW.lots[1] AND account_id = NEW.account_id;
  ELSIF cardinality(NEW.lots) > 1 AND cardinality(NEW.lots) = cardinality(NEW.parts)
    AND NEW.amount = (SELECT sum(part) FROM unnest(NEW.parts) AS part)
  THEN
    UPDATE lots l SET rest = rest + m.part, open = rest + m.part > 0
      FROM unnest(NEW.lots, NEW.parts) AS m (lot, part) WHERE l.id = m.lot AND l.account_id = NEW.account_id;
  ELSE
    RAISE EXCEPTION 'a posting to a wallet names the lots that its credits go from or to' USING ERRCODE = 'AL000';
  END IF;
  GET DIAGNOSTICS changed = ROW_COUNT;
  IF changed <> cardinality(NEW.lots) THEN
    RAISE EXCEPTION 'a posting names a lot twice, or one of another wallet' USING ERRCODE = 'AL000';
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION ledger_carry FROM PUBLIC;
