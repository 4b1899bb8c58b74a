"""Exports of a member's data, accounts about to be deleted, and what is left when somebody is gone: a number.

Whose a row is, the database's own catalogue says (`people_owned`), so a new table is exported and erased without a line
here. The ledger keeps what it has written and forgets whose it was; only a departure that is due makes it do so.
"""

from alembic import op

from atelier.base.isolation import grant, isolate

revision = "20261121_1320"
down_revision = "20261121_1310"

REVENUE = "00000000-0000-7000-8000-000000000002"
STATES = "CHECK (state IN ('active', 'banned', 'waiting'{}))"
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
LEDGER = "'accounts', 'transfers', 'postings', 'holds'"
# what an operator or helper did, and not to themselves: the trail keeps it when they are gone
DEEDS = "'^(console|flag|invitation|lock|look|mail|member|model):'"

EXPORTS = (
    """CREATE TABLE exports (
         id uuid PRIMARY KEY,
         member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
         state text NOT NULL DEFAULT 'queued'
           CHECK (state IN ('queued', 'running', 'ready', 'failed', 'canceled', 'expired')),
         attempt integer NOT NULL DEFAULT 0,
         files integer NOT NULL DEFAULT 0,
         total integer NOT NULL DEFAULT 0,
         bytes bigint NOT NULL DEFAULT 0,
         path text,
         error_code text,
         error_message text,
         created_at timestamptz NOT NULL DEFAULT now(),
         started_at timestamptz,
         finished_at timestamptz,
         expires_at timestamptz)""",
    # one at a time, also when asked for twice at once
    "CREATE UNIQUE INDEX exports_one_key ON exports (member_id) WHERE state IN ('queued', 'running')",
    "CREATE INDEX exports_member_idx ON exports (member_id, id)",
    "CREATE INDEX exports_open_idx ON exports (id) WHERE state IN ('queued', 'running', 'ready')",
    *isolate(
        "exports",
        web="SELECT, INSERT (id, member_id), UPDATE (state, finished_at)",
        worker="SELECT, UPDATE",
    ),
    """CREATE POLICY stopping ON exports AS RESTRICTIVE FOR UPDATE TO atelier_web
         USING (state IN ('queued', 'running')) WITH CHECK (state = 'canceled')""",
    # Two at a time in the whole studio, so that long ones never take all the lanes that also carry the mail.
    """CREATE FUNCTION enter_export(mine exports) RETURNS void LANGUAGE plpgsql AS $$
       BEGIN
         PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW('background', 'people:export', 0,
           'exports ' || get_byte(decode(md5(mine.id::text), 'hex'), 0) % 2, 'export:' || mine.id,
           jsonb_build_object('export_id', mine.id, 'member_id', mine.member_id), NULL
           )::procrastinate_job_to_defer_v1]);
       END $$""",
    """CREATE FUNCTION exports_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = public AS $$ BEGIN PERFORM enter_export(NEW); RETURN NULL; END $$""",
    """CREATE TRIGGER enter_queue AFTER INSERT ON exports FOR EACH ROW WHEN (NEW.state = 'queued')
       EXECUTE FUNCTION exports_enter_queue()""",
    """CREATE FUNCTION enqueue_export(export uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = public AS $$
       DECLARE mine exports;
       BEGIN
         SELECT * INTO mine FROM exports WHERE id = export AND state IN ('queued', 'running');
         IF FOUND THEN PERFORM enter_export(mine); END IF;
       END $$""",
    "REVOKE ALL ON FUNCTION enter_export, exports_enter_queue, enqueue_export FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION enqueue_export TO atelier_worker",
)

# Every column that says whose a row is: `member_id`, or what refers to members; `mine`: the row is that member's.
OWNED = """CREATE FUNCTION people_owned() RETURNS TABLE (name text, owner text, mine boolean)
     LANGUAGE sql STABLE AS $$
     SELECT c.relname::text, a.attname::text, a.attname = 'member_id' OR c.relname = 'members'
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.atttypid = 'uuid'::regtype
       AND ((c.relname = 'members' AND a.attname = 'id') OR a.attname = 'member_id' OR EXISTS (
         SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'
           AND f.confrelid = 'public.members'::regclass AND a.attnum = ANY (f.conkey)))
     ORDER BY 1, 2 $$"""

# The acting member's rows of one table, without the columns that are left out; for workers, who may not read them all.
ROWS = f"""CREATE FUNCTION people_rows(p_table text, p_owner text, p_skip text[], p_order text) RETURNS SETOF jsonb
     {DEFINER} AS $$
     BEGIN
       IF NOT EXISTS (SELECT FROM people_owned() o WHERE o.name = p_table AND o.owner = p_owner) THEN
         RAISE EXCEPTION 'no row of % has an owner %', p_table, p_owner USING ERRCODE = 'insufficient_privilege';
       END IF;
       RETURN QUERY EXECUTE format('SELECT to_jsonb(t) - $2 FROM public.%I t WHERE t.%I = $1 ORDER BY t.%I',
         p_table, p_owner, p_order) USING atelier_member(), p_skip;
     END $$"""

