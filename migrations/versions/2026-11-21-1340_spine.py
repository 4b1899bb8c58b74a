"""The spine's work in the database, less of it: rows are judged by triggers, and the queue keeps no story of its own.

PostgreSQL reads the expression of each CHECK, and of each trigger's WHEN, from its text and plans it anew for every
statement. A paid job writes some fourteen rows under 56 of them: a quarter of all that the database did for it. The
same rules, under the same names, now stand in triggers, which are planned once. The words of what they refuse are
those of a CHECK.
"""

import re

from alembic import context, op

revision = "20261121_1340"
down_revision = "20261121_1330"

ESCROW, REVENUE = (f"00000000-0000-7000-8000-00000000000{n}" for n in (1, 2))
STUDIO_SIDE = ", ".join(f"'00000000-0000-7000-8000-00000000000{n}'" for n in range(1, 6))
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off"
OVER = "'succeeded', 'failed', 'canceled'"

RULES = {  # by table: what a CHECK said of it, by the CHECK's name
    "jobs": {
        "check": "made BETWEEN 0 AND expected",
        "check1": "charged BETWEEN 0 AND price",
        "check2": f"(finished_at IS NOT NULL) = (state IN ({OVER}))",
        "check3": "(charged IS NOT NULL) = (finished_at IS NOT NULL)",
        "deadline_s_check": "deadline_s > 0",
        "expected_check": "expected >= 0",
        "price_check": "price >= 0",
        "source_check": "source IN ('page', 'api', 'cli')",
        "state_check": f"state IN ('queued', 'running', {OVER})",
    },
    "events": {"kind_check": "kind ~ '^[a-z_]+:[a-z_]+$'"},
    "accounts": {
        "kind_check": "kind IN ('wallet', 'escrow', 'revenue', 'promotion', 'clearing', 'earnings', 'payouts')",
        "owner_check": "(kind IN ('wallet', 'earnings')) = (member_id IS NOT NULL)"
        " AND (member_id IS NOT NULL) = (balance IS NOT NULL) AND (member_id IS NOT NULL) = (lines IS NOT NULL)",
    },
    "transfers": {
        "amount_check": "amount > 0",
        "key_check": "length(key) BETWEEN 1 AND 200",
        "kind_check": "kind ~ '^[a-z_]{1,40}$'",
        "memo_check": "length(memo) <= 500",
    },
    "postings": {"amount_check": "amount <> 0"},
    "holds": {
        "amount_check": "amount > 0",
        "memo_check": "length(memo) <= 500",
        "used_check": "used BETWEEN 0 AND amount",
        "state_check": "CASE state WHEN 'held' THEN used IS NULL AND ended_at IS NULL"
        " WHEN 'settled' THEN used > 0 AND ended_at IS NOT NULL"
        " WHEN 'released' THEN used = 0 AND ended_at IS NOT NULL ELSE false END",
    },
}
WRITTEN = dict.fromkeys(RULES, "INSERT OR UPDATE") | {
    "accounts": "INSERT OR UPDATE OF kind, member_id"  # a posting moves the balance and nothing else
}
COLUMNS = (
    "amount|balance|charged|deadline_s|ended_at|expected|finished_at|key|kind|lines|made|member_id|memo|price|source"
    "|state|used"
)

# --- the ledger, with fewer statements; what they refuse is the same
CARRY = f"""CREATE OR REPLACE FUNCTION ledger_carry() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.account_id IN ({STUDIO_SIDE}) THEN  -- never deleted, and without a balance to carry
      NEW.member_id := NULL; NEW.line := NULL; NEW.balance := NULL;
      RETURN NEW;
    END IF;
    UPDATE accounts SET balance = balance + NEW.amount, lines = lines + 1 WHERE id = NEW.account_id
      RETURNING member_id, lines, balance INTO NEW.member_id, NEW.line, NEW.balance;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is no account %', NEW.account_id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
  END $$"""
BALANCES = """CREATE OR REPLACE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (
      SELECT FROM (SELECT DISTINCT transfer_id FROM fresh) AS one, LATERAL (
        SELECT sum(amount) AS rest, sum(amount) FILTER (WHERE amount > 0) AS moved FROM postings
        WHERE transfer_id = one.transfer_id) AS found
      WHERE rest <> 0 OR moved IS DISTINCT FROM (SELECT amount FROM transfers WHERE id = one.transfer_id))
    THEN
      RAISE EXCEPTION 'the postings of a transfer must sum to zero and move its amount' USING ERRCODE = 'AL000';
    END IF;
    RETURN NULL;
  END $$"""
