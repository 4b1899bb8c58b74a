"""Settings: every fault at once, secrets from files, and a production that refuses what is unsafe."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from atelier import settings
from atelier.base.room_settings import RoomSettings
from atelier.bootstrap import verifies
from atelier.notify.settings import MailSettings
from atelier.people.settings import PeopleSettings
from atelier.settings import BadHome, BadSettings, load

SECRET = "aB3-dE6_gH9-jK2_mN5-pQ8_sT1-vW4_y"
PRODUCTION = {"env": "production", "secret": SECRET, "url": "https://studio.example"}


@pytest.fixture(autouse=True)
def no_dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A developer's own .env stays out of it, and what is made lands in a folder of the test."""
    monkeypatch.setattr(settings, "HERE", tmp_path)
    monkeypatch.setitem(settings.Settings.model_config, "env_file", tmp_path / ".env")


def test_the_defaults_suit_one_machine(tmp_path: Path) -> None:
    found = load()
    assert found.origin == "http://127.0.0.1:8420"
    assert found.home == tmp_path / "data"
    assert not found.production


def test_all_faults_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_PORT", "99999")
    monkeypatch.setenv("ATELIER_DEBUG", "perhaps")
    monkeypatch.setenv("ATELIER_LOG_LEVEL", "LOUD")
    monkeypatch.setenv("ATELIER_SECRET_FILE", "/nowhere/secret")
    with pytest.raises(BadSettings) as raised:
        load()
    lines = raised.value.message.splitlines()
    assert "ATELIER_PORT must be a whole number from 1 to 65535, not '99999'." in lines
    assert "ATELIER_DEBUG must be true or false, not 'perhaps'." in lines
    assert "ATELIER_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not 'LOUD'." in lines
    assert "ATELIER_SECRET_FILE: /nowhere/secret cannot be read: No such file or directory." in lines
    assert len(lines) == 4


def test_misfits_between_settings_are_named_at_once() -> None:
    with pytest.raises(BadSettings) as raised:
        load(
            url="ftp://studio",
            redis_url="http://redis",
            trusted_proxies="10.0.0.1, proxy",
            private_hosts="gpu.lan, http://gpu",
            secret="short",
        )
    assert raised.value.message.splitlines() == [
        "ATELIER_URL must begin with http:// or https://.",
        "ATELIER_REDIS_URL must begin with redis:// or rediss:// or redis+unix://.",
        "ATELIER_PRIVATE_HOSTS names http://gpu, which is no host name, address or network:"
        " write gpu.lan or 10.0.0.0/8.",
        "ATELIER_TRUSTED_PROXIES names proxy, which is neither an IP address nor a network like 172.16.0.0/12.",
        "ATELIER_SECRET is shorter than 32 characters.",
    ]


def test_a_secret_comes_from_a_file_that_the_environment_or_dotenv_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    (tmp_path / ".env").write_text(f"ATELIER_SECRET_FILE={tmp_path / 'key'}\n")
    assert load().secret.get_secret_value() == SECRET
    (tmp_path / "other").write_text(SECRET[::-1])
    monkeypatch.setenv("ATELIER_SECRET_FILE", str(tmp_path / "other"))
    assert load().secret.get_secret_value() == SECRET[::-1]


def test_the_environment_wins_over_dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ATELIER_PORT=9001\nATELIER_WELCOME_CREDITS=5\n")
    monkeypatch.setenv("ATELIER_PORT", "9002")
    found = load()
    assert (found.port, found.room(PeopleSettings).welcome_credits) == (9002, 5)


def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ATELIER_HOME", "")
    assert load().home == tmp_path / "data"


def test_a_path_in_the_environment_is_the_callers_and_one_in_dotenv_the_clones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ATELIER_HOME=mine\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load().home == tmp_path / "mine"
    monkeypatch.setenv("ATELIER_HOME", "yours")
    assert load().home == tmp_path / "elsewhere" / "yours"


def test_a_slip_of_the_pen_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_PROT", "8421")
    assert settings.unknown() == ["ATELIER_PROT is no setting of the studio; ATELIER_PORT is."]


