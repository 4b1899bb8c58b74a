"""The double-entry ledger: accounts, transfers, postings and holds, and the only functions that write them."""

from alembic import op

from atelier.base.isolation import grant, isolate

revision = "20261120_1220"
down_revision = "20261120_1210"

ESCROW, REVENUE, PROMOTION, CLEARING, PAYOUTS = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(1, 6))

TABLES = (
    # owned accounts carry a running balance and count their lines; studio-side accounts carry none, so that no two
    # jobs ever wait for the same row
    """CREATE TABLE accounts (
         id uuid PRIMARY KEY,
         kind text NOT NULL CHECK (kind IN
           ('wallet', 'escrow', 'revenue', 'promotion', 'clearing', 'earnings', 'payouts')),
         member_id uuid,
         balance bigint,
         lines integer,
         created_at timestamptz NOT NULL DEFAULT now(),
         CONSTRAINT accounts_balance_check CHECK (balance >= 0),
         CONSTRAINT accounts_owner_check CHECK ((kind IN ('wallet', 'earnings')) = (member_id IS NOT NULL)
           AND (member_id IS NOT NULL) = (balance IS NOT NULL) AND (member_id IS NOT NULL) = (lines IS NOT NULL)),
         CONSTRAINT accounts_member_id_kind_key UNIQUE NULLS NOT DISTINCT (member_id, kind)
       ) WITH (fillfactor = 70)""",
    """CREATE TABLE transfers (
         id uuid PRIMARY KEY,
         key text NOT NULL CONSTRAINT transfers_key_key UNIQUE CHECK (length(key) BETWEEN 1 AND 200),
         kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
         amount bigint NOT NULL CHECK (amount > 0),
         job_id uuid,
         member_id uuid,
         memo text CHECK (length(memo) <= 500),
         created_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX transfers_member_id_idx ON transfers (member_id)",
    # account_id and transfer_id are checked by the triggers below: a foreign key would lock the studio's own accounts
    """CREATE TABLE postings (
         transfer_id uuid NOT NULL,
         account_id uuid NOT NULL,
         amount bigint NOT NULL CHECK (amount <> 0),
         member_id uuid,
         line integer,
         balance bigint,
         PRIMARY KEY (transfer_id, account_id))""",
    """CREATE UNIQUE INDEX postings_statement_idx ON postings (member_id, account_id, line)
       WHERE member_id IS NOT NULL""",
    """CREATE TABLE holds (
         job_id uuid PRIMARY KEY,
         member_id uuid NOT NULL,
         amount bigint NOT NULL CHECK (amount > 0),
         used bigint CONSTRAINT holds_used_check CHECK (used BETWEEN 0 AND amount),
         state text NOT NULL DEFAULT 'held',
         memo text CHECK (length(memo) <= 500),
         created_at timestamptz NOT NULL DEFAULT now(),
         ended_at timestamptz,
         CONSTRAINT holds_state_check CHECK (CASE state
           WHEN 'held' THEN used IS NULL AND ended_at IS NULL
           WHEN 'settled' THEN used > 0 AND ended_at IS NOT NULL
           WHEN 'released' THEN used = 0 AND ended_at IS NOT NULL
           ELSE false END))""",
    "CREATE INDEX holds_open_idx ON holds (member_id) WHERE state = 'held'",
    """CREATE TABLE ledger_terms (
         singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
         welcome bigint NOT NULL DEFAULT 20 CHECK (welcome BETWEEN 0 AND 10000))""",
    "INSERT INTO ledger_terms DEFAULT VALUES",
    f"""INSERT INTO accounts (id, kind) VALUES ('{ESCROW}', 'escrow'), ('{REVENUE}', 'revenue'),
        ('{PROMOTION}', 'promotion'), ('{CLEARING}', 'clearing'), ('{PAYOUTS}', 'payouts')""",
)

# what holds whoever writes, the owner included
GUARDS = (
    """CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'what the ledger has written stays: % of % is refused', TG_OP, TG_TABLE_NAME
         USING ERRCODE = 'AL000'; END $$""",
    "CREATE TRIGGER final BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers EXECUTE FUNCTION ledger_is_final()",
    "CREATE TRIGGER final BEFORE UPDATE OR DELETE OR TRUNCATE ON postings EXECUTE FUNCTION ledger_is_final()",
    "CREATE TRIGGER final BEFORE DELETE OR TRUNCATE ON holds EXECUTE FUNCTION ledger_is_final()",
    "CREATE TRIGGER final BEFORE DELETE OR TRUNCATE ON accounts EXECUTE FUNCTION ledger_is_final()",
    # an account opens empty, and its balance moves only with a posting
    """CREATE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'INSERT' THEN
           IF NEW.balance <> 0 OR NEW.lines <> 0 THEN
             RAISE EXCEPTION 'an account opens empty' USING ERRCODE = 'AL000';
           END IF;
         ELSIF pg_trigger_depth() = 1 THEN
           RAISE EXCEPTION 'an account changes only with a posting' USING ERRCODE = 'AL000';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION ledger_account_guard()""",
    # a posting carries its account's owner, line and balance along; the update is also the lock
    """CREATE FUNCTION ledger_carry() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         UPDATE accounts SET balance = balance + NEW.amount, lines = lines + 1
           WHERE id = NEW.account_id AND member_id IS NOT NULL
           RETURNING member_id, lines, balance INTO NEW.member_id, NEW.line, NEW.balance;
         IF NOT FOUND THEN
           NEW.member_id := NULL; NEW.line := NULL; NEW.balance := NULL;
           IF NOT EXISTS (SELECT FROM accounts WHERE id = NEW.account_id) THEN
             RAISE EXCEPTION 'there is no account %', NEW.account_id USING ERRCODE = 'foreign_key_violation';
           END IF;
         END IF;
         RETURN NEW;
       END $$""",
    "CREATE TRIGGER carry BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION ledger_carry()",
    # one statement writes all postings of a transfer, so that there is no moment at which it doesn't balance
    """CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE transfer uuid; rest numeric; moved numeric;
       BEGIN
         FOR transfer IN SELECT DISTINCT transfer_id FROM fresh LOOP
           SELECT sum(amount), sum(amount) FILTER (WHERE amount > 0) INTO rest, moved
             FROM postings WHERE transfer_id = transfer;
           IF rest <> 0 OR moved IS DISTINCT FROM (SELECT amount FROM transfers WHERE id = transfer) THEN
             RAISE EXCEPTION 'the postings of a transfer must sum to zero and move its amount'
               USING ERRCODE = 'AL000';
           END IF;
         END LOOP;
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER balances AFTER INSERT ON postings REFERENCING NEW TABLE AS fresh
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_balances()""",
    """CREATE FUNCTION ledger_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF OLD.state <> 'held' THEN
           RAISE EXCEPTION 'the hold of job % has ended already', OLD.job_id USING ERRCODE = 'AL000';
         END IF;
         IF (NEW.job_id, NEW.member_id, NEW.amount) IS DISTINCT FROM (OLD.job_id, OLD.member_id, OLD.amount) THEN
           RAISE EXCEPTION 'a hold keeps its job, member and amount' USING ERRCODE = 'AL000';
         END IF;
         RETURN NEW;
       END $$""",
    "CREATE TRIGGER guard BEFORE UPDATE ON holds FOR EACH ROW EXECUTE FUNCTION ledger_hold_guard()",
)

# without sequential scans: a plan made while a table was nearly empty stays for the connection's life, and would read
# the whole table for each hold once thousands came within a minute (seen: three times the time after 3,000 jobs)
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off"

# the only ways in: they run as the owner, and ask who is really connected and for whom they act
DOORS = (
    """CREATE FUNCTION ledger_may(p_member uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
       BEGIN RETURN coalesce(p_member = atelier_member(), false)
         OR (session_user IN ('atelier_worker', 'atelier_operator') AND atelier_studio()); END $$""",
    """CREATE FUNCTION ledger_refuse_strangers(p_member uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
       BEGIN IF NOT ledger_may(p_member) THEN
         RAISE EXCEPTION 'this wallet belongs to somebody else' USING ERRCODE = 'insufficient_privilege';
       END IF; END $$""",
    # accounts in id order, so that two transfers between the same wallets never wait for each other in a circle
    """CREATE FUNCTION ledger_post(p_id uuid, p_key text, p_kind text, p_amount bigint, p_job uuid, p_member uuid,
         p_memo text, p_accounts uuid[], p_amounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
       BEGIN
         INSERT INTO transfers (id, key, kind, amount, job_id, member_id, memo)
           VALUES (p_id, p_key, p_kind, p_amount, p_job, p_member, p_memo);
         INSERT INTO postings (transfer_id, account_id, amount)
           SELECT p_id, l.account, l.amount FROM unnest(p_accounts, p_amounts) AS l (account, amount)
           WHERE l.amount <> 0 ORDER BY l.account;
       END $$""",
    f"""CREATE FUNCTION ledger_open(p_member uuid, p_id uuid) RETURNS boolean {DEFINER} AS $$
       BEGIN
         PERFORM ledger_refuse_strangers(p_member);
         INSERT INTO accounts (id, kind, member_id, balance, lines) VALUES (p_id, 'wallet', p_member, 0, 0)
           ON CONFLICT (member_id, kind) DO NOTHING;
         RETURN FOUND;
       END $$""",
    f"""CREATE FUNCTION ledger_hold(p_id uuid, p_job uuid, p_member uuid, p_amount bigint, p_memo text)
         RETURNS boolean {DEFINER} AS $$
       DECLARE wallet uuid; have bigint;
       BEGIN
         PERFORM ledger_refuse_strangers(p_member);
         SELECT id, balance INTO wallet, have FROM accounts
           WHERE member_id = p_member AND kind = 'wallet' FOR NO KEY UPDATE;
         INSERT INTO holds (job_id, member_id, amount, memo) VALUES (p_job, p_member, p_amount, p_memo)
           ON CONFLICT (job_id) DO NOTHING;
         IF NOT FOUND THEN
           IF EXISTS (SELECT FROM holds
                      WHERE job_id = p_job AND member_id = p_member AND amount = p_amount AND state = 'held')
           THEN RETURN false; END IF;
           RAISE EXCEPTION 'job % has a hold of other terms', p_job USING ERRCODE = 'AL002';
         END IF;
         IF have IS NULL OR have < p_amount THEN
           RAISE EXCEPTION 'not enough credits' USING ERRCODE = 'AL001',
             DETAIL = json_build_object('need', p_amount, 'have', coalesce(have, 0))::text;
         END IF;
         PERFORM ledger_post(p_id, 'hold:' || p_job, 'hold', p_amount, p_job, p_member, NULL,
           ARRAY[wallet, '{ESCROW}'], ARRAY[-p_amount, p_amount]);
         RETURN true;
       END $$""",
    # what settle and release have in common; the hold's row is what makes a second ending wait and find it ended
    f"""CREATE FUNCTION ledger_end(p_id uuid, p_hold holds, p_used bigint) RETURNS void LANGUAGE plpgsql AS $$
       DECLARE wallet uuid; ending text := CASE WHEN p_used > 0 THEN 'settle' ELSE 'release' END;
       BEGIN
         UPDATE holds SET state = ending || 'd', used = p_used, ended_at = now() WHERE job_id = p_hold.job_id;
         SELECT id INTO wallet FROM accounts WHERE member_id = p_hold.member_id AND kind = 'wallet';
         PERFORM ledger_post(p_id, 'end:' || p_hold.job_id, ending, p_hold.amount,
           p_hold.job_id, p_hold.member_id, NULL, ARRAY['{ESCROW}', '{REVENUE}', wallet],
           ARRAY[-p_hold.amount, p_used, p_hold.amount - p_used]);
       END $$""",
    f"""CREATE FUNCTION ledger_settle(p_id uuid, p_job uuid, p_used bigint) RETURNS boolean {DEFINER} AS $$
       DECLARE hold holds;
       BEGIN
         SELECT * INTO hold FROM holds WHERE job_id = p_job AND ledger_may(member_id) FOR NO KEY UPDATE;
         IF NOT FOUND THEN
           RAISE EXCEPTION 'job % has no hold', p_job USING ERRCODE = 'AL003';
         END IF;
         IF hold.state <> 'held' THEN RETURN false; END IF;
         IF p_used IS NULL OR p_used NOT BETWEEN 0 AND hold.amount THEN
           RAISE EXCEPTION 'job % cannot use %', p_job, p_used USING ERRCODE = 'AL004',
             DETAIL = json_build_object('used', p_used, 'held', hold.amount)::text;
         END IF;
         PERFORM ledger_end(p_id, hold, p_used);
         RETURN true;
       END $$""",
    f"""CREATE FUNCTION ledger_release(p_id uuid, p_job uuid) RETURNS boolean {DEFINER} AS $$
       DECLARE hold holds;
       BEGIN
         SELECT * INTO hold FROM holds WHERE job_id = p_job AND ledger_may(member_id) FOR NO KEY UPDATE;
         IF NOT FOUND OR hold.state <> 'held' THEN RETURN false; END IF;
         IF session_user NOT IN ('atelier_worker', 'atelier_operator') AND NOT EXISTS (
           SELECT FROM jobs WHERE id = p_job AND member_id = hold.member_id AND state = 'canceled')
         THEN
           RAISE EXCEPTION 'only a canceled job gives its hold back this way' USING ERRCODE = 'insufficient_privilege';
         END IF;
         PERFORM ledger_end(p_id, hold, 0);
         RETURN true;
       END $$""",
    # operators grant what they like; a member's own connection only the welcome, once, and no more than the terms say
    f"""CREATE FUNCTION ledger_grant(p_id uuid, p_member uuid, p_amount bigint, p_key text, p_memo text)
         RETURNS boolean {DEFINER} AS $$
       DECLARE wallet uuid; known transfers;
       BEGIN
         IF ((session_user = 'atelier_operator' AND atelier_studio()) OR (
           p_member = atelier_member() AND p_key = 'welcome:' || p_member
           AND p_amount <= (SELECT welcome FROM ledger_terms))) IS NOT TRUE
         THEN
           RAISE EXCEPTION 'only operators grant credits' USING ERRCODE = 'insufficient_privilege';
         END IF;
         SELECT id INTO wallet FROM accounts WHERE member_id = p_member AND kind = 'wallet' FOR NO KEY UPDATE;
         IF NOT FOUND THEN
           RAISE EXCEPTION 'member % has no wallet', p_member USING ERRCODE = 'AL005';
         END IF;
         SELECT * INTO known FROM transfers WHERE key = 'grant:' || p_key;
         IF FOUND THEN
           IF known.member_id = p_member AND known.amount = p_amount THEN RETURN false; END IF;
           RAISE EXCEPTION 'the key % is that of another grant', p_key USING ERRCODE = 'AL006';
         END IF;
         PERFORM ledger_post(p_id, 'grant:' || p_key, 'grant', p_amount, NULL, p_member, p_memo,
           ARRAY['{PROMOTION}', wallet], ARRAY[-p_amount, p_amount]);
         RETURN true;
       END $$""",
)

MEMBERS, STUDIO = "atelier_web, atelier_worker, atelier_operator", "atelier_worker, atelier_operator"
CALLERS = {
    "ledger_may(uuid)": "",
    "ledger_refuse_strangers(uuid)": "",
    "ledger_post(uuid, text, text, bigint, uuid, uuid, text, uuid[], bigint[])": "",
    "ledger_end(uuid, holds, bigint)": "",
    "ledger_open(uuid, uuid)": MEMBERS,
    "ledger_hold(uuid, uuid, uuid, bigint, text)": MEMBERS,
    "ledger_settle(uuid, uuid, bigint)": STUDIO,
    "ledger_release(uuid, uuid)": MEMBERS,
    "ledger_grant(uuid, uuid, bigint, text, text)": "atelier_web, atelier_operator",
}


def upgrade() -> None:
    for statement in (*TABLES, *GUARDS, *DOORS):
        op.execute(statement)
    for table in ("accounts", "transfers", "postings", "holds"):
        for statement in isolate(table, web="SELECT"):
            op.execute(statement)
    for statement in grant("ledger_terms", web="SELECT", worker="SELECT", operator="SELECT, UPDATE (welcome)"):
        op.execute(statement)
    for function, callers in CALLERS.items():
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        if callers:
            op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {callers}")


def downgrade() -> None:
    for function in reversed(CALLERS):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE accounts, transfers, postings, holds, ledger_terms")
    op.execute("DROP FUNCTION ledger_is_final, ledger_account_guard, ledger_carry, ledger_balances, ledger_hold_guard")
