"""The mails to the asker: whole, in three languages, and closed to whatever people type."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.texts import LocalText
from booking.models import Booking, Organisation, OutboxMessage, Person, Room, Unit
from booking.queries.feeds import installation
from booking.services.bookings import cancel_booking, decide_booking
from booking.services.mails import one_line, paragraph, tell_asker, written_messages
from booking.services.outbox import Mail, NotSent
from booking.services.smtp import as_message
from tests.support.world import NOW, World, make_booking, make_world

EXPECTED = Path(__file__).parent / "expected"
REASON = "Sali on remontissa.\r\nKokeilkaa Kabinettia."


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def mails(database: Database) -> list[OutboxMessage]:
    with reading(database) as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def speak(database: Database, world: World, locale: str) -> None:
    """Let Anna read `locale`, and give names in it to what her mails name."""

    def work(session: Session) -> None:
        session.scalars(select(Person).where(Person.name == "Anna Virtanen")).one().locale = locale
        session.get_one(Room, world.half_a).name = LocalText("Sali A", "Sal A")
        unit = session.get_one(Unit, world.rantakyla)
        unit.name = LocalText(unit.name.fi, None, "Rantakylä wellbeing house")

    transaction(database, work)
    world.actors["anna"] = dataclasses.replace(world.anna, locale=locale)


def decide(
    database: Database, world: World, action: Any, booking: Booking, reason: str | None
) -> Booking:
    return transaction(
        database,
        lambda session: decide_booking(
            session, booking.id, action, booking.version, reason, actor=world.veli, now=NOW
        ),
    )


def as_text(mail: OutboxMessage) -> str:
    return f"To: {mail.recipient_name} <{mail.recipient}>\nSubject: {mail.subject}\n\n{mail.body}"


@pytest.mark.parametrize("locale", ["fi", "sv", "en"])
@pytest.mark.parametrize("kind", ["asked", "approved", "rejected"])
def test_each_mail_is_as_its_reader_expects_it(
    database: Database, world: World, kind: str, locale: str
) -> None:
    speak(database, world, locale)
    booking = make_booking(database, world)
    if kind != "asked":
        action = {"approved": "approve", "rejected": "reject"}[kind]
        decide(database, world, action, booking, REASON if kind == "rejected" else None)
    mail = mails(database)[-1]
    expected = (EXPECTED / f"{kind}.{locale}.txt").read_text(encoding="utf-8")
    assert (mail.kind, mail.locale, as_text(mail)) == (kind, locale, expected)


def test_a_mail_waits_to_be_sent_at_once(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    [mail] = mails(database)
    assert mail.cause == f"booking:{booking.id}:1:asked"
    assert (mail.state, mail.attempts, mail.created_at, mail.next_try_at) == (
        "waiting",
        0,
        NOW,
        NOW,
    )
    assert (mail.leased_until, mail.sent_at, mail.last_error) == (None, None, None)
    with reading(database) as session:
        assert re.fullmatch(rf"<[0-9a-f-]{{36}}@{installation(session)}>", mail.message_id)


def test_the_mail_goes_to_the_contact_in_the_askers_language(
    database: Database, world: World
) -> None:
    speak(database, world, "sv")
    make_booking(database, world, contact_name="Carita Contact", contact_email="carita@example.org")
    [mail] = mails(database)
    assert (mail.recipient_name, mail.recipient, mail.locale) == (
        "Carita Contact",
        "carita@example.org",
        "sv",
    )
    assert mail.body.startswith("Hej Carita Contact")


def test_needs_are_never_in_a_mail(database: Database, world: World) -> None:
    make_booking(database, world, needs="Näkövamma")
    [mail] = mails(database)
    assert "Näkövamma" not in mail.subject + mail.body


def test_a_cause_is_told_once(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with pytest.raises(Exception, match="cause"):
        transaction(
            database,
            lambda session: tell_asker(
                session,
                "asked",
                session.get_one(Booking, booking.id),
                "fi",
                NOW + timedelta(hours=1),
            ),
        )
    assert [mail.created_at for mail in mails(database)] == [NOW]


def test_a_change_that_fails_leaves_no_mail(database: Database, world: World) -> None:
    booking = make_booking(database, world)

    def work(session: Session) -> None:
        decide_booking(session, booking.id, "approve", 1, None, actor=world.veli, now=NOW)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        transaction(database, work)
    assert [mail.kind for mail in mails(database)] == ["asked"]


def test_the_session_knows_which_mails_it_has_written(database: Database, world: World) -> None:
    booking = make_booking(database, world)

    def ids_after(work: Callable[[Session], object]) -> list[int]:
        return transaction(database, lambda session: (work(session), written_messages(session))[1])

    approve = ids_after(
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=world.veli, now=NOW
        )
    )
    cancel = ids_after(
        lambda session: cancel_booking(session, booking.id, 2, None, actor=world.anna, now=NOW)
    )
    assert (approve, cancel) == ([mails(database)[-1].id], [])


def test_what_people_type_adds_no_line_and_no_header(database: Database, world: World) -> None:
    def rename(session: Session) -> None:
        session.get_one(Organisation, world.virta).name = "Virta ry\nLokaali: varattu muille"

    transaction(database, rename)
    make_booking(
        database,
        world,
        title="Kokous\r\nTilanne: hyväksytty\u2028Tila: Sali B {{ 7 * 7 }} 100 %(name)s",
        contact_name="Anna\r\nBcc: x@example.org",
    )
    [mail] = mails(database)
    assert mail.recipient_name == "Anna Bcc: x@example.org"
    lines = mail.body.splitlines()
    assert lines[4:7] == [
        "Tilaisuus: Kokous Tilanne: hyväksytty Tila: Sali B {{ 7 * 7 }} 100 %(name)s",
        "Varaaja: Virta ry Lokaali: varattu muille",
        "Tila: Sali A",
    ]


def test_a_long_name_of_a_room_is_cut_in_the_subject_only(database: Database, world: World) -> None:
    def rename(session: Session) -> None:
        session.get_one(Room, world.half_a).name = LocalText("Sali " * 100)

    transaction(database, rename)
    make_booking(database, world)
    [mail] = mails(database)
    assert len(mail.subject) == 300
    assert mail.subject.endswith("Sali…") or mail.subject.endswith("…")
    assert f"Tila: {('Sali ' * 100).strip()}" in mail.body.splitlines()


def test_paragraphs_keep_their_lines_below_the_label() -> None:
    assert paragraph("Yksi \r\n\r\n kaksi\x00\x0bkolme\r\n") == "Yksi\n    kaksi\n    kolme"


def mail_with(**fields: Any) -> Mail:
    given: dict[str, Any] = {
        "id": 1,
        "message_id": "<1@installation>",
        "locale": "fi",
        "recipient_name": "Anna",
        "recipient": "anna@demo.example",
        "subject": "Aihe",
        "body": "Hei\n",
        "created_at": NOW,
        "attempts": 1,
    }
    return Mail(**{**given, **fields})


HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
    "Content-Language",
]
ANY_TEXT = st.text(st.characters(), max_size=120)


@given(name=ANY_TEXT, subject=ANY_TEXT)
def test_no_text_of_all_unicode_gets_out_of_its_header(name: str, subject: str) -> None:
    sent = as_message(
        mail_with(recipient_name=name, subject=subject), "tilat@example.org"
    ).as_bytes()
    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert read.keys() == HEADERS
    assert [address.addr_spec for address in read["To"].addresses] == ["anna@demo.example"]
    assert read.get_body().get_content() == "Hei\r\n"  # type: ignore[union-attr]


@given(ANY_TEXT)
def test_one_line_is_one_line_and_stays_as_it_is(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
    line.encode()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_body_arrives_as_it_was_written(text: str) -> None:
    body = "\n".join(one_line(line) for line in text.splitlines()) + "\n"
    sent = as_message(mail_with(body=body), "tilat@example.org").as_bytes()
    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert read.get_body().get_content().replace("\r\n", "\n") == body  # type: ignore[union-attr]
    assert max(len(line) for line in sent.splitlines()) <= 998


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "a@b.fi\r\nBcc: x",
        "a@b.fi, c@d.fi",
        "a@b.fi c@d.fi",
        "<a@b.fi>x",
        "a@" + "ä" * 64 + ".fi",
    ],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(NotSent) as refusal:
        as_message(mail_with(recipient=address), "tilat@example.org")
    assert refusal.value.is_refusal


def test_a_host_beyond_ascii_is_written_as_dns_has_it() -> None:
    message = as_message(mail_with(recipient="anna@jäsen.example"), "tilat@example.org")
    assert message["To"] == "Anna <anna@xn--jsen-loa.example>"
