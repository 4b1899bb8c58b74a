"""Making something in a studio that runs elsewhere: by its API, with a token whose scopes are enough for that."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from rich.console import Console

from atelier.base.errors import AtelierError, BadRequest, Unavailable
from atelier.base.whole import write_whole
from atelier.cli.files import path_of
from atelier.jobs import State
from atelier.spine import JobRequest

TICK = 0.5
OVER = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELED})


class StudioRefused(AtelierError):
    """The studio there said no; `reason` is the code that it gave."""

    code = "studio_refused"


class NoToken(BadRequest):
    """Nobody said who makes and pays there."""

    code = "no_token"


class InTheClear(BadRequest):
    """A token would go over the network for everybody to read."""

    code = "in_the_clear"


def check(address: str, token: str) -> str:
    """The studio's address in one form; raises if a token cannot or must not be sent there."""
    if not token:
        raise NoToken("Put a token into ATELIER_TOKEN; make one on the account page of that studio.")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest(f"{address!r} is no address of a studio; write it like https://studio.example.org.")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise InTheClear("That address is not https, so the token was not sent.")
    return address.rstrip("/")


async def make_there(wanted: JobRequest, out: Path, *, address: str, token: str, quiet: bool) -> dict[str, object]:
    """Make it there and write its files here; being cancelled cancels the job there."""
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    async with httpx.AsyncClient(base_url=f"{check(address, token)}/api/v1", headers=headers, timeout=30) as studio:
        asked = {"tool": wanted.tool, "input": wanted.input} | ({"model": wanted.model} if wanted.model else {})
        job = await _ask(studio, "POST", "/jobs", json=asked, headers={"idempotency-key": str(uuid4())})
        try:
            with Console(stderr=True, quiet=quiet).status(f"{wanted.tool} at {urlsplit(address).hostname}"):
                while job["state"] not in OVER:
                    await asyncio.sleep(TICK)
                    job = await _ask(studio, "GET", f"/jobs/{job['id']}")
        except asyncio.CancelledError:
            await _ask(studio, "POST", f"/jobs/{job['id']}/cancellation")
            raise
        files = [await _fetch(studio, job, asset, out) for asset in job["assets"]]
    done: dict[str, object] = {
        "job": job["id"],
        "state": job["state"],
        "files": [str(file) for file in files],
        "credits": job["charged"] or 0,
    }
    if job["state"] != State.SUCCEEDED:
        done["error"] = (job["error"] or {}).get("message") or "It was canceled."
    return done


async def _fetch(studio: httpx.AsyncClient, job: dict[str, Any], asset_id: str, out: Path) -> Path:
    asset = await _ask(studio, "GET", f"/assets/{asset_id}")
    path = path_of(out, job["title"], job["id"].replace("-", ""), asset["position"], asset["content_type"])
    async with httpx.AsyncClient(timeout=120) as anybody:  # the link is signed: the token stays with the API
        answer = await anybody.get(asset["url"])
    if answer.status_code != 200:
        raise StudioRefused(f"The file could not be fetched: the studio answered {answer.status_code}.")
    write_whole(path, answer.content)
    return path


async def _ask(studio: httpx.AsyncClient, method: str, path: str, **more: Any) -> Any:
    """One request's JSON; raises `StudioRefused` with the studio's own words, `Unavailable` if it cannot be reached."""
    try:
        answer = await studio.request(method, path, **more)
    except httpx.HTTPError as error:
        raise Unavailable(f"The studio at {studio.base_url.host} does not answer ({type(error).__name__}).") from error
    if answer.is_success:
        return answer.json()
    try:
        said = answer.json()
        raise StudioRefused(str(said["title"])[:500], reason=str(said["code"])[:100])
    except (ValueError, KeyError, TypeError):
        raise StudioRefused(f"What is at {studio.base_url.host} answered {answer.status_code}.") from None
