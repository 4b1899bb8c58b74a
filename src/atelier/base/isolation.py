"""Row-level security for migrations: every table with an owner is isolated by the same three policies."""

from __future__ import annotations


def isolate(
    table: str, *, owner: str = "member_id", web: str = "", worker: str = "SELECT", operator: str = "SELECT"
) -> list[str]:
    """The statements that isolate `table` by its `owner` column and grant each connecting role what it needs.

    `web`, `worker` and `operator` are lists of privileges as GRANT writes them; empty grants nothing. Members see their
    own rows on every connection; workers and operators see all when they act for the studio; the owner role, which
    only migrations, backups and the database's own functions use, sees all.
    """
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY member ON {table} USING ({owner} = (SELECT atelier_member()))",
        f"CREATE POLICY studio ON {table} TO atelier_worker, atelier_operator USING ((SELECT atelier_studio()))",
        f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true)",
    ]
    return statements + grant(table, web=web, worker=worker, operator=operator)


def grant(table: str, *, web: str = "", worker: str = "", operator: str = "") -> list[str]:
    """The statements that grant privileges on a table to the connecting roles; also for tables that nobody owns."""
    wanted = {"web": web, "worker": worker, "operator": operator}
    return [f"GRANT {privileges} ON {table} TO atelier_{role}" for role, privileges in wanted.items() if privileges]
