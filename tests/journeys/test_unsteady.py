"""What goes wrong on the way: a stream that is refused, an answer that is cut off, a sign-in that ends meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
from playwright.sync_api import Page, Route, expect
from tests.journeys.conftest import free_port, opened
from tests.journeys.visitor import PASSWORD, describe, expecting, make, sign_up

CATALOG = Path("src/atelier/catalog/default.toml")


def test_a_stream_that_was_refused_is_opened_again(visit: Callable[..., Page]) -> None:
    """The run that was begun meanwhile hangs on the wall, and what the stream tells then is heard."""
    here = visit()
    sign_up(here)
    there = visit(state=here.context.storage_state())
    expecting(here, 503)
    refused: list[Route] = []

    def stream(route: Route) -> None:
        if len(refused) < 2:
            refused.append(route)
            route.fulfill(status=503, body="Not now.")
        else:
            route.continue_()

    here.route("**/live*", stream)
    here.goto("/make/image.generate")
    there.goto("/make/image.generate")
    make(there, "A pier in the rain")
    expect(here.locator("run-card")).to_have_count(1, timeout=60_000)
    assert len(refused) == 2
    make(there, "A mill in the snow")
    expect(here.locator("run-card")).to_have_count(2)


def test_a_run_that_is_queued_again_is_heard_of(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    told = 'id: 1-1\nevent: job:requeued\ndata: {"subject":"x"}\n\n'
    page.route("**/live*", lambda route: route.fulfill(content_type="text/event-stream", body=told), times=1)
    page.add_init_script("document.addEventListener('live', ({ detail }) => { window.heard = detail.kind; })")
    page.goto("/jobs")
    page.wait_for_function("window.heard === 'job:requeued'")


def test_a_first_run_comes_to_an_empty_bench_by_itself(visit: Callable[..., Page]) -> None:
    here = visit()
    sign_up(here)
    there = visit(state=here.context.storage_state())
    here.goto("/jobs")
    expect(here.get_by_text("Nothing on the bench yet")).to_be_visible()
    there.goto("/make/image.generate")
    make(there, "A kite over the dunes")
    expect(here.locator("run-card")).to_have_count(1)
    expect(here.get_by_text("Nothing on the bench yet")).to_have_count(0)


def test_an_answer_that_is_cut_off_does_not_stop_a_run(visit: Callable[..., Page]) -> None:
    page = visit()
    page.add_init_script("""
      const text = Response.prototype.text;
      let whole = false;
      Response.prototype.text = function () {
        if (whole || !this.url.endsWith("/run")) return text.call(this);
        whole = true;
        return Promise.reject(new TypeError("cut off"));
      };
    """)
    sign_up(page)
    make(page, "A tower by the sea")


def test_a_prompt_outlives_the_sign_in(visit: Callable[..., Page], studio_database: str) -> None:
    page = visit()
    expecting(page, 401)
    email = sign_up(page)
    describe(page, "A bridge that nobody shall lose", 2)
    with psycopg.connect(studio_database, autocommit=True) as db:
        db.execute("DELETE FROM sessions s USING members m WHERE m.id = s.member_id AND m.email = %s", (email,))
    page.click("[data-go]")
    page.wait_for_url("**/sign-in?next=**")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/make/image.generate")
    expect(page.locator("[name=prompt]")).to_have_value("A bridge that nobody shall lose")
    page.reload()
    expect(page.locator("[name=prompt]")).to_have_value("")


def test_choosing_another_model_sends_nothing(visit: Callable[..., Page], studio_database: str, tmp_path: Path) -> None:
    """What is wrong stays said, and the empty wall says that it is empty, until a run was sent."""
    catalog = tmp_path / "catalog.toml"
    sketch = CATALOG.read_text().partition('[[model]]\nid = "sketch"')
    one = "".join(sketch[1:]).partition('\n[[model]]\nid = "house-edit"')[0]
    catalog.write_text(one + "\n" + one.replace('"sketch"\nname = "Sketch"', '"other"\nname = "Other"'))
    with opened(studio_database, tmp_path, free_port(), "serve", ATELIER_CATALOG=str(catalog)) as address:
        page = visit(address=address)
        expecting(page, 422)
        sign_up(page)
        page.fill("[name=prompt]", "   ")
        page.click("[data-go]")
        expect(page.locator(".prompt .fault")).to_be_visible()
        with page.expect_response("**/make/image.generate?model=other"):
            page.locator('[name=model][value="other"]').check()
        expect(page.locator('[name=model][value="other"]')).to_be_checked()
        # what came is in its place: one of these classes stands somewhere from the request until then
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
        expect(page.locator(".prompt .fault")).to_be_visible()
        expect(page.locator("[data-empty]")).to_have_count(1)
