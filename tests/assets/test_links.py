"""Links to files: ours or nothing, for one file, for some hours, and the same for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.assets.conftest import SECRET

from atelier.assets.links import HOUR, LIFE, BadLink, ExpiredLink, Links, Variant
from atelier.base.ids import new_id

LINKS = Links(SECRET)
MOMENTS = st.integers(1_700_000_000, 2_800_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
VARIANTS = st.sampled_from(["original", "thumb"])


def query(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


@given(st.uuids(), st.uuids(), VARIANTS, MOMENTS, st.integers(0, LIFE - 1))
def test_a_link_opens_its_file_until_it_expires(
    asset: UUID, member: UUID, variant: Variant, at: datetime, later: int
) -> None:
    link = LINKS.make(asset, member, variant, at=at)
    found, left = LINKS.read(asset, variant, query(link), at=at + timedelta(seconds=later))
    assert found == member
    assert LIFE - later - 1 <= left <= LIFE + HOUR - later
    with pytest.raises(ExpiredLink):
        LINKS.read(asset, variant, query(link), at=at + timedelta(seconds=LIFE + HOUR))


@given(st.uuids(), st.uuids(), MOMENTS, st.integers(0, HOUR - 1))
def test_a_link_changes_at_most_once_an_hour(asset: UUID, member: UUID, at: datetime, later: int) -> None:
    hour = [LINKS.make(asset, member, "thumb", at=at + timedelta(seconds=part)) for part in (0, later, HOUR - 1)]
    assert len(set(hour)) <= 2
    assert LINKS.make(asset, member, "thumb", at=at + timedelta(seconds=HOUR)) != hour[0]


@given(st.uuids(), st.uuids(), VARIANTS, MOMENTS, st.data())
def test_no_part_of_a_link_can_be_changed(
    asset: UUID, member: UUID, variant: Variant, at: datetime, data: st.DataObject
) -> None:
    sent = query(LINKS.make(asset, member, variant, at=at))
    part = data.draw(st.sampled_from(["m", "e", "s"]))
    changed = data.draw(st.text(max_size=40) | st.uuids().map(str) | st.integers().map(str))
    assume(changed != sent[part])
    if part == "m":
        assume(changed.replace("-", "") != sent["m"])
    try:
        same = part == "e" and int(changed) == int(sent["e"])
    except ValueError:
        same = False
    assume(not same)
    with pytest.raises(BadLink):
        LINKS.read(asset, variant, sent | {part: changed}, at=at)


@given(st.uuids(), st.uuids(), st.uuids(), MOMENTS)
def test_a_link_to_one_file_opens_no_other(asset: UUID, other: UUID, member: UUID, at: datetime) -> None:
    assume(asset != other)
    sent = query(LINKS.make(asset, member, "thumb", at=at))
    for id, variant in ((other, "thumb"), (asset, "original")):
        with pytest.raises(BadLink):
            LINKS.read(id, variant, sent, at=at)
    with pytest.raises(BadLink):
        Links(SECRET + "x").read(asset, "thumb", sent, at=at)


@pytest.mark.parametrize("missing", ["m", "e", "s"])
def test_an_incomplete_link_is_refused(missing: str) -> None:
    asset = new_id()
    sent = query(LINKS.make(asset, new_id(), "thumb"))
    with pytest.raises(BadLink):
        LINKS.read(asset, "thumb", {key: value for key, value in sent.items() if key != missing})


def test_a_page_of_links_does_not_change_all_at_once() -> None:
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    expiries = {query(LINKS.make(new_id(), new_id(), "thumb", at=at))["e"] for _ in range(50)}
    assert len(expiries) > 40