LEAVING = (
    """CREATE TABLE departures (
         member_id uuid PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
         before text NOT NULL,
         by_studio boolean NOT NULL,
         asked_at timestamptz NOT NULL DEFAULT now(),
         due_at timestamptz NOT NULL)""",
    "CREATE INDEX departures_due_idx ON departures (due_at)",
    *isolate("departures", web="SELECT"),
    # who is gone, by number alone; the pseudonym is there only while the ledger is being made to forget
    """CREATE TABLE erasures (
         id uuid PRIMARY KEY,
         pseudonym uuid,
         began_at timestamptz NOT NULL DEFAULT now(),
         ended_at timestamptz)""",
    "CREATE INDEX erasures_open_idx ON erasures (id) WHERE ended_at IS NULL",
    "ALTER TABLE erasures ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE erasures FORCE ROW LEVEL SECURITY",
    "CREATE POLICY studio ON erasures TO atelier_worker, atelier_operator USING ((SELECT atelier_studio()))",
    "CREATE POLICY owner ON erasures TO CURRENT_USER USING (true)",
    *grant("erasures", worker="SELECT", operator="SELECT"),
)

# Closes an account and says when it is erased: one's own, or for operators anybody's.
LEAVE = f"""CREATE FUNCTION people_leave(p_member uuid, p_days integer) RETURNS timestamptz {DEFINER} AS $$
     DECLARE
       mine members;
       due timestamptz := now() + make_interval(days => p_days);
       studio boolean := p_member IS DISTINCT FROM atelier_member();
     BEGIN
       IF p_member IS NULL OR (studio AND NOT (session_user = 'atelier_operator' AND atelier_studio())) THEN
         RAISE EXCEPTION 'this account belongs to somebody else' USING ERRCODE = 'insufficient_privilege';
       END IF;
       IF p_days NOT BETWEEN 1 AND 365 THEN
         RAISE EXCEPTION 'an account is closed for 1 to 365 days first' USING ERRCODE = 'check_violation';
       END IF;
       PERFORM FROM members WHERE role = 'operator' ORDER BY id FOR UPDATE;  -- two can't leave each other alone at once
       SELECT * INTO mine FROM members WHERE id = p_member FOR UPDATE;
       IF NOT FOUND THEN RETURN NULL; END IF;
       IF mine.state = 'leaving' THEN RETURN (SELECT due_at FROM departures WHERE member_id = p_member); END IF;
       IF mine.role = 'operator' AND NOT EXISTS (
         SELECT FROM members WHERE role = 'operator' AND state = 'active' AND id <> p_member)
       THEN
         RAISE EXCEPTION 'the last operator stays' USING ERRCODE = 'AL101';
       END IF;
       IF EXISTS (SELECT FROM accounts WHERE member_id = p_member AND kind = 'earnings' AND balance > 0) THEN
         RAISE EXCEPTION 'earnings are paid out first' USING ERRCODE = 'AL102';
       END IF;
       INSERT INTO departures (member_id, before, by_studio, due_at) VALUES (p_member, mine.state, studio, due);
       UPDATE members SET state = 'leaving' WHERE id = p_member;
       DELETE FROM sessions WHERE member_id = p_member;
       UPDATE sessions SET looks_at = NULL, looks_until = NULL WHERE looks_at = p_member;
       RETURN due;
     END $$"""

# Opens it again: `kept`, `late` once erasing has begun, `studio` where only an operator may, null where nobody leaves.
STAY = f"""CREATE FUNCTION people_stay(p_member uuid) RETURNS text {DEFINER} AS $$
     DECLARE mine departures; studio boolean := p_member IS DISTINCT FROM atelier_member();
     BEGIN
       IF p_member IS NULL OR (studio AND NOT (session_user = 'atelier_operator' AND atelier_studio())) THEN
         RAISE EXCEPTION 'this account belongs to somebody else' USING ERRCODE = 'insufficient_privilege';
       END IF;
       PERFORM FROM members WHERE id = p_member AND state = 'leaving' FOR UPDATE;
       SELECT * INTO mine FROM departures WHERE member_id = p_member;
       IF mine.member_id IS NULL THEN RETURN NULL; END IF;
       IF mine.by_studio AND NOT studio THEN RETURN 'studio'; END IF;
       IF EXISTS (SELECT FROM erasures WHERE id = p_member AND ended_at IS NULL) THEN RETURN 'late'; END IF;
       UPDATE members SET state = mine.before WHERE id = p_member AND state = 'leaving';
       DELETE FROM departures WHERE member_id = p_member;
       RETURN 'kept';
     END $$"""

