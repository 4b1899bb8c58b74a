"""Passkeys in a real browser, with the authenticator that Chromium itself can stand in for."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import CDPSession, Page, expect
from tests.journeys.conftest import free_port, opened
from tests.journeys.test_every_page import faults
from tests.journeys.visitor import PASSWORD, expecting, sign_up

from atelier.people.factors import rules

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def studio(studio_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A studio that is reached by a name, as passkeys need it."""
    port = free_port()
    with opened(
        studio_database, tmp_path_factory.mktemp("named"), port, "serve", ATELIER_URL=f"http://localhost:{port}"
    ):
        yield f"http://localhost:{port}"


def with_device(page: Page) -> tuple[CDPSession, str]:
    """Put a device with passkeys into the browser; how to speak with it."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable", {"enableUI": False})
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return tools, made["authenticatorId"]


def test_a_passkey_from_the_first_to_the_last_door(
    visit: Callable[..., Page], studio_database: str, tmp_path: Path
) -> None:
    page = visit()
    page.set_default_timeout(60_000)
    device, id = with_device(page)
    email = sign_up(page, "Petra Passkey")

    # added, with recovery codes in its wake
    page.goto("/account/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert not faults(page)
    with page.expect_download() as kept:
        page.get_by_text("Download them").click()
    kept.value.save_as(tmp_path / "codes.txt")
    assert page.locator(".codes code").first.inner_text() in (tmp_path / "codes.txt").read_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#passkeys")).to_contain_text("Chrome")
    page.get_by_text("Two steps").wait_for()

    # the same device is not added twice
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()

    # alone, without an e-mail: offered by the browser itself, whose owner nods at once
    leave(page)
    page.goto("/sign-in?next=/wallet")
    page.wait_for_url(re.compile(r"^[^?]*/wallet$"))  # not at the door, whose address ends with it too

    # as the second factor
    leave(page)
    device.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": id, "enabled": False})
    sign_in(page, email)
    page.wait_for_url("**/sign-in/second")
    assert not faults(page)
    device.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": id, "enabled": True})
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/library")

    # step-up: what was typed goes on by itself
    with psycopg.connect(studio_database, autocommit=True) as db:
        db.execute(
            "UPDATE sessions SET confirmed_at = now() - interval '1 hour' FROM members"
            " WHERE members.id = member_id AND email = %s",
            [email],
        )
    page.goto("/account")
    page.fill("[name=email]", "somewhere@example.org")
    expecting(page, 403)
    page.get_by_role("button", name="Change the e-mail").click()
    expect(page.locator("h1")).to_have_text("Is it you?")
    assert not faults(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("We have written to the new address.")).to_be_visible()

    # without a password, the passkey is the only way in
    page.goto("/account/security")
    page.get_by_role("button", name="Go on without a password").click()
    expect(page.get_by_text("Your password is gone.")).to_be_visible()
    leave(page)
    page.goto("/sign-in")
    page.wait_for_url("**/make/image.generate")

    # a device that does not know its owner opens nothing
    leave(page)
    device.send("WebAuthn.setUserVerified", {"authenticatorId": id, "isUserVerified": False})
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("did not get to one")).to_be_visible()


def test_an_authenticator_app_works_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    email = sign_up(page, "Theo Totp")
    page.goto("/account/security")
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    page.get_by_role("button", name="Set up an app").click()
    expect(page.locator("svg.qr")).to_be_visible()
    page.get_by_text("Type it instead").click()
    secret = base64.b32decode(page.locator(".secret").inner_text().replace(" ", ""))
    page.fill("[name=code]", rules.totp(secret).generate(int(time.time())).decode())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    spare = page.locator(".codes code").nth(4).inner_text()
    leave(page)
    sign_in(page, email)
    page.wait_for_url("**/sign-in/second")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.fill("[name=code]", spare)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/library")
    page.goto("/account/security")
    expect(page.locator("#codes")).to_contain_text("9 of 10 are left.")


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in?next=/library")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def leave(page: Page) -> None:
    page.goto("about:blank")  # nothing of the last page still asks for something
    page.context.clear_cookies()
