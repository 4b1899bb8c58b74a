"""Coming in through a real OpenID provider: in, out here and there, told from there, linked, unlinked, refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, Route, expect
from tests.journeys.conftest import free_port, opened
from tests.journeys.test_every_page import faults
from tests.journeys.visitor import expecting, sign_up

from atelier.base.ids import new_id

PROVIDER = Path(__file__).parents[1] / "people" / "oidc" / "provider"
GO_ON = "Go on with Corner"


@pytest.fixture(scope="module")
def port() -> int:
    """Where the studio will be; the provider has to know it first."""
    return free_port()


@pytest.fixture(scope="module")
def provider(port: int) -> Iterator[str]:
    """The provider's address."""
    node = shutil.which("node")
    assert node, "Node.js is missing"
    assert (PROVIDER / "node_modules").is_dir(), f"npm ci has not been run in {PROVIDER}"
    own = free_port()
    process = subprocess.Popen(
        [node, "serve.js", str(own), f"http://127.0.0.1:{port}"],
        cwd=PROVIDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "listening\n"
    yield f"http://127.0.0.1:{own}"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def studio(studio_database: str, provider: str, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A studio whose members can come in through that provider."""
    corner = {"id": "corner", "name": "Corner", "issuer": provider, "client_id": "studio"}
    oidc = json.dumps([corner | {"client_secret": "a secret between the two"}])
    home = tmp_path_factory.mktemp("oidc")
    with opened(studio_database, home, port, "serve", ATELIER_OIDC=oidc) as address:
        yield address
    log = (home / "log").read_text()
    assert "a secret between the two" not in log
    assert "id_token" not in log


def name() -> str:
    return f"ada-{new_id().hex[-12:]}"


def agree(page: Page, who: str | None) -> None:
    """Sign in there, unless one is, and say yes."""
    if who is not None:
        page.fill("[name=login]", who)
        page.fill("[name=password]", "anything")
        page.get_by_role("button", name="Sign-in").click()
    go_on = page.get_by_role("button", name="Continue")
    if go_on.count():
        go_on.click()


def come_in(page: Page, who: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=GO_ON).click()
    agree(page, who)
    page.wait_for_url("**/make/image.generate")


def out(page: Page) -> None:
    """Sign out here."""
    page.goto("/account")
    page.locator("form[action='/sign-out'] button").first.evaluate("button => button.form.requestSubmit(button)")


def until(happens: Callable[[], bool], otherwise: str) -> None:
    """Ask again until it is so; fail with `otherwise` after a minute."""
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def signed_in(page: Page) -> bool:
    return page.request.get("/api/v1/me").status == 200


def test_in_and_out_here_and_there(visit: Callable[..., Page], provider: str) -> None:
    page = visit()
    who = name()
    come_in(page, who)
    page.goto("/account")
    expect(page.locator("#links")).to_contain_text(f"{who}@example.org")
    expect(page.get_by_text("Set one")).to_be_visible()
    page.goto("/wallet")
    expect(page.locator("main")).to_contain_text("200")
    out(page)
    page.wait_for_url(f"{provider}/session/end**")  # the browser is sent there by itself
    assert not signed_in(page)
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(re.compile(r"http://127\.0\.0\.1:\d+/$"))
    page.goto("/sign-in")
    page.get_by_role("button", name=GO_ON).click()
    expect(page.locator("[name=login]")).to_be_visible()  # out there too: it asks who one is


def test_whoever_is_signed_in_there_comes_in_at_once(visit: Callable[..., Page]) -> None:
    page = visit()
    who = name()
    page.goto("/library")
    page.wait_for_url("**/sign-in?next=**")
    page.get_by_role("button", name=GO_ON).click()
    agree(page, who)
    page.wait_for_url("**/library")  # where they meant to go
    page.context.clear_cookies(name="atelier")
    page.goto("/sign-in?next=/wallet")
    page.get_by_role("button", name=GO_ON).click()
    page.wait_for_url(re.compile(r"^[^?]*/wallet$"))


def test_told_from_there(visit: Callable[..., Page], provider: str) -> None:
    page = visit()
    come_in(page, name())
    assert signed_in(page)
    other = page.context.new_page()
    other.goto(f"{provider}/session/end")
    other.get_by_role("button", name="Yes, sign me out").click()
    until(lambda: not signed_in(page), "the session went on")
    page.goto("/library")
    page.wait_for_url("**/sign-in?next=**")


def test_link_and_unlink(visit: Callable[..., Page]) -> None:
    page = visit()
    who, email = name(), sign_up(page)
    page.goto("/account")
    page.get_by_role("button", name="Link Corner").click()
    agree(page, who)
    page.wait_for_url("**/account?done=linked**")
    expect(page.get_by_text("That account opens yours from now on.")).to_be_visible()
    expect(page.locator("#links")).to_contain_text(f"{who}@example.org")
    other = visit()
    come_in(other, who)
    assert other.request.get("/api/v1/me").json()["email"] == email
    page.get_by_role("button", name="Unlink Corner").click()
    page.wait_for_url("**/account?done=unlinked**")
    expect(page.locator("#links")).not_to_contain_text(who)
    assert signed_in(page)
    assert not signed_in(other)


def test_signing_in_there_again_confirms_who_one_is(visit: Callable[..., Page], studio_database: str) -> None:
    page = visit()
    who = name()
    come_in(page, who)
    with psycopg.connect(studio_database, autocommit=True) as db:
        db.execute("UPDATE sessions SET confirmed_at = now() - interval '20 minutes'")
    until(lambda: page.request.get("/account/security/app").status == 403, "the session counted as confirmed")
    page.goto("/account")
    expecting(page, 403)
    page.fill("form[action='/account/email'] [name=email]", f"{who}@elsewhere.example")
    page.locator("form[action='/account/email'] button").click()
    page.get_by_role("button", name="Sign in again with Corner").click()
    expect(page.locator("[name=login]")).to_be_visible()  # although they are signed in there
    agree(page, who)
    page.wait_for_url("**/account?done=wished")  # the form went on by itself


def test_the_only_way_in_cannot_be_unlinked(visit: Callable[..., Page]) -> None:
    page = visit()
    come_in(page, name())
    page.goto("/account")
    expecting(page, 409)
    page.get_by_role("button", name="Unlink Corner").click()
    expect(page.get_by_text("This is your only way in.")).to_be_visible()
    expect(page.get_by_text("only_way_in")).to_be_visible()


@pytest.mark.parametrize(
    ("who", "status", "code"), [("mute-", 422, "provider_without_email"), ("unproved-", 409, "sign_in_first")]
)
def test_what_the_provider_does_not_vouch_for(visit: Callable[..., Page], who: str, status: int, code: str) -> None:
    page = visit()
    expecting(page, status)
    page.goto("/sign-up")
    page.get_by_role("button", name=GO_ON).click()
    agree(page, who + name())
    expect(page.get_by_text(code)).to_be_visible()
    assert not signed_in(page)


def test_a_no_there(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 403)
    page.goto("/sign-in")
    page.get_by_role("button", name=GO_ON).click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("provider_declined")).to_be_visible()


def test_nobody_is_shut_out(visit: Callable[..., Page]) -> None:
    page = visit()
    come_in(page, name())
    found = {}
    for address in ("/account", "/sign-in", "/sign-up"):
        if address != "/account":
            page.context.clear_cookies(name="atelier")
        page.goto(address)
        expect(page.get_by_role("button", name="Corner").first).to_be_visible()
        found[address] = faults(page)
    page.route("**/sign-in/with/corner", stay)
    page.get_by_role("button", name=GO_ON).click()
    expect(page.get_by_role("heading", name="On to Corner")).to_be_visible()
    found["away"] = faults(page)
    assert not any(found.values()), found


def stay(route: Route) -> None:
    """Show the page that leads away, without its leading away."""
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r'<meta http-equiv="refresh"[^>]+>', "", answer.text()))


def test_on_a_phone_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(width=390, scripts=False)
    page.goto("/sign-in")
    page.get_by_role("button", name=GO_ON).click()
    page.fill("[name=login]", name())
    page.fill("[name=password]", "anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/make/image.generate")


def test_with_the_provider_gone(studio: str, tmp_path: Path, studio_database: str) -> None:
    """Last in a studio of its own: nobody answers where the provider should be."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    oidc = json.dumps([{"id": "corner", "name": "Corner", "issuer": nowhere, "client_id": "studio"}])
    with opened(studio_database, tmp_path, free_port(), "serve", ATELIER_OIDC=oidc) as address:
        answer = httpx.post(f"{address}/sign-in/with/corner", headers={"accept": "text/html"})
        assert answer.status_code == 503
        assert "provider_unreachable" in answer.text
