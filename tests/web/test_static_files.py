"""Static files: addresses that change with the content, cached for ever, compressed once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest

import atelier
from atelier.rooms import ROOMS
from atelier.web.room import RoomsDisagree
from atelier.web.static_files import Static
from atelier.web.templates import Templates


def browser(static: Static) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(static), base_url="http://studio.test")


def folder(tmp_path: Path, ink: str) -> Path:
    for name, text in {
        "css/_layers.css": "@layer a, b;\n@font-face { src: url(fonts/x.woff2); }",
        "css/b.css": f"/* why */\n@layer b {{\n  p, q {{ color: {ink}; }}\n}}\n",
        "js/one.js": "// why\nconst name = 1; // here\n",
        "js/two.js": "const name = 2;",
        "fonts/x.woff2": "font",
        "fonts/LICENSE": "free",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


async def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    before = Static(folder(tmp_path, "red")).url("studio.css")
    after = Static(folder(tmp_path, "blue")).url("studio.css")
    assert before != after
    async with browser(Static(folder(tmp_path, "blue"))) as client:
        assert (await client.get(before)).status_code == 404
        assert "blue" in (await client.get(after)).text


async def test_files_are_kept_for_ever_and_sent_compressed(tmp_path: Path) -> None:
    static = Static(folder(tmp_path, "red"))
    async with browser(static) as client:
        answer = await client.get(static.url("studio.css"), headers={"accept-encoding": "gzip"})
        plain = await client.get(static.url("studio.css"), headers={"accept-encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == plain.text
    assert "content-encoding" not in plain.headers
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert static.size("studio.css") == len(gzip.compress(plain.content, 9, mtime=0))


async def test_a_style_names_its_fonts_by_their_address(tmp_path: Path) -> None:
    static = Static(folder(tmp_path, "red"))
    async with browser(static) as client:
        style = (await client.get(static.url("studio.css"))).text
        [named] = re.findall(r"url\((.*?)\)", style)
        assert named == static.url("fonts/x.woff2")
        assert (await client.get(named)).headers["content-type"] == "font/woff2"


async def test_what_stands_at_the_door_is_not_in_the_studio(tmp_path: Path) -> None:
    (folder(tmp_path, "red") / "js" / "door").mkdir()
    (tmp_path / "js" / "door" / "bell.js").write_text("ring()")
    static = Static(tmp_path)
    async with browser(static) as client:
        assert "ring()" in (await client.get(static.url("door.js"))).text
        assert "ring()" not in (await client.get(static.url("studio.js"))).text


async def test_a_room_brings_files_of_its_own(tmp_path: Path) -> None:
    room = tmp_path / "cellar"
    for name, text in {
        "cellar.css": "p { background: url(cellar/wine.svg) }",
        "cellar.js": "pour()",
        "wine.svg": "<svg/>",
        "tour/tour.js": "walk()",
    }.items():
        (room / name).parent.mkdir(exist_ok=True, parents=True)
        (room / name).write_text(text)
    static = Static(folder(tmp_path / "web", "red"), {"cellar": room, "bare": tmp_path / "bare"})
    assert static.bundle("cellar") == (
        f'<link rel="stylesheet" href="{static.url("cellar.css")}">'
        f'<script src="{static.url("cellar.js")}" defer></script>'
    )
    assert static.bundle("bare") == ""
    async with browser(static) as client:
        assert static.url("cellar/wine.svg") in (await client.get(static.url("cellar.css"))).text
        assert "walk()" in (await client.get(static.url("cellar/tour.js"))).text
        assert "pour()" not in (await client.get(static.url("studio.js"))).text


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    room = tmp_path / "studio"
    room.mkdir()
    (room / "own.css").write_text("p { color: red }")
    with pytest.raises(RoomsDisagree, match=r"studio\.css"):
        Static(folder(tmp_path / "web", "red"), {"studio": room})


async def test_each_script_has_its_own_names(tmp_path: Path) -> None:
    static = Static(folder(tmp_path, "red"))
    async with browser(static) as client:
        script = (await client.get(static.url("studio.js"))).text
    assert script.count("{\nconst name") == 2


async def test_a_shared_function_is_where_it_is_used_and_nowhere_else(tmp_path: Path) -> None:
    for name, text in {
        "shared/ring.js": "const ring = () => 1;",
        "door/bell.js": "ring();",
        "wall/nail.js": "0;",
    }.items():
        path = folder(tmp_path, "red") / "js" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    static = Static(tmp_path)
    async with browser(static) as client:
        scripts = {name: (await client.get(static.url(f"{name}.js"))).text for name in ("studio", "door", "wall")}
    assert {name: "const ring" in script for name, script in scripts.items()} == {
        "studio": False,
        "door": True,
        "wall": False,
    }
    assert scripts["door"].index("const ring") < scripts["door"].index("ring();")
    with pytest.raises(KeyError):
        static.url("shared.js")


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/css/b.css", "/static/fonts/LICENSE", "/static/"])
async def test_nothing_else_is_served(path: str, tmp_path: Path) -> None:
    async with browser(Static(folder(tmp_path, "red"))) as client:
        assert (await client.get(path)).status_code == 404


async def test_a_static_file_takes_no_writes(tmp_path: Path) -> None:
    static = Static(folder(tmp_path, "red"))
    async with browser(static) as client:
        assert (await client.post(static.url("studio.css"))).status_code == 405


def test_no_script_nests_a_template_literal() -> None:
    """The minifier would take white space out of the inner one."""
    for path in sorted(Path(atelier.__file__).parent.rglob("static/**/*.js")):
        assert "vendor" in path.parts or not re.search(r"`[^`]*\$\{[^}`]*`", path.read_text()), path.name


def test_every_colour_is_a_token() -> None:
    """Components take their colours from variables; what lies on top of a picture is black or white."""
    allowed = re.compile(r"#(fff|000|b93a22)\b")
    for path in sorted(Path(atelier.__file__).parent.rglob("static/**/*.css")):
        if path.name == "tokens.css":
            continue
        found = [colour for colour in re.findall(r"#[0-9a-f]{3,8}\b", path.read_text()) if not allowed.match(colour)]
        assert not found, f"{path.name} has colours of its own: {found}"


def test_the_first_page_fits_into_90_kilobytes() -> None:
    static = Templates(ROOMS).static
    always = ["fonts/sans.woff2", "fonts/serif.woff2", "studio.css", "door.js", "icons/mark.svg"]
    [making] = [room.static for room in ROOMS if room.name == "making"]
    pictures = [f"making/house/{path.name}" for path in (making / "house").iterdir()]
    assert len(pictures) == 6
    welcome = sum(static.size(name) for name in [*always, "making/welcome.css", *pictures])
    own = ["making.css", "making.js", "making/boat.webp"]
    studio = sum(static.size(name) for name in [*always, "studio.js", "vendor/htmx.js", *own])
    assert welcome + 4_000 < 90_000, welcome  # its HTML is under 4 kB
    assert studio + 8_000 < 90_000, studio
