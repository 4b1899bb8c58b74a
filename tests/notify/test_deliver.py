"""Mail on its way: written with the change, sent once, tried again when it helps, and never a head too many."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import SetClock
from tests.notify.conftest import SENDER, PostOffice, mails, until_mails, working

from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.jobs.background import Again, requeue
from atelier.notify import Smtp, Writer
from atelier.notify.carrier import PATIENCE, Unreachable
from atelier.notify.deliver import LEASE, Postman
from atelier.notify.room import ROOM as NOTIFY
from atelier.notify.tend import tend
from atelier.notify.write import BadRecipient
from atelier.spine import Studio

LETTERS = Path(__file__).parent / "letters"
ORIGIN = "http://studio.test"


async def write(studio: Studio, to: str = "mara@example.org", name: str = "Mara", key: UUID | None = None) -> UUID:
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        return await Writer(ORIGIN, [LETTERS]).write(db, "note.html", to=to, key_id=key, path="/open", name=name)


def postman(studio: Studio) -> Postman:
    return Postman(studio.worker_db, studio.carrier, studio.accounts.keys, ORIGIN)


def alter(studio: Studio, statement: str) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute(statement)


async def test_a_mail_is_sent_as_text_and_as_html_with_its_key(mailing: Studio, post_office: PostOffice) -> None:
    key, name = new_id(), "Zoë <b>"
    mail_id = await write(mailing, name=name, key=key)
    async with working(mailing):
        [row] = await until_mails(mailing, "sent")
    [mail] = post_office.mails
    secret = mailing.accounts.keys.of(key)
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "mara@example.org", "A note for Zoë <b>")
    assert mail["Message-ID"] == f"<{mail_id}@studio.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert f"{ORIGIN}/open?key={secret}" in plain.get_content()
    assert f'href="{ORIGIN}/open?key={secret}"' in html.get_content()
    assert "Zoë &lt;b&gt;" in html.get_content()
    assert secret not in row["body"] + row["html"]  # whoever reads the database finds no key


async def test_without_a_server_it_is_kept_for_the_operator(studio: Studio) -> None:
    await write(studio)
    async with working(studio):
        await until_mails(studio, "kept")


async def test_a_mail_and_its_change_are_written_together_or_not_at_all(studio: Studio) -> None:
    async def change_and_fail() -> None:
        async with studio.worker_db.transaction(Acting.for_studio()) as db:
            await Writer(ORIGIN, [LETTERS]).write(db, "note.html", to="mara@example.org", name="Mara")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()
    assert mails(studio) == []
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


async def test_a_server_that_was_down_gets_it_when_it_is_back(mailing: Studio, post_office: PostOffice) -> None:
    port = post_office.controller.port
    post_office.close()
    await write(mailing)
    async with working(mailing):
        async with asyncio.timeout(60):
            while (row := mails(mailing)[0])["attempt"] == 0 or row["error"] is None:
                await asyncio.sleep(0.05)
        assert row["state"] == "waiting"
        post_office.open(port)
        await until_mails(mailing, "sent", seconds=20)
    assert len(post_office.mails) == 1


async def test_not_now_is_tried_again_and_never_is_not(mailing: Studio, post_office: PostOffice) -> None:
    post_office.answers = ["451 Try later"]
    await write(mailing)
    man = postman(mailing)
    mail_id = str(mails(mailing)[0]["id"])
    with pytest.raises(Again) as caught:
        await man.deliver(mail_id)
    assert caught.value.seconds == 5
    post_office.answers = ["550 No such person\r\nhere"]
    await man.deliver(mail_id)
    [row] = mails(mailing)
    assert row["state"] == "failed"
    assert "550 No such person" in row["error"]
    await man.deliver(mail_id)
    assert post_office.tried == 2


async def test_after_a_day_it_is_given_up(mailing: Studio, post_office: PostOffice) -> None:
    await write(mailing)
    alter(mailing, "UPDATE mails SET created_at = now() - interval '25 hours'")
    post_office.answers = ["451 Try later"]
    await postman(mailing).deliver(str(mails(mailing)[0]["id"]))
    assert mails(mailing)[0]["state"] == "failed"


async def test_a_worker_whose_clock_is_off_gives_up_no_earlier(
    mailing: Studio, post_office: PostOffice, set_clock: SetClock
) -> None:
    await write(mailing)
    post_office.answers = ["451 Try later"]
    set_clock(25 * 3600)
    with pytest.raises(Again):
        await postman(mailing).deliver(str(mails(mailing)[0]["id"]))
    assert mails(mailing)[0]["state"] == "waiting"


async def test_two_workers_at_once_send_it_once(mailing: Studio, post_office: PostOffice) -> None:
    mail_id = str(await write(mailing))
    ended = await asyncio.gather(*(postman(mailing).deliver(mail_id) for _ in range(4)), return_exceptions=True)
    assert all(end is None or isinstance(end, Again) for end in ended)
    assert len(post_office.mails) == 1
    assert mails(mailing)[0]["state"] == "sent"


async def test_what_a_dead_worker_held_is_sent_when_its_lease_is_over(mailing: Studio, post_office: PostOffice) -> None:
    mail_id = str(await write(mailing))
    alter(mailing, "UPDATE mails SET attempt = 1, leased_until = now() + interval '2 minutes'")
    with pytest.raises(Again) as caught:
        await postman(mailing).deliver(mail_id)
    assert 100 < caught.value.seconds <= 120
    alter(mailing, "UPDATE mails SET leased_until = now() - interval '1 second'")
    await postman(mailing).deliver(mail_id)
    assert len(post_office.mails) == 1
    assert LEASE.total_seconds() > 4 * PATIENCE


async def test_a_mail_that_the_queue_lost_is_found_again(mailing: Studio, post_office: PostOffice) -> None:
    await write(mailing)
    alter(mailing, "DELETE FROM procrastinate_jobs")
    alter(mailing, "UPDATE mails SET created_at = now() - interval '1 minute'")
    for _ in range(2):
        await requeue(NOTIFY.tasks(mailing), mailing.worker_db)
    with psycopg.connect(libpq_url(mailing.owner_url)) as db:
        assert db.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)
    async with working(mailing):
        await until_mails(mailing, "sent")


async def test_mails_are_thrown_away_after_a_month(studio: Studio) -> None:
    await write(studio)
    await write(studio, to="new@example.org")
    alter(studio, "UPDATE mails SET created_at = now() - interval '31 days' WHERE recipient = 'mara@example.org'")
    await tend(studio.worker_db)
    assert [row["recipient"] for row in mails(studio)] == ["new@example.org"]


HEADS = ["a@b.org\r\nBcc: x@y.org", "a@b.org, x@y.org", "a b@c.org", "<a@b.org>", "", "a@b.org\0", "ü@b.org", "a@B.org"]


@pytest.mark.parametrize("to", HEADS)
async def test_a_recipient_is_one_address_and_nothing_else(studio: Studio, to: str) -> None:
    with pytest.raises(BadRecipient):
        await write(studio, to=to)
    assert mails(studio) == []


async def test_a_name_cannot_add_a_head(mailing: Studio, post_office: PostOffice) -> None:
    await write(mailing, name="Mara\r\nBcc: thief@example.org\n\nHa")
    await postman(mailing).deliver(str(mails(mailing)[0]["id"]))
    [mail] = post_office.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "A note for Mara Bcc: thief@example.org Ha"


async def test_the_database_itself_refuses_a_second_line(studio: Studio) -> None:
    mail = (
        "INSERT INTO mails (id, recipient, subject, body, html, language)"
        " VALUES (gen_random_uuid(), :to, :subject, '', '', 'en')"
    )
    for to, subject in (("a@b.org", "x\r\nBcc: y"), ("a@b.org\n", "x")):
        with pytest.raises(DBAPIError, match="violates check constraint"):
            async with studio.worker_db.transaction(Acting.for_studio()) as db:
                await db.execute(text(mail), {"to": to, "subject": subject})


async def test_a_member_reads_no_mail_not_even_their_own(studio: Studio) -> None:
    for statement in ("SELECT body FROM mails", "UPDATE mails SET recipient = 'x@y.org'", "DELETE FROM mails"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with studio.web_db.transaction(Acting.member(new_id())) as db:
                await db.execute(text(statement))


async def test_a_password_goes_nowhere_in_clear(post_office: PostOffice) -> None:
    """The server offers no TLS; on another host the studio's sign-in must not even begin."""
    away = Smtp(post_office.url.replace("//", "//studio:hush@").replace("127.0.0.1", "0.0.0.0"), SENDER)  # not loopback
    with pytest.raises(Unreachable, match="STARTTLS"):
        await away.carry(EmailMessage(), "mara@example.org")
    assert post_office.tried == 0
