"""The studio's files for the browser: gathered at start, named by their content, compressed once, cached for ever.

rcssmin and rjsmin take out comments and white space first (docs/decisions/minifying.md).
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup
from rcssmin import cssmin
from rjsmin import jsmin
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from atelier.web.room import RoomsDisagree

FOLDER = Path(__file__).parent / "static"
SHARED = "js/shared"
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

    `folder` holds what every page shares: the styles in `css/` become `studio.css`, the scripts in `js/` `studio.js`;
    those in `css/NAME/` and `js/NAME/` become `NAME.css` and `NAME.js` for the pages that ask for them.
    `js/shared/` holds a function in each file, named like it; scripts that use it carry a copy.

    `rooms` names the folder of each room's own files. Its styles and scripts become `ROOM.css` and `ROOM.js`, which
    every page of the room loads; those in a folder `PART` of it become `ROOM/PART.css` and `ROOM/PART.js`; any other
    file is `ROOM/` and its path. Raises `RoomsDisagree` if two files come to the same name.
    """

    def __init__(self, folder: Path = FOLDER, rooms: Mapping[str, Path] | None = None) -> None:
        self._files: dict[str, File] = {}
        self._urls: dict[str, str] = {}
        rooms = {name: path for name, path in (rooms or {}).items() if path.is_dir()}
        self._add_files(folder, "", without=("css/", "js/"))
        for room, own in rooms.items():
            self._add_files(own, f"{room}/", without=())
        self._shared = sorted((folder / SHARED).glob("*.js"))
        for kind in ("css", "js"):
            self._add_bundle("studio", kind, folder / kind)
            for part in _folders(folder / kind):
                if part == folder / SHARED:
                    continue
                self._add_bundle(part.name, kind, part)
            for room, own in rooms.items():
                self._add_bundle(room, kind, own)
                for part in _folders(own):
                    self._add_bundle(f"{room}/{part.name}", kind, part)

    def url(self, name: str) -> str:
        """The address of the file `name`, such as `fonts/sans.woff2` or `studio.css`."""
        return self._urls[name]

    def bundle(self, name: str) -> Markup:
        """The elements of a page's head that load `NAME.css` and `NAME.js`, as far as there are such files."""
        elements = Markup()
        if f"{name}.css" in self._urls:
            elements += Markup('<link rel="stylesheet" href="{}">').format(self.url(f"{name}.css"))
        if f"{name}.js" in self._urls:
            elements += Markup('<script src="{}" defer></script>').format(self.url(f"{name}.js"))
        return elements

    def size(self, name: str) -> int:
        """The bytes that the file `name` costs over the wire."""
        file = self._files[self._urls[name].removeprefix("/static/")]
        return len(file.squeezed or file.body)

    def _add_files(self, folder: Path, prefix: str, *, without: tuple[str, ...]) -> None:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            bundled = path.suffix == ".js" and bool(prefix)
            if path.is_file() and path.suffix in _SERVED and not name.startswith(without) and not bundled:
                self._add(prefix + name, self._named(path))

    def _add_bundle(self, name: str, kind: str, folder: Path) -> None:
        """All styles or all scripts that lie directly in `folder` as one file; nothing if it has none."""
        if not (paths := sorted(folder.glob(f"*.{kind}"))):
            return
        if kind == "css":
            self._add(f"{name}.css", self._linked(cssmin("\n".join(path.read_text() for path in paths))).encode())
        else:
            self._add(f"{name}.js", _script(paths, self._shared))

    def _add(self, name: str, body: bytes) -> None:
        if name in self._urls:
            raise RoomsDisagree(f"Two rooms have a static file {name}. Give one of them another name.")
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
        if method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS"})
        if method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD, OPTIONS"})
        if file is None:
            return Response("There is no such file here.", 404, media_type="text/plain")
        caching = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if file.squeezed is not None and "gzip" in headers.get("accept-encoding", ""):
            return Response(file.squeezed, headers=caching | {"Content-Encoding": "gzip"}, media_type=file.content_type)
        return Response(file.body, headers=caching, media_type=file.content_type)


@cache
def gathered(rooms: tuple[tuple[str, Path], ...]) -> Static:
    """The studio's static files with those of `rooms`, by name and folder; read once in a process."""
    return Static(FOLDER, dict(rooms))


_SERVED = frozenset({".woff2", ".js", ".svg", ".png", ".webp", ".ico", ".webmanifest", ".json"})


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir())


def _script(paths: Iterable[Path], shared: Iterable[Path]) -> bytes:
    """Scripts as one, each with names of its own, after the shared functions that they use."""
    scripts = "\n".join(f"{{\n{jsmin(path.read_text())}\n}}" for path in paths)
    used = "\n".join(jsmin(path.read_text()) for path in shared if re.search(rf"\b{path.stem}\b", scripts))
    return f'"use strict";\n{{\n{used}\n{scripts}\n}}'.encode() if used else f'"use strict";\n{scripts}'.encode()
