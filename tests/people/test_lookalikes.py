"""Names and addresses that look like another's, and addresses of one mailbox."""

from __future__ import annotations

import pytest

from atelier.people import rules
from atelier.people.lookalikes import mixes_scripts

MIXED = [
    "\u0410\u0336telier",
    "\u0410\u200dtelier",
    "\u0410telier",
    "p\u0430ypal",
    "Mar\u03b1",
    "\u216ftelier\u0430",
    "ad\u043cin",
    "\u13aatelier",
]
PLAIN = [
    "Atelier",
    "Zoë Müller-Łukasz",
    "Мара Иванова",
    "Мара Smith",  # two words, two scripts: nobody takes one for the other
    "山田太郎",
    "サラ山さん",
    "김민수",
    "Αθηνά",
    "محمد",
    "user1",
    "Łódź 2",
    "सूर्या",
    "ශ්\u200dරී",
    "علی\u200cرضا",
    "র\u200d্যাব",
    "ภูเขา",
    "Mara 👩\u200d🚀",
]


@pytest.mark.parametrize("text", MIXED)
def test_mixed_scripts_are_seen(text: str) -> None:
    assert mixes_scripts(text)
    assert rules.display_name(text) is None


@pytest.mark.parametrize("text", PLAIN)
def test_peoples_own_names_are_let_be(text: str) -> None:
    assert rules.display_name(text) == text


@pytest.mark.parametrize(
    "email", ["mara@ex\u0430mple.org", "mara@xn--exmple-4nf.org", "m\u0430ra@example.org", "mara@p\u0430ypal.com"]
)
def test_an_address_that_looks_like_another_is_none(email: str) -> None:
    assert rules.email_address(email) is None


def test_an_address_is_one_however_it_is_typed() -> None:
    for written in ("Mara@Example.org", " mara@EXAMPLE.ORG ", "ｍａｒａ@example.org", "mara@ｅxample.org"):
        assert rules.email_address(written) == "mara@example.org"
    assert rules.email_address("mara@münchen.example") == "mara@xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.b+x@gmail.com", "ab@gmail.com"),
        ("ab@googlemail.com", "a.b@gmail.com"),
        ("ab+shop@example.org", "ab@example.org"),
    ],
)
def test_one_mailbox_is_one(one: str, other: str) -> None:
    assert rules.mailbox(one) == rules.mailbox(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.b@example.org", "ab@example.org"), ("ab@gmail.com", "ab@example.org"), ("+a@x.org", "+b@x.org")],
)
def test_two_mailboxes_are_two(one: str, other: str) -> None:
    assert rules.mailbox(one) != rules.mailbox(other)


@pytest.mark.parametrize(
    "name", ["Mar\u200da", "Mara\u200d", "\u200cMara", "सू\u200dर्या", "\u0301", "Ma\u200bra", "م\u200dا"]
)
def test_a_joiner_that_joins_nothing_makes_no_name(name: str) -> None:
    assert rules.display_name(name) is None
