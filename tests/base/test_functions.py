"""The database's functions are those of the files, however old the database is and whatever was done to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.conftest import SECRET

from atelier.base import functions, migrate
from atelier.base.db import libpq_url
from atelier.base.errors import AtelierError
from atelier.base.functions import Function
from atelier.base.postgres import EmbeddedPostgres

BEFORE = "20261121_1350"
FILES = functions.files()
DEFINITIONS = """
SELECT oid::regprocedure::text, pg_get_functiondef(oid), obj_description(oid, 'pg_proc'),
       ARRAY(SELECT grantee::text FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) ORDER BY 1)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"""
# temporary tables come last in it, so that no caller can put one of their own before the studio's
SAFE = ["search_path=pg_catalog, public, pg_temp"]
UNSAFE = """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
            AND NOT coalesce(proconfig, '{}') @> %s"""


def _faults(owner_url: str) -> list[str]:
    return functions.faults(functions.present(owner_url), FILES)


def _sql(owner_url: str, *statements: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as db:
        for statement in statements:
            db.execute(statement.encode())


def _rows(owner_url: str, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq_url(owner_url)) as db:
        return db.execute(query.encode(), values).fetchall()


def test_a_migrated_database_has_the_functions_of_the_files_and_no_others(owner_url: str) -> None:
    assert _faults(owner_url) == []
    assert len(functions.present(owner_url)) == len(FILES) > 50
    assert functions.replace(owner_url) == []


def test_every_function_that_runs_as_its_owner_looks_for_temporary_tables_last(owner_url: str) -> None:
    assert _rows(owner_url, UNSAFE, SAFE) == []


@pytest.mark.parametrize(
    ("by_hand", "fault"),
    [
        (
            "CREATE OR REPLACE FUNCTION ledger_may(p_member uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "ledger_may differs from ledger/sql/ledger_may.sql",
        ),
        ("ALTER FUNCTION ledger_settle SECURITY INVOKER", "ledger_settle differs from ledger/sql/ledger_settle.sql"),
        ("GRANT EXECUTE ON FUNCTION ledger_post TO PUBLIC", "ledger_post differs from ledger/sql/ledger_post.sql"),
        ("GRANT EXECUTE ON FUNCTION claim_job TO atelier_web", "claim_job differs from jobs/sql/claim_job.sql"),
        ("DROP FUNCTION people_stay", "people_stay is not in the database"),
        (
            "CREATE FUNCTION ledger_may(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "ledger_may exists with 2 lists of arguments",
        ),
    ],
)
def test_what_was_changed_by_hand_is_named_and_the_next_upgrade_mends_it(
    owner_url: str, by_hand: str, fault: str
) -> None:
    _sql(owner_url, by_hand)
    assert _faults(owner_url) == [fault]
    assert (migrate.lacks(owner_url) or "").startswith("has functions that are not this release's")
    migrate.upgrade(owner_url, SECRET)
    assert _faults(owner_url) == []
    assert migrate.lacks(owner_url) is None


def test_a_function_of_somebody_elses_is_named_and_left_alone(owner_url: str) -> None:
    _sql(owner_url, "CREATE FUNCTION theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    migrate.upgrade(owner_url, SECRET)
    assert _faults(owner_url) == ["theirs has no file"]
    assert migrate.lacks(owner_url) is None


def _file(name: str, arguments: str, result: str, body: str) -> Function:
    text = f"CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {result} LANGUAGE sql AS $$ {body} $$;"
    return Function(name, f"room/sql/{name}.sql", f"{text}\nREVOKE ALL ON FUNCTION {name} FROM PUBLIC;")


def test_a_file_may_change_arguments_and_result_and_go_away(owner_url: str) -> None:
    for text in (
        _file("grown", "a integer", "integer", "SELECT a"),
        _file("grown", "b integer", "integer", "SELECT b"),  # another name of the same argument
        _file("grown", "b integer, c integer", "integer", "SELECT b + c"),
        _file("grown", "b integer, c integer", "text", "SELECT 'text'"),
    ):
        assert functions.replace(owner_url, FILES | {"grown": text}) == ["grown"]
        assert functions.faults(functions.present(owner_url), FILES | {"grown": text}) == []
    assert functions.replace(owner_url, FILES) == ["grown"]
    assert _faults(owner_url) == []


def test_functions_that_call_one_another_are_created_in_any_order(owner_url: str) -> None:
    both = {
        "a_caller": _file("a_caller", "", "integer", "SELECT b_called()"),
        "b_called": _file("b_called", "", "integer", "SELECT 1"),
    }
    assert functions.replace(owner_url, FILES | both) == ["a_caller", "b_called"]


def test_a_body_that_cannot_work_leaves_all_functions_as_they_were(owner_url: str) -> None:
    good = _file("good", "", "integer", "SELECT 1")
    wrong = _file("wrong", "", "integer", "SELECT no_such_column FROM members")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        functions.replace(owner_url, FILES | {"good": good, "wrong": wrong})
    assert _faults(owner_url) == []


def test_an_older_database_is_brought_up_and_the_way_down_restores_what_it_had(
    owner_url: str, postgres: EmbeddedPostgres
) -> None:
    older = migrate.create_database(postgres.url(), "older")
    migrate.upgrade(older, SECRET, BEFORE)
    before = _rows(older, DEFINITIONS)
    migrate.upgrade(older, SECRET)
    assert _faults(older) == []
    migrate.downgrade(older, BEFORE)
    assert _rows(older, DEFINITIONS) == before
    migrate.upgrade(older, SECRET)
    assert _rows(older, DEFINITIONS) == _rows(owner_url, DEFINITIONS)


def test_processes_that_open_at_once_do_not_disturb_each_other(owner_url: str) -> None:
    _sql(owner_url, "COMMENT ON FUNCTION ledger_hold IS NULL", "COMMENT ON FUNCTION ledger_settle IS NULL")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(functions.replace, [owner_url] * 4))
    assert sorted(found) == [[], [], [], ["ledger_hold", "ledger_settle"]]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("other", "CREATE OR REPLACE FUNCTION one() RETURNS integer …", "it creates one"),
        ("one", "CREATE FUNCTION one() RETURNS integer …", "it creates none"),
        ("one", "CREATE OR REPLACE FUNCTION one() …\nCREATE OR REPLACE FUNCTION two() …", "it creates one, two"),
    ],
)
def test_a_file_creates_the_one_function_that_it_is_named_after(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / "room" / "sql").mkdir(parents=True)
    (tmp_path / "room" / "sql" / f"{name}.sql").write_text(text)
    with pytest.raises(AtelierError, match=said):
        functions.files(tmp_path)


def test_two_rooms_cannot_have_the_same_function(tmp_path: Path) -> None:
    for room in ("a", "b"):
        (tmp_path / room / "sql").mkdir(parents=True)
        (tmp_path / room / "sql" / "one.sql").write_text("CREATE OR REPLACE FUNCTION one() RETURNS integer …")
    with pytest.raises(AtelierError, match=r"a/sql/one\.sql create the same function"):
        functions.files(tmp_path)
