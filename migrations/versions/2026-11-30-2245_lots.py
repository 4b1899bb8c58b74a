"""Holds for anything, lots with an expiry, movements by a table, debts, and transfers that reverse others.

What is in a wallet becomes one lot without expiry, and open holds say that they come from it.
"""

from alembic import op

from atelier.base import functions
from atelier.base.isolation import grant, isolate

revision = "20261130_2245"
down_revision = "20261130_2235"

REVENUE, PAYOUTS = (f"00000000-0000-7000-8000-00000000000{n}" for n in (2, 5))
EXPIRED = "00000000-0000-7000-8000-000000000006"
STUDIO = "{atelier_worker,atelier_operator}"

LOTS = (
    """CREATE TABLE lots (
         id uuid PRIMARY KEY,
         account_id uuid NOT NULL,
         member_id uuid NOT NULL,
         source text NOT NULL,
         amount bigint NOT NULL,
         rest bigint NOT NULL DEFAULT 0,
         open boolean NOT NULL DEFAULT false,
         began bigint NOT NULL DEFAULT 0,
         expires_at timestamptz,
         created_at timestamptz NOT NULL DEFAULT now()
       ) WITH (fillfactor = 70)""",
    "CREATE INDEX lots_member_idx ON lots (member_id, open, expires_at, id)",
    "CREATE INDEX lots_expires_idx ON lots (expires_at) WHERE open AND expires_at IS NOT NULL",
)
COLUMNS = (
    "ALTER TABLE holds ADD COLUMN kind text NOT NULL DEFAULT 'job', ADD COLUMN lots uuid[], ADD COLUMN parts bigint[]",
    "ALTER TABLE postings ADD COLUMN lots uuid[], ADD COLUMN parts bigint[]",
    "ALTER TABLE transfers ADD COLUMN reverses uuid",
)
# Credits that are held come back to the same lot, so it is as large as both together. The triggers of holds are off:
# their functions are those of the release that was here before.
EXISTING = (
    """INSERT INTO lots (id, account_id, member_id, source, amount, rest, open, began)
       SELECT gen_random_uuid(), a.id, a.member_id, 'before', a.balance + h.held, a.balance, a.balance > 0, a.balance
       FROM accounts a, LATERAL (SELECT coalesce(sum(amount), 0)::bigint AS held FROM holds
                                 WHERE member_id = a.member_id AND state = 'held') AS h
       WHERE a.kind = 'wallet' AND a.balance + h.held > 0""",
    "ALTER TABLE holds DISABLE TRIGGER USER",
    """UPDATE holds h SET lots = ARRAY[l.id], parts = ARRAY[h.amount] FROM lots l
       WHERE l.member_id = h.member_id AND h.state = 'held'""",
    "ALTER TABLE holds ENABLE TRIGGER USER",
)
NAMES = (
    "ALTER TABLE holds RENAME COLUMN job_id TO id",
    "ALTER TABLE transfers RENAME COLUMN job_id TO hold_id",
)
MOVEMENTS = (
    """CREATE TABLE ledger_movements (
         kind text PRIMARY KEY,
         from_kind text NOT NULL,
         to_kind text NOT NULL,
         callers text[] NOT NULL,
         source text,
         owes boolean NOT NULL DEFAULT false,
         reversible boolean NOT NULL DEFAULT false)""",
    f"""INSERT INTO ledger_movements (kind, from_kind, to_kind, callers, source, owes, reversible) VALUES
         ('grant', 'promotion', 'wallet', '{{atelier_operator}}', 'grant', false, true),
         ('promotion', 'promotion', 'wallet', '{STUDIO}', 'promotion', false, true),
         ('plan', 'clearing', 'wallet', '{STUDIO}', 'plan', false, true),
         ('buy', 'clearing', 'wallet', '{STUDIO}', 'bought', false, true),
         ('refund', 'wallet', 'clearing', '{STUDIO}', NULL, false, true),
         ('chargeback', 'wallet', 'clearing', '{STUDIO}', NULL, true, true),
         ('earn', 'revenue', 'earnings', '{{atelier_operator}}', NULL, false, true)""",
)
DEBTS = "CHECK (CASE kind WHEN 'debt' THEN balance <= 0 ELSE balance >= 0 END)"


def upgrade() -> None:
    for statement in (*LOTS, *COLUMNS, *EXISTING, *NAMES, *MOVEMENTS):
        op.execute(statement)
    # the rules of accounts as they are now know the new kinds
    functions.create(op.get_bind().connection.driver_connection, "accounts_verify", "lots_guard")
    for statement in (
        "ALTER TABLE accounts DROP CONSTRAINT accounts_balance_check",
        f"ALTER TABLE accounts ADD CONSTRAINT accounts_balance_check {DEBTS}",
        f"INSERT INTO accounts (id, kind) VALUES ('{EXPIRED}', 'expired')",
        "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON lots FOR EACH ROW EXECUTE FUNCTION lots_guard()",
        "CREATE TRIGGER final BEFORE DELETE OR TRUNCATE ON lots EXECUTE FUNCTION ledger_is_final()",
        *isolate("lots", web="SELECT"),
        *grant("ledger_movements", worker="SELECT", operator="SELECT"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "DROP TABLE ledger_movements",
        "DROP TABLE lots",
        "DROP FUNCTION lots_guard",
        "ALTER TABLE transfers RENAME COLUMN hold_id TO job_id",
        "ALTER TABLE holds RENAME COLUMN id TO job_id",
        "ALTER TABLE transfers DROP COLUMN reverses",
        "ALTER TABLE postings DROP COLUMN lots, DROP COLUMN parts",
        "ALTER TABLE holds DROP COLUMN kind, DROP COLUMN lots, DROP COLUMN parts",
        # the older shape knows neither: what expired is revenue there, and the studio bears what is owed
        *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("postings", "accounts")),
        f"UPDATE postings SET account_id = '{REVENUE}' WHERE account_id = '{EXPIRED}'",
        f"""UPDATE postings SET account_id = '{PAYOUTS}', member_id = NULL, line = NULL, balance = NULL
            WHERE account_id IN (SELECT id FROM accounts WHERE kind = 'debt')""",
        "DELETE FROM accounts WHERE kind IN ('debt', 'expired')",
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in ("postings", "accounts")),
        "ALTER TABLE accounts DROP CONSTRAINT accounts_balance_check",
        "ALTER TABLE accounts ADD CONSTRAINT accounts_balance_check CHECK (balance >= 0)",
    ):
        op.execute(statement)
