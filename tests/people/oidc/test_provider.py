"""What an operator may write about providers, and the sentence for each slip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from atelier.people.oidc.provider import parse
from atelier.people.settings import PeopleSettings
from atelier.settings import BadSettings, read

GOOD = """
[[provider]]
id = "google"
name = "Google"
issuer = "https://accounts.google.com"
client_id = "abc"
client_secret = "xyz"

[[provider]]
id = "github"
name = "GitHub"
kind = "github"
client_id = "abc"
client_secret_file = "github.secret"
"""


def test_as_toml_with_a_file_for_a_secret(tmp_path: Path) -> None:
    (tmp_path / "github.secret").write_text("hush\n")
    google, github = parse(GOOD, tmp_path)
    assert (google.id, google.scopes, google.kind) == ("google", ("openid", "email", "profile"), "openid")
    assert (github.issuer, github.client_secret, github.kind) == ("https://github.com", "hush", "github")
    assert (google.asks_again, github.asks_again) == (True, False)
    assert "xyz" not in repr(google)


def test_as_json() -> None:
    written = {"id": "a", "name": "A", "issuer": "https://a.example/x", "client_id": "c", "scopes": ["openid"]}
    assert parse(json.dumps([written])) == parse(json.dumps({"provider": [written]}))
    assert parse("") == ()


ENTRY = {"id": "a", "name": "A", "issuer": "https://a.example", "client_id": "c"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"issuer": "http://a.example"}, "must begin with https://"),
        ({"issuer": "https://user@a.example"}, "no address of a provider"),
        ({"issuer": "https://a.example?x=1"}, "no address of a provider"),
        ({"issuer": None}, "issuer is missing"),
        ({"id": "A b"}, "id:"),
        ({"id": "../x"}, "id:"),
        ({"client_id": ""}, "client_id:"),
        ({"name": "x" * 41}, "name:"),
        ({"scopes": ["email"]}, "scopes must name openid"),
        ({"scopes": ["openid email"]}, "scopes.0:"),
        ({"client_secrte": "x"}, "client_secrte:"),
        ({"client_secret_file": "missing"}, "cannot be read"),
        ({"client_secret": "x", "client_secret_file": "y"}, "keep one"),
        ({"kind": "github", "issuer": None}, "is missing, which GitHub needs"),
        ({"kind": "github", "client_secret": "x", "asks_again": True}, "GitHub cannot ask members to sign in again"),
    ],
)
def test_slips(change: dict[str, object], sentence: str) -> None:
    written = {name: value for name, value in (ENTRY | change).items() if value is not None}
    with pytest.raises(ValueError, match="provider 1: ") as caught:
        parse(json.dumps([written]))
    assert sentence in str(caught.value)


def test_slips_of_the_whole() -> None:
    for written, sentence in (
        ("provider = 1", "twice bracketed"),
        ("[google]\nid='x'", "google is not known"),
        ("nonsense", "neither TOML nor JSON"),
        (json.dumps([ENTRY, ENTRY]), "id a is used twice"),
    ):
        with pytest.raises(ValueError, match=sentence):
            parse(written)


def test_http_only_on_this_machine() -> None:
    for issuer in ("http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000/x"):
        assert parse(json.dumps([ENTRY | {"issuer": issuer}]))[0].issuer == issuer


def test_the_settings_read_the_file_in_the_data_folder(tmp_path: Path) -> None:
    assert read(home=tmp_path).room(PeopleSettings).providers == ()
    (tmp_path / "github.secret").write_text("hush")
    (tmp_path / "oidc.toml").write_text(GOOD)
    assert [provider.id for provider in read(home=tmp_path).room(PeopleSettings).providers] == ["google", "github"]
    inline = read(home=tmp_path, oidc=SecretStr(json.dumps([ENTRY])))
    assert [provider.id for provider in inline.room(PeopleSettings).providers] == ["a"]
    assert "https://a.example" not in repr(inline)


def test_the_settings_name_every_fault(tmp_path: Path) -> None:
    (tmp_path / "oidc.toml").write_text(json.dumps([{"id": "x"}]))
    with pytest.raises(BadSettings, match=r"(?s)ATELIER_OIDC: provider 1: name: .*ATELIER_OIDC: provider 1: client_id"):
        read(home=tmp_path)