# the update of the hold is the lock: a second ending waits for it, and then finds it ended
SETTLE = f"""CREATE OR REPLACE FUNCTION ledger_settle(p_id uuid, p_job uuid, p_used bigint)
    RETURNS boolean {DEFINER} AS $$
  DECLARE hold holds; wallet uuid; ending text := CASE WHEN p_used > 0 THEN 'settle' ELSE 'release' END;
  BEGIN
    UPDATE holds SET state = ending || 'd', used = p_used, ended_at = now()
      WHERE job_id = p_job AND state = 'held' AND p_used BETWEEN 0 AND amount AND ledger_may(member_id)
      RETURNING * INTO hold;
    IF NOT FOUND THEN
      SELECT * INTO hold FROM holds WHERE job_id = p_job AND ledger_may(member_id);
      IF NOT FOUND THEN
        RAISE EXCEPTION 'job % has no hold', p_job USING ERRCODE = 'AL003';
      END IF;
      IF hold.state <> 'held' THEN RETURN false; END IF;
      RAISE EXCEPTION 'job % cannot use %', p_job, p_used USING ERRCODE = 'AL004',
        DETAIL = json_build_object('used', p_used, 'held', hold.amount)::text;
    END IF;
    IF p_used < hold.amount THEN  -- else the wallet gets nothing back, and nobody need look for it
      SELECT id INTO wallet FROM accounts WHERE member_id = hold.member_id AND kind = 'wallet';
      PERFORM ledger_post(p_id, 'end:' || p_job, ending, hold.amount, p_job, hold.member_id, NULL,
        ARRAY['{ESCROW}', '{REVENUE}', wallet], ARRAY[-hold.amount, p_used, hold.amount - p_used]);
    ELSE
      PERFORM ledger_post(p_id, 'end:' || p_job, ending, hold.amount, p_job, hold.member_id, NULL,
        ARRAY['{ESCROW}', '{REVENUE}']::uuid[], ARRAY[-hold.amount, p_used]);
    END IF;
    RETURN true;
  END $$"""

# --- the queue: an entry is one row and one signal, on a channel of the studio's own
ENTER = """CREATE OR REPLACE FUNCTION jobs_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
  BEGIN
    IF NEW.state = 'queued' THEN
      INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)
        VALUES (NEW.queue, 'perform', NEW.priority, NEW.id::text,
          jsonb_build_object('job_id', NEW.id, 'member_id', NEW.member_id));
    END IF;
    RETURN NULL;
  END $$"""
OLD_ENTER = """CREATE OR REPLACE FUNCTION jobs_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
           SET search_path = public AS $$ BEGIN PERFORM enter_queue(NEW); RETURN NULL; END $$"""
SIGNAL = """CREATE FUNCTION queue_signal() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN PERFORM pg_notify('atelier_queue', NEW.queue_name); RETURN NULL; END $$"""
# Procrastinate's own signals go to two channels; its events and periodic tasks are not used
QUIET = (
    "procrastinate_jobs_notify_queue_job_inserted_v1",
    "procrastinate_trigger_scheduled_events_v1",
    "procrastinate_trigger_delete_jobs_v1",
)
LOOKED_UP = {  # each would be asked whenever an entry leaves the queue
    "procrastinate_events": "ON DELETE CASCADE",
    "procrastinate_periodic_defers": "",
}


def _verify(table: str) -> str:
    """The trigger function that judges a row by all the rules of its table at once, and names the one it breaks."""
    rules = {f"{table}_{name}": f"({_of_new(rule)})" for name, rule in RULES[table].items()}
    named = " ".join(f"WHEN NOT {rule} THEN '{name}'" for name, rule in rules.items())
    return f"""CREATE FUNCTION {table}_verify() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE broken text;
  BEGIN
    IF NOT ({" AND ".join(rules.values())}) THEN
      broken := CASE {named} END;
      RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
        USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
    END IF;
    RETURN NEW;
  END $$"""


def _of_new(rule: str) -> str:
    return re.sub(rf"(?<!')\b({COLUMNS})\b(?!')", r"NEW.\1", rule)


def upgrade() -> None:
    for table, rules in RULES.items():
        op.execute(_verify(table))
        op.execute(
            f"CREATE TRIGGER verify BEFORE {WRITTEN[table]} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_verify()"
        )
        op.execute(f"ALTER TABLE {table} {', '.join(f'DROP CONSTRAINT {table}_{name}' for name in rules)}")
    for statement in (
        *(CARRY, BALANCES, SETTLE, ENTER, SIGNAL),
        "DROP TRIGGER enter_queue ON jobs",
        "CREATE TRIGGER enter_queue AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_enter_queue()",
        "CREATE TRIGGER signal AFTER INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION queue_signal()",
        *(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {name}" for name in QUIET),
        *(f"ALTER TABLE {table} DROP CONSTRAINT {table}_job_id_fkey" for table in LOOKED_UP),
    ):
        op.execute(statement)


def downgrade() -> None:
    ledger = context.script.get_revision("20261120_1220").module
    before = [
        made.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        for made in (*ledger.GUARDS, *ledger.DOORS)
        if made.startswith(tuple(f"CREATE FUNCTION ledger_{name}(" for name in ("carry", "balances", "settle")))
    ]
    for statement in (
        *before,
        OLD_ENTER,
        "DROP TRIGGER enter_queue ON jobs",
        """CREATE TRIGGER enter_queue AFTER INSERT ON jobs FOR EACH ROW WHEN (NEW.state = 'queued')
           EXECUTE FUNCTION jobs_enter_queue()""",
        "DROP TRIGGER signal ON procrastinate_jobs",
        "DROP FUNCTION queue_signal",
        *(f"ALTER TABLE procrastinate_jobs ENABLE TRIGGER {name}" for name in QUIET),
        *(
            f"DELETE FROM {table} WHERE job_id IS NOT NULL AND job_id NOT IN (SELECT id FROM procrastinate_jobs)"
            for table in LOOKED_UP
        ),
        *(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_job_id_fkey"
            f" FOREIGN KEY (job_id) REFERENCES procrastinate_jobs (id) {then}"
            for table, then in LOOKED_UP.items()
        ),
    ):
        op.execute(statement)
    for table, rules in RULES.items():
        op.execute(f"DROP TRIGGER verify ON {table}")
        op.execute(f"DROP FUNCTION {table}_verify")
        checks = ", ".join(f"ADD CONSTRAINT {table}_{name} CHECK ({rule})" for name, rule in rules.items())
        op.execute(f"ALTER TABLE {table} {checks}")
