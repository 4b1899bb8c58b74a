"""Finding: the same as a plain list in Python would find, page by page, with true totals, by indexes."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from tests.assets.conftest import Put
from tests.roles import Person

from atelier.assets import Asset, Source
from atelier.assets.keep import path_of
from atelier.assets.library import BadCursor, Sort, Wanted, find, models, neighbours
from atelier.base.clock import now
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.base.kinds import AUDIO, kinds

TITLES = ["A red boat", "red Mountains, quiet", "Boathouse at night", "", "Éclair & thé", "o'clock it's don't"]


async def fill(db: AsyncSession, member_id: UUID, count: int, seed: int = 1) -> list[Asset]:
    """Assets without files, of every kind."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        made = chance.random() < 0.7
        id = new_id()
        rows.append(
            {
                "id": id,
                "member_id": member_id,
                "position": 0,
                "kind": chance.choice(list(kinds().values())).id,
                "source": Source.MADE if made else Source.UPLOADED,
                "title": chance.choice(TITLES),
                "content_type": "image/png",
                "bytes": chance.choice([10, 20, 30]),
                "sha256": "0" * 64,
                "path": path_of(member_id, id, now(), "png"),
                "settings": {"tool": "image.generate", "model": chance.choice("abc"), "input": {}} if made else {},
                "favourite": chance.random() < 0.3,
            }
        )
    await db.execute(insert(Asset), rows)
    return list((await db.execute(select(Asset))).scalars())


def expected(assets: list[Asset], wanted: Wanted, matches: set[str] | None) -> list[UUID]:
    left = [
        asset
        for asset in assets
        if (matches is None or asset.title in matches)
        and (wanted.kind is None or asset.kind == wanted.kind.id)
        and (wanted.source is None or asset.source == wanted.source)
        and (wanted.model is None or asset.model == wanted.model)
        and (asset.favourite or not wanted.favourite)
    ]
    if wanted.sort is Sort.LARGEST:
        return [asset.id for asset in sorted(left, key=lambda each: (each.bytes, each.id), reverse=True)]
    return [asset.id for asset in sorted(left, key=lambda each: each.id, reverse=wanted.sort is Sort.NEWEST)]


async def test_lists_agree_with_a_plain_one(web_db: Database, maker: Person, stranger: Person) -> None:
    chance = random.Random(7)
    async with web_db.transaction(Acting.member(stranger.member_id)) as db:
        await fill(db, stranger.member_id, 30, seed=2)
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assets = await fill(db, maker.member_id, 120)
        for _ in range(60):
            words, matches = chance.choice(
                [("", None), ("red", {TITLES[0], TITLES[1]}), ("boa", {TITLES[0], TITLES[2]}), ("xyz", set())]
            )
            wanted = Wanted(
                words=words,
                kind=chance.choice([None, None, *kinds().values()]),
                source=chance.choice([None, None, *Source]),
                model=chance.choice([None, None, "a", "b"]),
                favourite=chance.random() < 0.3,
                sort=chance.choice(list(Sort)),
            )
            whole = expected(assets, wanted, matches)
            found, cursor = [], None
            while True:
                page = await find(db, wanted, cursor=cursor, limit=7)
                assert page.total == len(whole), wanted
                found += [asset.id for asset in page.items]
                cursor = page.next
                if cursor is None:
                    break
            assert found == whole, wanted
            if whole:
                at = chance.randrange(len(whole))
                asset = next(each for each in assets if each.id == whole[at])
                around = (whole[at - 1] if at else None, whole[at + 1] if at + 1 < len(whole) else None)
                assert await neighbours(db, wanted, asset) == around
        assert await models(db) == [("image.generate", model) for model in "abc"]


