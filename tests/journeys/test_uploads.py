"""Many files brought at once: more than the limit allows, some refused, the network gone, the sign-in ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect
from tests.journeys.conftest import free_port, fresh_database, opened
from tests.journeys.test_every_page import faults
from tests.journeys.test_library import bring, picture
from tests.journeys.visitor import expecting, sign_up

from atelier.base.postgres import EmbeddedPostgres

COLOURS = ("red", "green", "blue", "gold", "pink", "teal", "navy", "lime", "gray")
UPLOADS = "**/api/v1/assets"


@pytest.fixture(scope="module")
def studio(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A studio that takes four uploads in two seconds."""
    limits = "sign_up=1000/hour, sign_in=1000/hour, newcomers=1000/hour, pages=5000/minute, general=4/2 second"
    home = tmp_path_factory.mktemp("uploads")
    with (
        fresh_database(postgres) as database,
        opened(database, home, free_port(), "serve", ATELIER_LIMITS=limits) as address,
    ):
        yield address


def files(*names: str) -> list[FilePayload]:
    return [FilePayload(name=f"{name}.png", mimeType="image/png", buffer=picture(name)) for name in names]


def choose(page: Page, *names: str) -> None:
    page.set_input_files("asset-upload [name=file]", files(*names))


def test_more_files_than_the_limit_allows_all_arrive(visit: Callable[..., Page]) -> None:
    page = visit(width=390)
    expecting(page, 415, 429)
    sign_up(page)
    page.goto("/library")
    program = FilePayload(name="program.png", mimeType="image/png", buffer=b"<svg onload=alert(1)>")
    page.set_input_files("asset-upload [name=file]", [*files(*COLOURS), program])
    expect(page.locator("#uploads li")).to_have_count(10)
    expect(page.locator('#uploads li[data-state="kept"]')).to_have_count(9)
    expect(page.locator(".gallery > .pic")).to_have_count(9)  # none twice, none forgotten
    refused = page.locator('#uploads li[data-state="refused"]')
    expect(refused).to_contain_text("program.png")
    expect(refused).to_contain_text("Documents that can carry programs")
    expect(page.locator("#uploads [data-summary]")).to_have_text("9 of 10 in your library, 1 refused")
    expect(page.locator("#announce")).to_have_text("9 of 10 in your library, 1 refused")
    assert not faults(page)
    refused.get_by_role("button", name="Remove program.png from this list").click()
    expect(page.locator("#uploads li")).to_have_count(9)
    page.get_by_role("button", name="Close this list").click()
    expect(page.locator("#uploads")).to_be_hidden()


def test_what_the_network_broke_off_goes_on_by_itself_and_comes_once(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 429)
    sign_up(page)
    page.goto("/library")
    bring(page, "gray")
    keys: list[str] = []
    page.on("request", lambda request: keys.append(request.headers.get("idempotency-key", "")))
    gone: list[bool] = []

    def lost(route: Route) -> None:
        """The studio gets the first file, and its answer is lost."""
        route.fetch()
        route.abort()
        page.unroute(UPLOADS)
        page.context.set_offline(True)
        gone.append(True)

    page.route(UPLOADS, lost)
    choose(page, "red")
    expect(page.locator("#uploads [data-pause]")).to_contain_text("no connection")
    while not gone:  # the page may say so before the last line of `lost` has run
        page.wait_for_timeout(20)
    page.context.set_offline(False)
    expect(page.locator('#uploads li[data-state="kept"]')).to_have_count(2)
    expect(page.locator(".gallery > .pic")).to_have_count(2)
    sent = [key for key in keys if key]
    assert sent[0] in sent[1:]


def test_what_failed_is_tried_again_by_hand(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 500)
    sign_up(page)
    page.goto("/library")
    page.route(UPLOADS, lambda route: route.fulfill(status=500, json={"title": "Something broke on our side."}))
    choose(page, "red")
    row = page.locator("#uploads li")
    expect(row).to_contain_text("Something broke on our side.")
    page.unroute(UPLOADS)
    row.get_by_role("button", name="Send red.png again").click()
    expect(row).to_have_attribute("data-state", "kept")
    expect(page.locator(".gallery > .pic")).to_have_count(1)


def test_leaving_asks_first_and_an_ended_sign_in_loses_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 401)
    sign_up(page)
    page.goto("/library")
    session = next(each for each in page.context.cookies() if each["name"] == "atelier")
    page.context.clear_cookies()
    choose(page, "red", "blue")
    pause = page.locator("#uploads [data-pause]")
    expect(pause).to_contain_text("Your sign-in has ended")
    expect(page.locator('#uploads li[data-state="waiting"]')).to_have_count(2)
    page.get_by_role("heading", name="Library").click()  # a browser asks only for a page that somebody has touched
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    expect(pause).to_be_visible()
    page.context.add_cookies(
        [{"name": "atelier", "value": session["value"], "url": page.url}]
    )  # as after signing in in another tab
    pause.get_by_role("button", name="Go on").click()
    expect(page.locator('#uploads li[data-state="kept"]')).to_have_count(2)
    expect(page.locator(".gallery > .pic")).to_have_count(2)


def test_a_picture_to_edit_whose_answer_is_lost_is_brought_once(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 429)
    sign_up(page)
    page.goto("/make/image.edit")
    keys: list[str] = []

    def lost(route: Route) -> None:
        """The studio gets the picture, and the browser no answer."""
        keys.append(route.request.headers.get("idempotency-key", ""))
        if len(keys) > 1:
            return route.continue_()
        route.fetch()
        return route.abort()

    page.route(UPLOADS, lost)
    page.set_input_files("[data-bring]", files("gold"))
    expect(page.locator("[data-shown] img")).to_have_attribute("alt", "gold")
    page.reload()
    expect(page.locator("[data-strip] [name=image]")).to_have_count(1)
    assert len(set(keys)) == 1
    assert UUID(keys[0]).version == 7
