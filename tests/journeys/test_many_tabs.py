"""Many pages of one browser share one stream; none out of sight keeps it, and each catches up when it is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect
from tests.journeys.visitor import make, sign_up

PAGES = 6  # as many connections as a browser opens to one host over HTTP/1.1


class Streams:
    """Which pages of a browser have a stream open."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        self._open: list[Request] = []
        page.context.on("request", self._asked)
        page.context.on("requestfailed", self._over)
        page.context.on("requestfinished", self._over)

    def _asked(self, request: Request) -> None:
        if "/live" in request.url:
            self._open.append(request)

    def _over(self, request: Request) -> None:
        if request in self._open:
            self._open.remove(request)

    @property
    def pages(self) -> list[Page]:
        """The pages that have a stream, in the order in which they opened it."""
        return [page for page in (request.frame.page for request in self._open) if not page.is_closed()]

    def become(self, *pages: Page) -> None:
        """Wait until these pages have a stream and no others."""
        self.one_of([list(pages)])

    def one_of(self, allowed: list[list[Page]]) -> list[Page]:
        """Wait until the pages that have a stream are one of these lists; that list."""
        clock = self._context.pages[0]  # its waiting lets the browser's events in
        for _ in range(400):
            if self.pages in allowed:
                return self.pages
            clock.wait_for_timeout(50)
        raise AssertionError(f"{len(self.pages)} pages have a stream: {[page.url for page in self.pages]}")


def look(page: Page, *, away: bool) -> None:
    """Put a page out of sight, or show it again. All pages of a browser without a screen are in sight."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        "hidden" if away else "visible",
    )


@pytest.fixture
def window(visit: Callable[..., Page]) -> tuple[Page, Streams]:
    page = visit()
    streams = Streams(page)
    sign_up(page)
    return page, streams


def test_six_pages_share_one_stream(window: tuple[Page, Streams]) -> None:
    first, streams = window
    pages = [first, *(first.context.new_page() for _ in range(PAGES - 1))]
    for page in pages[1:]:
        page.goto("/make/image.generate")  # with a stream for each, the last one would wait for a connection
    streams.become(first)
    make(pages[-1], "A red boat for everybody")
    for page in pages:
        expect(page.locator('run-card[data-state="succeeded"]')).to_have_count(1)
    first.close()
    (heir,) = streams.one_of([[page] for page in pages[1:]])
    make(heir, "A second boat")
    for page in pages[1:]:
        expect(page.locator('run-card[data-state="succeeded"]')).to_have_count(2)


def test_no_page_out_of_sight_has_a_stream_and_each_catches_up(
    window: tuple[Page, Streams], visit: Callable[..., Page]
) -> None:
    first, streams = window
    second = first.context.new_page()
    second.goto("/jobs")
    look(first, away=True)
    streams.become(second)
    look(second, away=True)
    streams.become()
    elsewhere = visit(state=first.context.storage_state())
    elsewhere.goto("/make/image.generate")
    make(elsewhere, "A mill that was made meanwhile")
    look(second, away=False)
    streams.become(second)
    expect(second.locator('run-card[data-state="succeeded"]')).to_have_count(1)
    expect(first.locator("run-card")).to_have_count(0)
    look(first, away=False)
    expect(first.locator('run-card[data-state="succeeded"]')).to_have_count(1)
    streams.become(second)


def test_a_page_that_opens_in_the_background_has_no_stream(window: tuple[Page, Streams]) -> None:
    first, streams = window
    streams.become(first)
    first.context.add_init_script(
        'Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true })'
    )
    others = [first.context.new_page() for _ in range(PAGES)]
    for page in others:
        page.goto("/jobs")
    look(first, away=True)
    streams.become()
    look(others[-1], away=False)
    streams.become(others[-1])


def test_without_locks_each_page_in_sight_has_its_own(window: tuple[Page, Streams]) -> None:
    """As over plain http on another machine of the same network."""
    first, streams = window
    first.context.add_init_script('Object.defineProperty(navigator, "locks", { value: undefined })')
    first.reload()
    second = first.context.new_page()
    second.goto("/make/image.generate")
    streams.become(first, second)
    look(first, away=True)
    streams.become(second)
    make(second, "A kite of its own")
