"""What a visitor does in the studio, and what must never happen meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import httpx
from playwright.sync_api import ConsoleMessage, Page, Response, StorageState, expect

from atelier.base.ids import new_id

PASSWORD = "Seven-red-boats-4"


class Complaints:
    """Collects what a page complains of: errors in the console (the policy's refusals too), crashes, failures."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        self.expected: set[int] = set()  # statuses that a journey means to get
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"crash: {error}"))
        page.on("response", self._response)
        page.complaints = self  # type: ignore[attr-defined]  # so that a journey can say what it expects

    def _console(self, message: ConsoleMessage) -> None:
        told = ("Failed to load resource", *(f"Response Status Error Code {status} " for status in self.expected))
        if message.type in ("error", "warning") and not message.text.startswith(told):
            self.heard.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.heard.append(f"{response.status} {response.url}")

    def none(self) -> None:
        assert not self.heard, "\n".join(self.heard)


def expecting(page: Page, *statuses: int) -> None:
    """Say that these statuses are meant on this page."""
    page.complaints.expected.update(statuses)  # type: ignore[attr-defined]


def sign_up(page: Page, name: str = "Mira Ebert") -> str:
    """Open an account; the e-mail address."""
    email = f"{new_id().hex}@example.org"
    page.goto("/sign-up")
    page.fill("[name=name]", name)
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/make/image.generate")
    return email


def sign_in(page: Page, email: str) -> None:
    """Sign in on the page that asks for it."""
    page.wait_for_url(re.compile(r"/sign-in\?next="))
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def describe(page: Page, prompt: str, count: int) -> None:
    """Fill in the image studio's form."""
    page.fill("[name=prompt]", prompt)
    page.locator("[name=count]").fill(str(count))


def make(page: Page, prompt: str, count: int = 1) -> None:
    """Make pictures and wait until they are there."""
    describe(page, prompt, count)
    page.click("[data-go]")
    expect(page.locator("run-card").first).to_have_attribute("data-state", "succeeded", timeout=60_000)
    expect(page.locator("run-card").first.locator("figure a img")).to_have_count(count)


def move_in(client: httpx.Client, name: str) -> str:
    """Open an account without a browser; the e-mail address."""
    email = f"{new_id().hex}@example.org"
    answer = client.post("/sign-up", data={"name": name, "email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text[:2000]
    return email


def kept(client: httpx.Client) -> StorageState:
    """What a browser would keep of a client's visit."""
    return {
        "cookies": [
            {
                "name": cookie.name,
                "value": cookie.value or "",
                "domain": "127.0.0.1",
                "path": "/",
                "expires": -1,
                "httpOnly": True,
                "secure": False,
                "sameSite": "Lax",
            }
            for cookie in client.cookies.jar
        ],
        "origins": [],
    }


def operates(status: Callable[[], int]) -> None:
    """Wait until the studio's processes know that somebody became an operator: they hear of it by a signal."""
    end = time.monotonic() + 60
    while status() != 200:
        assert time.monotonic() < end, "the studio did not hear of the new operator"
        time.sleep(0.05)
