"""A studio whose members can come in through a provider that a test bends, and the walk there and back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from html import unescape

import httpx
import pytest
from fastapi import FastAPI
from tests.conftest import SECRET
from tests.people.oidc.fake import GITHUB, PROVIDER, FakeProvider, public
from tests.roles import ORIGIN

from atelier.app import create_app
from atelier.base.outgoing import Outgoing
from atelier.people.oidc.elsewhere import Elsewhere
from atelier.people.oidc.reach import Reach
from atelier.spine import Studio

Walk = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def fake() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def elsewhere(fake: FakeProvider) -> Elsewhere:
    reach = Reach(Outgoing(transport=fake, resolve=public, patience=1.0))
    return Elsewhere([PROVIDER, GITHUB], SECRET, ORIGIN, reach=reach)


@pytest.fixture
def app(studio: Studio, elsewhere: Elsewhere) -> FastAPI:
    return create_app(studio, elsewhere=elsewhere)


def there(page: httpx.Response) -> str:
    """Where a page leads to at once."""
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', page.text)
    assert found, page.text[:3000]
    return unescape(found[1])


@pytest.fixture
def walk(fake: FakeProvider) -> Walk:
    """Goes to a provider and comes back: the last answer."""

    async def walk(
        browser: httpx.AsyncClient,
        start: str = "/sign-in/with/corner",
        data: dict[str, str] | None = None,
        **changed: str | None,
    ) -> httpx.Response:
        away = await browser.post(start, data=data or {})
        if away.status_code != 200:
            return away
        answer = fake.grant(there(away)) | changed
        provider = start.rsplit("/", 1)[1]
        return await browser.get(
            f"/sign-in/with/{provider}/return", params={name: value for name, value in answer.items() if value}
        )

    return walk
