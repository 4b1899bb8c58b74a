"""Scrubbing: by the field's name and by the text's look, wherever it stands, and never what is harmless."""

from __future__ import annotations

import pytest

from atelier.base.ids import new_id
from atelier.base.scrub import scrubbed, text


@pytest.mark.parametrize(
    "secret",
    [
        "e6FxSqIph0JPrC06s6_8V72w87W5O6egh51ouHZoGS4",
        "atl_aX4bOQYbVfCxBHiAGvb1qp503f5hQihr6BJ1FxfvxjE",
        "atl_1ZJRaEWLoJ7wWXpXeioNr0rTZwmTQVAxQK8lVe5x2yoGxj",
        "atr_9rTZwmTQVAxQK8lVe5x2yoGxj1ZJRaEWLoJ7wWXpXeioN0",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "mara.lind+studio@example.org",
        "mära@bücher.example",
    ],
)
def test_secrets_are_hidden_in_any_text(secret: str) -> None:
    for sentence in (secret, f"no such thing: {secret}", f"Key (x)=({secret}) exists", f"atelier={secret}; path=/"):
        assert secret not in text(sentence)
        assert secret not in repr(scrubbed({"reason": [{"why": (sentence,)}], "error": ValueError(sentence)}))


def test_fields_are_hidden_by_name_at_any_depth() -> None:
    said = {"job": {"input": {"x": "a red boat"}, "prompt": "a red boat"}, "headers": {"Cookie": "a red boat"}}
    assert "red boat" not in repr(scrubbed(said))


def test_what_a_database_and_an_address_say_is_hidden() -> None:
    refused = "new row violates check\nDETAIL:  Failing row contains (1, a red boat, x).\nHINT: none"
    assert "red boat" not in text(refused)
    assert text(refused).endswith("HINT: none")
    assert text("GET /library?q=red+boat HTTP/1.1") == "GET /library?[hidden] HTTP/1.1"
    assert "boat" not in text("[SQL: SELECT 1]\n[parameters: ('a boat',)]")


def test_harmless_things_stay() -> None:
    for harmless in (
        str(new_id()),
        "session:started",
        f"/jobs/{new_id()}",
        "192.0.2.7",
        "a" * 64,
    ):
        assert text(harmless) == harmless
    said = {"status": 200, "ms": 1.5, "ok": True, "nothing": None}
    assert scrubbed(said) == said
