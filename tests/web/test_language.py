"""Languages: what the browser prefers, what the member chose, and nothing left untranslated."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from starlette.requests import Request

from atelier.web import language

ROOT = Path(__file__).parents[2]


def request(accepted: str = "", cookie: str = "") -> Request:
    headers = [(b"accept-language", accepted.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "headers": headers, "method": "GET", "path": "/"})


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("de;q=0.4,en;q=0.9", "en"),
        ("fr,de;q=0.2", "de"),
        ("fr,it", "en"),
        ("de;q=0", "en"),
        ("de;q=oops,*", "en"),
    ],
)
def test_the_browsers_wish_is_weighed(accepted: str, expected: str) -> None:
    assert language.of(request(accepted)) == expected


def test_the_members_choice_comes_first() -> None:
    assert language.of(request("de", "language=en")) == "en"
    assert language.of(request("de", "language=xx")) == "de"


def test_a_language_is_spoken_only_inside() -> None:
    with language.speaking("de"):
        assert language.translate("Wallet") == "Guthaben"
        with language.speaking("en"):
            assert language.translate("Wallet") == "Wallet"
    assert language.spoken() == "en"


def test_numbers_of_things_are_counted_as_the_language_counts() -> None:
    with language.speaking("de"):
        assert language.translate_many("%(number)s credit", "%(number)s credits", 1) == "%(number)s Credit"
        assert language.translate_many("%(number)s credit", "%(number)s credits", 2) == "%(number)s Credits"


def extracted() -> set[str]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # babel has no types for it
    found = extract_from_dir(
        ROOT / "src", methods, options, keywords={"_": None, "ngettext": (1, 2), "translate": None}
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.mark.parametrize("code", [code for code in language.LANGUAGES if code != "en"])
def test_every_message_is_translated(code: str) -> None:
    with (language.FOLDER / code / "LC_MESSAGES" / "atelier.po").open("rb") as file:
        written = read_po(file, locale=code)
    known = {(m.id if isinstance(m.id, str) else m.id[0]) for m in written if m.id and m.string and not m.fuzzy}
    missing = extracted() - known
    assert not missing, f"bin/translate, then write these in {code}: {sorted(missing)}"


@pytest.mark.parametrize("code", [code for code in language.LANGUAGES if code != "en"])
def test_translations_keep_their_placeholders(code: str) -> None:
    with (language.FOLDER / code / "LC_MESSAGES" / "atelier.po").open("rb") as file:
        written = read_po(file, locale=code)
    faults = [(message.id, [str(error) for error in message.check()]) for message in written if message.id]
    assert not [fault for fault in faults if fault[1]]