SEARCHES: list[tuple[str, set[int]]] = [
    ("red", {0, 1}),
    ("RED bo", {0}),
    ("bo red", set()),  # only the last word may be a beginning
    ('"red boat"', {0}),
    ('"red bo"', set()),
    ('"boat red"', set()),
    ("red -boat", {1}),
    ("boat or quiet", {0, 1}),
    ("éclair", {4}),
    ("th", {4}),
    ("don't", {5}),
    ("o'cl", {5}),
    ("'; drop table assets; --", set()),
    ("' | 'x", set()),
    ("\\", set()),
    ("!!! & | ( ) :* <->", set()),
    ("%", set()),
    ("a:boat", {0}),
    ("boat:*", {0, 2}),
    ("\0", {0, 1, 2, 3, 4, 5}),
    ("x" * 5000, set()),
]


async def test_words_are_found_as_people_mean_them(web_db: Database, maker: Person) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assets = await fill(db, maker.member_id, 60)
        for words, found in SEARCHES:
            page = await find(db, Wanted(words=words), limit=100)
            assert {TITLES.index(asset.title) for asset in page.items} == found, words
            assert page.total == sum(TITLES.index(asset.title) in found for asset in assets), words


FOUND = [
    (
        "夕焼けの海と赤い船",
        ["赤い船", "夕焼け", "船", "海", "赤い 船", '"赤い船"', "の海と", "夕焼けの海と赤い船"],
        ["青い船", "海赤", "船海"],
    ),
    ("DSC-7604", ["7604", "dsc", "DSC-7604", "dsc7604", "dsc 7604", "760", "DSC_7604"], ["604", "7604-DSC"]),
    ("IMG_20240131_rouge2.jpg", ["20240131", "rouge", "2024", "img", "rouge2"], ["0131", "ouge"]),
    ("Ein café am Eck", ["cafe", "CAFÉ", "cafe\u0301", "caf", "am cafe"], ["cafes"]),
    ("Cafe\u0301 noir", ["café", "cafe", "cafe noir"], []),
    ("ＦＵＬＬ ｗｉｄｔｈ ﬁne ①", ["full", "width", "fine", "1"], []),
    ("Straße nach Łódź, Ærø und Þór", ["strasse", "STRASSE", "straße", "lodz", "aero", "thor"], []),
    ("İstanbul'da ışık", ["istanbul", "isik", "ışık", "ISIK"], []),
    ("ΟΔΥΣΣΕΥΣ", ["οδυσσεύς", "οδυσσευσ"], []),
    ("Ёлка в снегу", ["елка", "ЁЛКА", "снегу"], []),
    ("Việt Nam", ["viet", "việt nam"], []),
    ("ภูเขาและทะเล", ["ทะเล", "ภูเขา", "และ"], ["เลท"]),
    ("서울의 밤", ["서울", "밤", "서울의 밤", "울의"], ["밤서"]),
    ("红色的船在海上", ["红色", "海上", "船"], ["海红"]),
    ("サンセット ｻﾝｾｯﾄ", ["セット", "サン", "ｾｯﾄ"], []),
    ("सूर्यास्त में नाव", ["सूर्यास्त", "नाव", "सूर्य"], ["सर"]),
    ("مُحَمَّد می\u200cخواهم", ["محمد", "میخواهم", "مي\u200cخواهم"], []),
    ("שָׁלוֹם", ["שלום"], []),
    ("boat🚀moon", ["🚀", "boat", "moon", "boat🚀"], ["🎈"]),
    ("it's don't", ["don't", "it's", "dont or don"], ["o'clock"]),
    ("v2 3d render", ["3d", "v2", "2", "render"], ["4d"]),
    ("年2024夏", ["2024", "夏", "2024夏", "年2024"], ["2024年"]),
]


@pytest.mark.parametrize(("title", "found", "missed"), FOUND, ids=[title for title, _, _ in FOUND])
async def test_a_title_is_found_however_it_is_written(
    web_db: Database, maker: Person, title: str, found: list[str], missed: list[str]
) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        (asset,) = await fill(db, maker.member_id, 1)
        await db.execute(update(Asset).values(title=title))
        for words in found:
            assert [each.id for each in (await find(db, Wanted(words=words))).items] == [asset.id], words
        for words in missed:
            assert (await find(db, Wanted(words=words))).total == 0, words