def test_production_starts_when_all_is_well() -> None:
    assert load(filling=False, **PRODUCTION).production


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"secret": ""}, "ATELIER_SECRET (or ATELIER_SECRET_FILE) must be set in production."),
        ({"secret": "short"}, "ATELIER_SECRET is too short or too regular: use 32 random characters or more."),
        ({"secret": "ab" * 32}, "ATELIER_SECRET is too short or too regular: use 32 random characters or more."),
        ({"debug": True}, "ATELIER_DEBUG must be off in production."),
        (
            {"url": "http://studio.example"},
            "ATELIER_URL must be an https address in production, not http://studio.example.",
        ),
        ({"url": ""}, "ATELIER_URL must be an https address in production, not http://127.0.0.1:8420."),
        (
            {"database_url": "postgresql://owner@db.example/atelier"},
            "ATELIER_DATABASE_URL names a database on the network without a password.",
        ),
    ],
)
def test_production_refuses_what_is_unsafe(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadSettings) as raised:
        load(filling=False, **(PRODUCTION | change))
    assert raised.value.message == sentence


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = load(home=tmp_path / "home").secret.get_secret_value()
    assert len(first) >= 64
    assert load(home=tmp_path / "home").secret.get_secret_value() == first
    assert stat.S_IMODE((tmp_path / "home" / "secret").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "home") == ["secret"]


def test_a_lost_secret_is_not_replaced_behind_the_operators_back(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    with pytest.raises(BadHome, match="holds no secret any more"):
        load(home=tmp_path)


def test_a_file_in_the_place_of_the_data_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(BadHome, match="is no folder: a file is in its place"):
        load(home=tmp_path / "home")


def test_a_mail_server_needs_a_sender_and_confirms_e_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not verifies(load())
    monkeypatch.setenv("ATELIER_SMTP_URL", "smtp://studio:hush@mail.example.org:587")
    with pytest.raises(BadSettings, match="ATELIER_MAIL_FROM must be set"):
        load()
    monkeypatch.setenv("ATELIER_MAIL_FROM", "Atelier <studio@example.org>")
    found = load()
    assert verifies(found)
    assert "hush" not in repr(found)
    monkeypatch.setenv("ATELIER_VERIFY_EMAIL", "false")
    assert not verifies(load())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SMTP_URL", "http://mail.example.org", "must begin with smtp:// or smtps://"),
        ("SMTP_URL", "smtp://", "names no server"),
        ("SMTP_URL", "smtp://host:99999", "names a port that is none"),
        ("MAIL_FROM", "nobody", "must be an address"),
        ("MAIL_FROM", "A <a@b.org>\r\nBcc: x@y.org", "must be an address"),
        ("VERIFY_EMAIL", "perhaps", "must be true or false"),
        ("REGISTRATION", "sometimes", "must be open, approval, invitation or closed"),
    ],
)
def test_mail_settings_that_cannot_be(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(f"ATELIER_{name}", value)
    with pytest.raises(BadSettings) as raised:
        load()
    assert says in raised.value.message.replace("'", "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.org/studio", "Give it a host name of its own"),
        ("https://example.org/?x=1", "Give it a host name of its own"),
        ("https://me@example.org", "Give it a host name of its own"),
        ("https://", "names no host"),
        ("https://example.org:99999", "a port that is none"),
    ],
)
def test_an_address_that_is_more_or_less_than_an_origin_is_refused(url: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        load(url=url, secret="x" * 40)


@pytest.mark.parametrize(
    "name", ["https://studio.example", "studio.example:8420", "*", "a b", "studio.example/x", "-a"]
)
def test_a_host_name_that_cannot_be_one_is_refused_at_start(name: str) -> None:
    with pytest.raises(BadSettings, match=r"ATELIER_HOSTS names .*, which is not a host name: write"):
        load(hosts=f"studio.example, {name}", secret="x" * 40)
    assert load(hosts="studio.example, *.studio.example, 192.168.1.20, [fd00::1]", secret="x" * 40).hosts


def test_an_address_may_end_with_a_slash() -> None:
    assert load(url="https://example.org:8443/", secret="x" * 40).origin == "https://example.org:8443"


def test_settings_stand_beside_their_room_and_load_none_of_it() -> None:
    """The supervisor reads them too, and would pay for the database's driver and the web framework."""
    heavy = "sys.exit(sum(name in sys.modules for name in ('sqlalchemy', 'fastapi', 'atelier.people.oidc')))"
    assert issubclass(settings.Settings, MailSettings)
    done = subprocess.run([sys.executable, "-c", f"import sys; import atelier.settings; {heavy}"], check=False)
    assert done.returncode == 0


def test_a_class_that_stands_in_no_room_is_refused() -> None:
    class Astray(RoomSettings):
        depth: int = 1

    with pytest.raises(TypeError, match=r"Astray stands in no settings\.py"):
        load().room(Astray)
