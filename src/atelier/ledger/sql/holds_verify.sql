-- Judges a row of holds by all of the table's rules at once, and names the one it breaks.
CREATE OR REPLACE FUNCTION holds_verify() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE broken text;
BEGIN
  IF NOT (
    NEW.amount > 0
    AND length(NEW.memo) <= 500
    AND NEW.kind IN ('job', 'call', 'ticket', 'payout')
    AND NEW.used BETWEEN 0 AND NEW.amount
    AND CASE NEW.state
      WHEN 'held' THEN NEW.used IS NULL AND NEW.ended_at IS NULL
      WHEN 'settled' THEN NEW.used > 0 AND NEW.ended_at IS NOT NULL
      WHEN 'released' THEN NEW.used = 0 AND NEW.ended_at IS NOT NULL
      ELSE false END
    AND CASE
      WHEN NEW.kind = 'payout' THEN NEW.lots IS NULL AND NEW.parts IS NULL
      WHEN cardinality(NEW.parts) = 1 THEN cardinality(NEW.lots) = 1 AND NEW.parts[1] = NEW.amount
      WHEN NEW.state = 'held' OR NEW.lots IS NOT NULL  -- what had ended before there were lots names none
        THEN cardinality(NEW.lots) = cardinality(NEW.parts)
          AND NEW.amount = (SELECT sum(part) FROM unnest(NEW.parts) AS part)
      ELSE true END IS TRUE
  ) THEN
    broken := CASE
      WHEN NOT (NEW.amount > 0) THEN 'holds_amount_check'
      WHEN NOT (length(NEW.memo) <= 500) THEN 'holds_memo_check'
      WHEN NOT (NEW.kind IN ('job', 'call', 'ticket', 'payout')) THEN 'holds_kind_check'
      WHEN NOT (NEW.used BETWEEN 0 AND NEW.amount) THEN 'holds_used_check'
      WHEN NOT (CASE NEW.state
          WHEN 'held' THEN NEW.used IS NULL AND NEW.ended_at IS NULL
          WHEN 'settled' THEN NEW.used > 0 AND NEW.ended_at IS NOT NULL
          WHEN 'released' THEN NEW.used = 0 AND NEW.ended_at IS NOT NULL
          ELSE false END) THEN 'holds_state_check'
      ELSE 'holds_lots_check'
    END;
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION holds_verify FROM PUBLIC;