async def test_only_what_is_left_out_can_be_asked_for(web_db: Database, maker: Person, stranger: Person) -> None:
    async with web_db.transaction(Acting.member(stranger.member_id)) as db:
        await fill(db, stranger.member_id, 30, seed=2)
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assets = await fill(db, maker.member_id, 60)
        for words, match in (("-red", "red"), ("-red -boa", "red|boa"), ("boathouse or -red", None)):
            left = [one for one in assets if not re.search(match or "^(?!.*boathouse).*red", one.title.lower())]
            assert (await find(db, Wanted(words=words))).total == len(left), words


async def test_a_title_of_one_endless_word_can_be_kept(maker: Person, put: Put, web_db: Database) -> None:
    asset = await put(maker, "ä" * 2000, data=b"x", content_type="text/plain")
    assert len(asset.title) == 2000


BAD_CURSORS = [
    (Sort.NEWEST, "x"),
    (Sort.NEWEST, "5." + "0" * 32),
    (Sort.LARGEST, "0" * 32),
    (Sort.LARGEST, "x." + "0" * 32),
    (Sort.LARGEST, "9" * 5000 + "." + "0" * 32),  # more digits than Python makes a number of
]


async def test_a_cursor_of_another_list_is_refused(web_db: Database, maker: Person) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        for sort, cursor in BAD_CURSORS:
            with pytest.raises(BadCursor):
                await find(db, Wanted(sort=sort), cursor=cursor)
        assert (await find(db, Wanted(sort=Sort.LARGEST), cursor="9" * 40 + "." + "f" * 32)).items == []


async def test_every_list_is_read_from_an_index_alone(
    owner_url: str, web_db: Database, maker: Person, buyer: Person
) -> None:
    """Under row-level security an index answers only what is leakproof; any other condition would read everything."""
    for person, count in ((buyer, 3000), (maker, 300)):
        async with web_db.transaction(Acting.member(person.member_id)) as db:
            await fill(db, person.member_id, count)
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        seen: list[str] = []
        execute = db.execute

        async def explained(statement: Any, *args: Any, **more: Any) -> Any:
            compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
            plan = await execute(text(f"EXPLAIN {str(compiled).replace(':', chr(92) + ':')}"))
            seen.append("\n".join(row[0] for row in plan))
            return await execute(statement, *args, **more)

        db.execute = explained  # type: ignore[method-assign]  # only this handle, to see its plans
        for wanted in (
            Wanted(),
            Wanted(sort=Sort.OLDEST),
            Wanted(sort=Sort.LARGEST),
            Wanted(kind=AUDIO),
            Wanted(favourite=True),
            Wanted(source=Source.UPLOADED),
            Wanted(tool="image.generate", model="a"),
        ):
            await find(db, wanted, limit=5)
            await find(db, replace(wanted), limit=5, cursor=(await find(db, wanted, limit=2)).next)
        assert seen
        for plan in seen:
            assert "Seq Scan" not in plan, plan
            assert re.search(r"Index Cond: \(+member_id = ", plan), plan


async def test_the_search_runs_as_the_owner_and_still_shows_only_ones_own(
    web_db: Database, worker_db: Database, maker: Person, stranger: Person
) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await fill(db, maker.member_id, 40)
    matching = text("SELECT count(*) FROM assets_matching('red')")
    counts = []
    for database, acting in (
        (web_db, Acting.member(maker.member_id)),
        (web_db, Acting.member(stranger.member_id)),
        (web_db, Acting.nobody()),
        (web_db, Acting(studio=True)),
        (worker_db, Acting.for_studio()),
    ):
        async with database.transaction(acting) as db:
            counts.append((await db.execute(matching)).scalar_one())
    assert counts[0] > 0
    assert counts[1:] == [0, 0, 0, 0]
