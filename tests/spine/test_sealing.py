"""The seal of a job survives the database, and covers everything that a job costs and asks for."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atelier.base.db import libpq_url
from atelier.base.ids import new_id
from atelier.spine.sealing import Sealed, canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_what_jsonb_gives_back_is_the_same_in_canonical_form(owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as db:

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(VALUES)
        def stays(value: Any) -> None:
            row = db.execute("SELECT %s::jsonb", [json.dumps(value)]).fetchone()
            assert row is not None
            assert canonical(row[0]) == canonical(value)

        stays()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (10**22, 1e22, True),
        (0, -0.0, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, "1", False),
        (1, True, False),
        (None, False, False),
        (12, 120, False),
        (-1, 1, False),
        (0.1, math.nextafter(0.1, 1), False),
        (2**63, 2**63 + 1, False),
        ([1, 2], [12], False),
        ([[1], 2], [[1, 2]], False),
        ({"a": None}, {}, False),
        ({"a": '1,"b":2'}, {"a": 1, "b": 2}, False),
    ],
)
def test_the_canonical_form_is_the_same_for_equal_values_alone(one: Any, other: Any, same: bool) -> None:
    assert (canonical(one) == canonical(other)) is same


def test_each_part_of_a_job_changes_its_seal() -> None:
    job = Sealed(new_id(), new_id(), "t", "m", "q", {"count": 1}, {"rates": {"pictures": "1"}}, 1, 1, 9)
    other: dict[str, Any] = {"id": new_id(), "member_id": new_id(), "input": {"count": 2}, "terms": {"rates": {}}}
    sealed = job.seal("secret")
    assert sealed == replace(job).seal("secret")
    assert sealed != job.seal("another")
    for field in fields(Sealed):
        changed = other.get(field.name, 2 if isinstance(getattr(job, field.name), int) else "x")
        assert replace(job, **{field.name: changed}).seal("secret") != sealed, field.name
