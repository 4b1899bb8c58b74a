"""The studio's files for the browser: gathered at start, named by their content, compressed once, cached for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"
STYLE, SCRIPT = "studio.css", "studio.js"
SQUEEZED = (".css", ".js", ".svg", ".json", ".webmanifest")
TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".webmanifest": "application/manifest+json"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it goes over the wire."""

    body: bytes
    squeezed: bytes | None
    content_type: str


class Static:
    """An ASGI application for `/static`; `url(name)` is a file's address, which changes with its content.

    Styles in `css/` become `studio.css`, scripts in `js/` `studio.js`; those in `css/NAME/` and `js/NAME/` become
    `NAME.css` and `NAME.js` for the pages that need them.
    """

    def __init__(self, folder: Path = FOLDER, extra_styles: Iterable[Path] = ()) -> None:
        self._files: dict[str, File] = {}
        self._urls: dict[str, str] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith(("css/", "js/")) and path.suffix in _SERVED:
                self._add(name, self._named(path))
        styles = [*sorted((folder / "css").glob("*.css")), *extra_styles]
        self._add(STYLE, self._linked(tighten(_joined(styles))).encode())
        for part in sorted(path for path in (folder / "css").glob("*") if path.is_dir()):
            self._add(f"{part.name}.css", self._linked(tighten(_joined(sorted(part.glob("*.css"))))).encode())
        self._add(SCRIPT, _script(folder / "js"))
        for part in sorted(path for path in (folder / "js").glob("*") if path.is_dir()):
            self._add(f"{part.name}.js", _script(part))

    def url(self, name: str) -> str:
        """The address of the file `name`, such as `fonts/sans.woff2` or `studio.css`."""
        return self._urls[name]

    def size(self, name: str) -> int:
        """The bytes that the file `name` costs over the wire."""
        file = self._files[self._urls[name].removeprefix("/static/")]
        return len(file.squeezed or file.body)

    def _add(self, name: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()[:10]
        stem, dot, suffix = name.rpartition(".")
        hashed = f"{stem}.{digest}{dot}{suffix}"
        squeezed = gzip.compress(body, 9, mtime=0) if name.endswith(SQUEEZED) else None
        ending = f".{suffix}"
        kind = TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = File(body, squeezed, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self._files[hashed] = file
        self._urls[name] = f"/static/{hashed}"

    def _named(self, path: Path) -> bytes:
        """A file's bytes; the manifest names its icons by their hashed addresses."""
        if path.suffix != ".webmanifest":
            return path.read_bytes()
        return re.sub(r'(?<="src": ")[^"]+', lambda found: self._urls[found[0]], path.read_text()).encode()

    def _linked(self, css: str) -> str:
        """Style with the files that it names by their hashed addresses."""
        return re.sub(r"url\(([\w./-]+)\)", lambda found: f"url({self._urls[found[1]]})", css)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/static").lstrip("/")
        await self._answer(name, Headers(scope=scope), scope.get("method", "GET"))(scope, receive, send)

    def _answer(self, name: str, headers: Headers, method: str) -> Response:
        file = self._files.get(name)
        if method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        if file is None:
            return Response("There is no such file here.", 404, media_type="text/plain")
        caching = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if file.squeezed is not None and "gzip" in headers.get("accept-encoding", ""):
            return Response(file.squeezed, headers=caching | {"Content-Encoding": "gzip"}, media_type=file.content_type)
        return Response(file.body, headers=caching, media_type=file.content_type)


_SERVED = frozenset({".woff2", ".js", ".svg", ".png", ".webp", ".ico", ".webmanifest", ".json"})


def _joined(styles: Iterable[Path]) -> str:
    return "\n".join(path.read_text() for path in styles)


def _script(folder: Path) -> bytes:
    """The scripts of one folder as one, each with names of its own, without whole-line comments and indents."""
    scripts = [re.sub(r"^(\s*//.*\n|\s+)", "", path.read_text(), flags=re.M) for path in sorted(folder.glob("*.js"))]
    return '"use strict";\n{}'.format("\n".join(f"{{\n{script}\n}}" for script in scripts)).encode()


def tighten(css: str) -> str:
    """Style without comments and needless white space; strings stay as they are."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', re.sub(r"/\*.*?\*/", "", css, flags=re.S))
    for at in range(0, len(parts), 2):
        text = re.sub(r"\s+", " ", parts[at])
        text = re.sub(r" ?([{};,]) ?", r"\1", text)
        text = re.sub(r"(?<=[\w-]): (?=[^{}]*([;}]|$))", ":", text)
        parts[at] = text.replace(";}", "}")
    return "".join(parts).strip()
