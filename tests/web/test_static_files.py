"""Static files: addresses that change with the content, cached for ever, compressed once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest

from atelier.web.static_files import FOLDER, Static, tighten


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
        (tmp_path / name).parent.mkdir(exist_ok=True)
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


async def test_each_script_has_its_own_names(tmp_path: Path) -> None:
    static = Static(folder(tmp_path, "red"))
    async with browser(static) as client:
        script = (await client.get(static.url("studio.js"))).text
    assert script.count("{\nconst name") == 2


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/css/b.css", "/static/fonts/LICENSE", "/static/"])
async def test_nothing_else_is_served(path: str, tmp_path: Path) -> None:
    async with browser(Static(folder(tmp_path, "red"))) as client:
        assert (await client.get(path)).status_code == 404


async def test_a_static_file_takes_no_writes(tmp_path: Path) -> None:
    static = Static(folder(tmp_path, "red"))
    async with browser(static) as client:
        assert (await client.post(static.url("studio.css"))).status_code == 405


def test_tightening_keeps_what_a_style_means() -> None:
    written = """/* a */ .x::after { content: "a: b;  c"; margin: calc(100% - 2 * var(--s)) 0; }
      .y:has(:checked) > a:not(.z) { color: red }  @media (min-width: 9px) { a { b: c; } }"""
    assert tighten(written) == (
        '.x::after{content:"a: b;  c";margin:calc(100% - 2 * var(--s)) 0}'
        ".y:has(:checked) > a:not(.z){color:red}@media (min-width: 9px){a{b:c}}"
    )


def test_every_colour_is_a_token() -> None:
    """Components take their colours from variables; what lies on top of a picture is black or white."""
    allowed = re.compile(r"#(fff|000|b93a22)\b")
    for path in sorted((FOLDER / "css").rglob("*.css")):
        if path.name == "tokens.css":
            continue
        found = [colour for colour in re.findall(r"#[0-9a-f]{3,8}\b", path.read_text()) if not allowed.match(colour)]
        assert not found, f"{path.name} has colours of its own: {found}"


def test_the_first_page_fits_into_90_kilobytes() -> None:
    static = Static()
    always = ["fonts/sans.woff2", "fonts/serif.woff2", "studio.css", "door.js", "icons/mark.svg"]
    hung = [f"welcome/house/{path.name}" for path in (FOLDER / "welcome" / "house").iterdir()]
    assert len(hung) == 6
    welcome = sum(static.size(name) for name in [*always, "welcome.css", *hung])
    studio = sum(static.size(name) for name in [*always, "studio.js", "vendor/htmx.js", "welcome/boat.webp"])
    assert welcome + 4_000 < 90_000, welcome  # its HTML is under 4 kB
    assert studio + 8_000 < 90_000, studio
