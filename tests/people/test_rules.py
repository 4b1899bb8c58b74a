"""What an e-mail, a name, a password and a way back must be."""

from __future__ import annotations

import string
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atelier.people import rules


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Short1a", "at least 8"),
        ("NOSMALL123", "small letter"),
        ("nocapital123", "capital letter"),
        ("NoDigitsHere", "digit"),
        ("Boooot12345", "four times"),
        ("Password1", "first that others would try"),
        ("P4ssw0rd!!", "first that others would try"),
        ("Summer2026", "first that others would try"),
        ("Qwerty123", "first that others would try"),
        ("MyAtelier99", "studio's name"),
        ("My4teli3rX", "studio's name"),
        ("Xy-mara.lind-7", "e-mail's name"),
        ("Aa1" * 100, "at most 200"),
    ],
)
def test_a_poor_password_is_told_why(password: str, says: str) -> None:
    assert says in (rules.password_fault(password, "mara.lind@example.org") or "")


@pytest.mark.parametrize("password", ["Seven-red-boats-4", "Ünïcode-Ärger-9", "aB3aB3aB3", "Correct 7 horses"])
def test_a_good_password_passes(password: str) -> None:
    assert rules.password_fault(password, "mara@example.org") is None


def test_a_short_name_in_the_e_mail_does_not_forbid_its_letters() -> None:
    assert rules.password_fault("Boats-jo-7-Sails", "jo@example.org") is None


@given(st.text(max_size=300))
def test_whatever_passes_has_all_that_is_asked_for(password: str) -> None:
    if rules.password_fault(password) is None:
        assert 8 <= len(password) <= 200
        assert any(s.islower() for s in password)
        assert any(s.isupper() for s in password)
        assert any(s.isdecimal() for s in password)
        assert not any(password[i : i + 4] == password[i] * 4 for i in range(len(password) - 3))


@given(st.text(max_size=80))
def test_an_e_mail_is_kept_in_one_form(written: str) -> None:
    address = rules.email_address(written)
    if address is not None:
        assert rules.email_address(address) == address
        assert address == address.lower()
        assert address.isascii()
        assert not set(address) & set(string.whitespace + "\0<>,;\"'()\\")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Mara@Example.ORG ", "mara@example.org"),
        ("mara+art@example.org", "mara+art@example.org"),
        ("mara@bücher.example", "mara@xn--bcher-kva.example"),
        ("mara@EXAMPLE.org", "mara@example.org"),
    ],
)
def test_the_same_address_written_differently_is_one_account(written: str, kept: str) -> None:
    assert rules.email_address(written) == kept


@pytest.mark.parametrize(
    "written",
    ["", "mara", "@example.org", "mara@", "mara@localhost", "a b@example.org", "a@b@example.org", ".a@example.org",
     "a\0@example.org", "a@exa mple.org", "a@-example.org", "a@example..org", "mara@example.org\r\nBcc: x@y.z",
     "x" * 65 + "@example.org", "a@" + "b" * 64 + ".org", "mаrа@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: str) -> None:
    assert rules.email_address(written) is None


@given(st.text(max_size=120))
def test_a_name_can_be_seen_and_fits(written: str) -> None:
    name = rules.display_name(written)
    if name is not None:
        assert 1 <= len(name) <= 80
        assert name == name.strip()
        assert name.isprintable()
        assert rules.display_name(name) == name


@pytest.mark.parametrize("written", ["", "   ", "a\0b", "x" * 81, "\u202eevil", "\u200b", "a\x1b[31m"])
def test_a_name_that_nobody_can_read_is_refused(written: str) -> None:
    assert rules.display_name(written) is None


ELSEWHERE = [
    "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "evil.example",
    "javascript:alert(1)", "/\t/evil.example", "/\n//evil.example", " //evil.example", "/ok\r\nLocation: //evil", "",
    "http:evil.example", "/\x00", "//[", "/%\\x", "/" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_sent_elsewhere(wanted: str) -> None:
    assert rules.local_path(wanted) == "/"


@given(st.text(alphabet=st.sampled_from("/\\.:@%?#ab\t\n "), max_size=30))
@example("/library?q=boat&page=2#top")
def test_the_way_back_stays_within_the_studio(wanted: str) -> None:
    to = rules.local_path(wanted, "/home")
    assert to in (wanted, "/home")
    assert urlsplit(urljoin("https://studio.example/sign-in", to)).netloc == "studio.example"


@pytest.mark.parametrize("wanted", ["/", "/library", "/library?q=boat&page=2", "/make/image.generate?from=/x//y"])
def test_a_way_back_is_kept(wanted: str) -> None:
    assert rules.local_path(wanted) == wanted


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"),
        ("curl/8.9", "curl/8.9"),
        ("", "Unknown"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert rules.browser(agent) == name
