-- A hold that has ended stays as it is. An open one keeps its kind and member, and holds more only by an extension.
CREATE OR REPLACE FUNCTION ledger_hold_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF OLD.state = 'held' AND (NEW.id, NEW.kind, NEW.member_id, NEW.amount, NEW.lots, NEW.parts)
    IS NOT DISTINCT FROM (OLD.id, OLD.kind, OLD.member_id, OLD.amount, OLD.lots, OLD.parts)
  THEN
    RETURN NEW;
  END IF;
  IF ledger_forgets(to_jsonb(OLD), to_jsonb(NEW)) THEN RETURN NEW; END IF;
  IF OLD.state <> 'held' THEN
    RAISE EXCEPTION 'the hold of % % has ended already', OLD.kind, OLD.id USING ERRCODE = 'AL000';
  END IF;
  IF (NEW.id, NEW.kind, NEW.member_id, NEW.state) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.member_id, 'held')
    OR NOT EXISTS (SELECT FROM transfers WHERE key = 'extend:' || OLD.id || ':' || NEW.amount
                     AND amount = NEW.amount - OLD.amount)
  THEN
    RAISE EXCEPTION 'a hold keeps its kind, its member and, without an extension, its credits' USING ERRCODE = 'AL000';
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION ledger_hold_guard FROM PUBLIC;