# From here on there is no way back. False for who does not leave, or not yet.
BEGIN = f"""CREATE FUNCTION people_erase_begin(p_member uuid) RETURNS boolean {DEFINER} AS $$
     BEGIN
       PERFORM FROM members m JOIN departures d ON d.member_id = m.id
         WHERE m.id = p_member AND m.state = 'leaving' AND d.due_at <= now() FOR UPDATE OF m;
       IF NOT FOUND THEN
         RETURN EXISTS (SELECT FROM erasures WHERE id = p_member AND ended_at IS NULL);
       END IF;
       INSERT INTO erasures (id, pseudonym) VALUES (p_member, gen_random_uuid())
         ON CONFLICT (id) DO UPDATE SET pseudonym = coalesce(erasures.pseudonym, excluded.pseudonym), ended_at = NULL;
       RETURN true;
     END $$"""

# All rows in one transaction. `p_account` is the name under which failed sign-ins were counted. Null: nothing to do.
ERASE = f"""CREATE FUNCTION people_erase(p_member uuid, p_account text) RETURNS jsonb {DEFINER} AS $$
     DECLARE
       mine erasures; who members; left_over text[]; still text[]; each text; changed bigint;
       gone jsonb := '{{}}'; wallet uuid; rest bigint;
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
       IF rest > 0 THEN
         PERFORM ledger_post(gen_random_uuid(), 'expire:' || mine.pseudonym, 'expire', rest, NULL, p_member, NULL,
           ARRAY[wallet, '{REVENUE}'::uuid], ARRAY[-rest, rest]);
       END IF;
       PERFORM set_config('atelier.forgetting', p_member::text, true);
       UPDATE transfers SET member_id = mine.pseudonym, memo = NULL,
           key = replace(key, p_member::text, mine.pseudonym::text) WHERE member_id = p_member;
       UPDATE holds SET member_id = mine.pseudonym, memo = NULL WHERE member_id = p_member;
       UPDATE postings SET member_id = mine.pseudonym WHERE member_id = p_member;
       UPDATE accounts SET member_id = mine.pseudonym WHERE member_id = p_member;
       PERFORM set_config('atelier.forgetting', '', true);
       -- facts: their own go; what they did as an operator stays without their address, what was done to them without
       -- words; strangers' tries at their door go
       DELETE FROM events WHERE member_id = p_member
         AND (subject_id IS NOT DISTINCT FROM p_member OR kind !~ {DEEDS} OR who.role NOT IN ('operator', 'support'));
       DELETE FROM events WHERE subject_id = p_member AND member_id IS NULL;
       UPDATE events SET data = coalesce((SELECT jsonb_object_agg(d.key, d.value) FROM jsonb_each(data) d
           WHERE jsonb_typeof(d.value) IN ('number', 'boolean') OR d.key IN ('before', 'after')), '{{}}')
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
                          WHERE o.owner = 'member_id' AND o.name NOT IN ({LEDGER}, 'events'));
       WHILE cardinality(left_over) > 0 LOOP
         still := '{{}}';
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
     END $$"""

# An operator's list of who was erased, brought to a restored backup: whoever is back leaves at once.
AGAIN = f"""CREATE FUNCTION people_erase_again(p_member uuid) RETURNS boolean {DEFINER} AS $$
     BEGIN
       PERFORM FROM members WHERE id = p_member FOR UPDATE;
       IF NOT FOUND THEN
         INSERT INTO erasures (id, ended_at) VALUES (p_member, now()) ON CONFLICT (id) DO NOTHING;
         RETURN false;
       END IF;
       INSERT INTO departures (member_id, before, by_studio, due_at)
         SELECT id, state, true, now() FROM members WHERE id = p_member
         ON CONFLICT (member_id) DO UPDATE SET due_at = now(), by_studio = true;
       UPDATE members SET state = 'leaving' WHERE id = p_member;
       DELETE FROM sessions WHERE member_id = p_member;
       RETURN true;
     END $$"""

FUNCTIONS = {
    "people_owned()": "atelier_web, atelier_worker, atelier_operator",
    "people_rows(text, text, text[], text)": "atelier_worker",
    "people_leave(uuid, integer)": "atelier_web, atelier_operator",
    "people_stay(uuid)": "atelier_web, atelier_operator",
    "people_erase_begin(uuid)": "atelier_worker",
    "people_erase(uuid, text)": "atelier_worker",
    "people_erase_again(uuid)": "",
}

