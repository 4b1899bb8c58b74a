"""Mails and requests made on sign-in pages enter the queue by the function that every table can use."""

from alembic import op

revision = "20261201_0410"
down_revision = "20261201_0235"

MAIL = ("mail:deliver", "mail:", "mail_id")
REQUEST = ("people:answer", "answer:", "wish_id")


def _triggers(mails: str, confirmations: str) -> None:
    for statement in (
        "DROP TRIGGER enter_queue ON mails",
        "DROP TRIGGER enter_queue_again ON mails",
        "DROP TRIGGER enter_queue ON confirmations",
        f"""CREATE TRIGGER enter_queue AFTER INSERT ON mails FOR EACH ROW WHEN (NEW.state = 'waiting')
            EXECUTE FUNCTION {mails}""",
        f"""CREATE TRIGGER enter_queue_again AFTER UPDATE OF state ON mails FOR EACH ROW
            WHEN (NEW.state = 'waiting' AND OLD.state <> 'waiting') EXECUTE FUNCTION {mails}""",
        f"CREATE TRIGGER enter_queue AFTER INSERT ON confirmations FOR EACH ROW EXECUTE FUNCTION {confirmations}",
    ):
        op.execute(statement)


def _by(task: tuple[str, str, str]) -> str:
    return "row_enters_queue({})".format(", ".join(f"'{each}'" for each in task))


def _own(table: str, task: tuple[str, str, str]) -> str:
    name, entry, argument = task
    return f"""CREATE FUNCTION {table}_enter_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          PERFORM enter_background('{name}', '{entry}' || NEW.id, jsonb_build_object('{argument}', NEW.id));
          RETURN NULL;
        END $$"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _triggers(_by(MAIL), _by(REQUEST))
    op.execute("DROP FUNCTION mails_enter_queue, confirmations_enter_queue")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_own("mails", MAIL))
    op.execute(_own("confirmations", REQUEST))
    _triggers("mails_enter_queue()", "confirmations_enter_queue()")
    op.execute("REVOKE ALL ON FUNCTION mails_enter_queue, confirmations_enter_queue FROM PUBLIC")
