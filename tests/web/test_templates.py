"""Rules that every template keeps: it compiles, speaks through gettext, and holds nothing that the CSP forbids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import meta

import atelier
from atelier.base.kinds import Kind, kinds
from atelier.rooms import ROOMS
from atelier.web.icons import ICONS, icon
from atelier.web.templates import Templates
from painter import understood

SOURCE = Path(atelier.__file__).parent
FILES = sorted(path for folder in SOURCE.rglob("templates") for path in folder.rglob("*.html"))
TEMPLATES = Templates(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_template_compiles_and_what_it_names_is_there(path: Path) -> None:
    tree = TEMPLATES.environment.parse(path.read_text())
    for name in meta.find_referenced_templates(tree):
        if name is None:
            assert path.parent.name in ("mail", "assets", "making"), "only a letter and a kind of file name their own"
            continue
        TEMPLATES.environment.get_template(name)


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.id)
def test_every_kind_of_file_has_its_template(kind: Kind) -> None:
    TEMPLATES.environment.get_template(kind.template)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_template_holds_what_the_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline styles are refused by the policy"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=\s*[\"']", text), "inline handlers are refused by the policy"
    assert "hx-on" not in text, "htmx would need eval for it"
    assert not re.search(r"(src|href|action)=[\"']https?://", text), "everything is served by us"
    assert not re.search(r"<script(?![^>]*(src|nonce))", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_icons_that_templates_name_are_drawn(path: Path) -> None:
    named = re.findall(r"icon\(\"([a-z]+)\"", path.read_text()) + re.findall(r"drawing=\"([a-z]+)\"", path.read_text())
    assert set(named) <= ICONS.keys()


def test_an_icon_speaks_or_hides() -> None:
    assert 'aria-hidden="true"' in icon("heart")
    assert 'role="img" aria-label="&lt;b&gt;"' in icon("heart", "<b>")


@pytest.mark.parametrize("code", ["en", "de"])
def test_the_painter_knows_each_word_that_the_studio_offers(code: str) -> None:
    module = TEMPLATES.environment.get_template("making/_words.html").module
    words = [word for group in module.sketch_words[code].values() for word in group]  # type: ignore[attr-defined]
    assert len(words) > 30
    unknown = [word for word in words if any(part.meaning is None for part in understood(word).words)]
    assert not unknown