# Whether a change to the ledger is that it forgets whose a row was, and no other: for a departure that is under way.
FORGETS = """CREATE FUNCTION ledger_forgets(was jsonb, becomes jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
     BEGIN
       RETURN was - ARRAY['member_id', 'memo', 'key'] = becomes - ARRAY['member_id', 'memo', 'key']
         AND becomes ->> 'memo' IS NULL
         AND (becomes ->> 'key') IS NOT DISTINCT FROM
           replace(was ->> 'key', was ->> 'member_id', becomes ->> 'member_id')
         AND EXISTS (SELECT FROM erasures WHERE id = (was ->> 'member_id')::uuid AND ended_at IS NULL
           AND pseudonym = (becomes ->> 'member_id')::uuid);
     END $$"""
# a statement that would change what is written is refused as such, but for the one that makes the ledger forget …
FINAL = """CREATE OR REPLACE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN {}RAISE EXCEPTION 'what the ledger has written stays: % of % is refused', TG_OP, TG_TABLE_NAME
         USING ERRCODE = 'AL000'; END $$"""
FORGETTING = (
    "IF TG_OP = 'UPDATE' AND coalesce(current_setting('atelier.forgetting', true), '') <> ''"
    " THEN RETURN NULL; END IF;\n       "
)
# … and of that one each row is looked at
STAYS = """CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF ledger_forgets(to_jsonb(OLD), to_jsonb(NEW)) THEN RETURN NEW; END IF;
       RAISE EXCEPTION 'what the ledger has written stays: % of % is refused', TG_OP, TG_TABLE_NAME
         USING ERRCODE = 'AL000';
     END $$"""
ACCOUNT_GUARD = """CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'INSERT' THEN
         IF NEW.balance <> 0 OR NEW.lines <> 0 THEN
           RAISE EXCEPTION 'an account opens empty' USING ERRCODE = 'AL000';
         END IF;
       ELSIF pg_trigger_depth() = 1{} THEN
         RAISE EXCEPTION 'an account changes only with a posting' USING ERRCODE = 'AL000';
       END IF;
       RETURN NEW;
     END $$"""
HOLD_GUARD = """CREATE OR REPLACE FUNCTION ledger_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       {}IF OLD.state <> 'held' THEN
         RAISE EXCEPTION 'the hold of job % has ended already', OLD.job_id USING ERRCODE = 'AL000';
       END IF;
       IF (NEW.job_id, NEW.member_id, NEW.amount) IS DISTINCT FROM (OLD.job_id, OLD.member_id, OLD.amount) THEN
         RAISE EXCEPTION 'a hold keeps its job, member and amount' USING ERRCODE = 'AL000';
       END IF;
       RETURN NEW;
     END $$"""
WRITTEN = ("transfers", "postings")


def upgrade() -> None:
    for statement in (
        "ALTER TABLE members DROP CONSTRAINT members_state_check",
        f"ALTER TABLE members ADD CONSTRAINT members_state_check {STATES.format(', ' + repr('leaving'))}",
        *EXPORTS,
        OWNED,
        ROWS,
        *LEAVING,
        FORGETS,
        STAYS,
        ACCOUNT_GUARD.format(" AND NOT ledger_forgets(to_jsonb(OLD), to_jsonb(NEW))"),
        HOLD_GUARD.format("IF ledger_forgets(to_jsonb(OLD), to_jsonb(NEW)) THEN RETURN NEW; END IF;\n       "),
        FINAL.format(FORGETTING),
        *(
            f"CREATE TRIGGER stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_stays()"
            for table in WRITTEN
        ),
        *(LEAVE, STAY, BEGIN, ERASE, AGAIN),
        "GRANT EXECUTE ON FUNCTION dequeue_job TO atelier_worker",  # whose job is canceled as they go
    ):
        op.execute(statement)
    for function, callers in FUNCTIONS.items():
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        if callers:
            op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {callers}")


def downgrade() -> None:
    for statement in (
        "REVOKE EXECUTE ON FUNCTION dequeue_job FROM atelier_worker",
        *(f"DROP FUNCTION {function}" for function in reversed(FUNCTIONS)),
        *(f"DROP TRIGGER stays ON {table}" for table in WRITTEN),
        FINAL.format(""),
        ACCOUNT_GUARD.format(""),
        HOLD_GUARD.format(""),
        "DROP FUNCTION ledger_stays, ledger_forgets",
        # nobody leaves in the older shape
        "UPDATE members m SET state = d.before FROM departures d WHERE d.member_id = m.id AND m.state = 'leaving'",
        "UPDATE members SET state = 'banned' WHERE state = 'leaving'",
        "DELETE FROM procrastinate_jobs WHERE task_name IN ('people:export', 'people:erase')",
        "DROP TRIGGER enter_queue ON exports",
        "DROP FUNCTION enqueue_export, exports_enter_queue, enter_export",
        "DROP TABLE erasures, departures, exports",
        "ALTER TABLE members DROP CONSTRAINT members_state_check",
        f"ALTER TABLE members ADD CONSTRAINT members_state_check {STATES.format('')}",
    ):
        op.execute(statement)
