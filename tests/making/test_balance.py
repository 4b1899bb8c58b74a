"""A page reads the member's balance once, whatever shows it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import event
from tests.roles import ORIGIN, move_in

from atelier.app import create_app
from atelier.settings import Settings
from atelier.spine import Studio


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"url": ORIGIN})


@pytest.mark.parametrize("path", ["/make/image.generate", "/jobs", "/library", "/wallet"])
async def test_a_page_reads_the_balance_once(studio: Studio, maker: UUID, path: str) -> None:
    asked: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "kind = 'wallet'), 0)" in statement and "FROM holds" in statement:
            asked.append(statement)

    app = create_app(studio)
    async with studio.signals.running():
        person = await move_in(app, studio.web_db, "Maker")
        async with person.client:
            event.listen(studio.web_db.engine.sync_engine, "before_cursor_execute", seen)
            answer = await person.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert len(asked) == 1
