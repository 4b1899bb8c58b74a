"""A clock that steps makes links end sooner or later, and never lets a changed one in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from atelier.assets.links import HOUR, LIFE, BadLink, ExpiredLink, Links
from atelier.base.ids import new_id

pytestmark = pytest.mark.fault
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_links_outlive_a_clock_that_steps_back_and_end_with_one_that_leaps() -> None:
    links, asset, member = Links("a-secret-for-tests-0123456789-abcdefghij"), new_id(), new_id()
    query = dict(parse_qsl(urlsplit(links.make(asset, member, "original", at=NOON)).query))
    for step in (timedelta(), timedelta(hours=-3), timedelta(hours=5), timedelta(days=-1)):
        assert links.read(asset, "original", query, at=NOON + step)[0] == member
    for step in (timedelta(seconds=LIFE + HOUR + 1), timedelta(days=365)):
        with pytest.raises(ExpiredLink):
            links.read(asset, "original", query, at=NOON + step)
    with pytest.raises(BadLink):
        links.read(asset, "original", query | {"e": str(int(query["e"]) + 1)}, at=NOON - timedelta(days=1))


def test_a_link_made_after_a_step_back_lasts_no_longer_than_any_other() -> None:
    links, asset, member = Links("a-secret-for-tests-0123456789-abcdefghij"), new_id(), new_id()
    earlier = NOON - timedelta(hours=9)
    query = dict(parse_qsl(urlsplit(links.make(asset, member, "thumb", at=earlier)).query))
    assert links.read(asset, "thumb", query, at=earlier)[1] <= LIFE + HOUR
    with pytest.raises(ExpiredLink):
        links.read(asset, "thumb", query, at=NOON)
