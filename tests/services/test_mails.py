"""What is told about a booking, to whom, in what order; and letters are closed to whatever people type."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.deciding import UNDO_WITHIN
from booking.domain.texts import LocalText
from booking.i18n import gettext, use_locale
from booking.models import Booking, Organisation, Room
from booking.queries.feeds import installation
from booking.services.bookings import cancel_booking
from booking.services.decisions import decide_booking, undo_decision
from booking.services.letters import (
    Action,
    Fact,
    Letter,
    as_html,
    as_text,
    one_line,
    paragraph,
    written_messages,
)
from booking.services.mails import tell_asker
from booking.services.outbox import Mail, NotSent, claim_due
from booking.services.smtp import as_message
from tests.mails.scenes import speak
from tests.support.acts import do
from tests.support.mails import mails
from tests.support.world import NOW, World, make_booking, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def approve(database: Database, world: World, booking: Booking) -> Booking:
    decided: Booking = do(
        database, decide_booking, booking.id, "approve", 1, None, actor=world.veli
    )
    return decided


def test_a_mail_waits_to_be_sent_at_once(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    mail = mails(database)[0]
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


def test_a_request_is_told_to_its_asker_and_to_who_decides(
    database: Database, world: World
) -> None:
    make_booking(database, world)
    told = [(mail.kind, mail.recipient, mail.person_id) for mail in mails(database)]
    assert told == [
        ("asked", "anna@demo.example", world.anna.person_id),
        ("to_decide", "veli@demo.example", world.veli.person_id),
    ]


def test_the_mail_goes_to_the_contact_in_the_askers_language(
    database: Database, world: World
) -> None:
    speak(database, world, "sv")
    make_booking(database, world, contact_name="Carita Contact", contact_email="carita@example.org")
    mail = mails(database)[0]
    assert (mail.recipient_name, mail.recipient, mail.locale) == (
        "Carita Contact",
        "carita@example.org",
        "sv",
    )
    assert mail.body.startswith("Hej Carita Contact")


def test_needs_are_never_in_a_mail(database: Database, world: World) -> None:
    make_booking(database, world, needs="Näkövamma")
    for mail in mails(database):
        assert "Näkövamma" not in "".join(
            (mail.subject, mail.body, mail.html or "", mail.calendar or "")
        )


def test_a_cause_is_told_once(database: Database, world: World) -> None:
    booking = make_booking(database, world)

    def again(session: Session) -> None:
        asked = session.get_one(Booking, booking.id)
        tell_asker(session, "asked", asked, NOW + timedelta(hours=1))

    with pytest.raises(Exception, match="cause"):
        transaction(database, again)
    assert [mail.created_at for mail in mails(database)] == [NOW, NOW]


def test_a_change_that_fails_leaves_no_mail(database: Database, world: World) -> None:
    booking = make_booking(database, world)

    def work(session: Session) -> None:
        decide_booking(session, booking.id, "approve", 1, None, actor=world.veli, now=NOW)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        transaction(database, work)
    assert [mail.kind for mail in mails(database)] == ["asked", "to_decide"]


def test_the_worker_is_woken_for_what_may_go_out_now(database: Database, world: World) -> None:
    booking = make_booking(database, world)

    def woken_for(work: Callable[[Session], object]) -> list[str]:
        ids = transaction(database, lambda session: (work(session), written_messages(session))[1])
        return [mail.kind for mail in mails(database) if mail.id in ids]

    approving = woken_for(
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=world.veli, now=NOW
        )
    )
    cancelling = woken_for(
        lambda session: cancel_booking(session, booking.id, 2, None, actor=world.anna, now=NOW)
    )
    # The decision waited to be undone; with what came after it, it goes out too, and before that.
    assert (approving, cancelling) == ([], ["approved", "cancelled", "withdrawn"])


def test_a_decision_waits_until_it_can_no_longer_be_undone(
    database: Database, world: World
) -> None:
    approve(database, world, make_booking(database, world))
    decision = mails(database)[-1]
    assert (decision.kind, decision.state, decision.next_try_at) == (
        "approved",
        "waiting",
        NOW + UNDO_WITHIN,
    )


def test_a_decision_taken_back_is_never_told(database: Database, world: World) -> None:
    booking = approve(database, world, make_booking(database, world))
    do(database, undo_decision, booking.id, booking.version, actor=world.veli)
    assert [mail.state for mail in mails(database) if mail.kind == "approved"] == ["withdrawn"]


def test_what_happened_first_is_told_first(database: Database, world: World) -> None:
    booking = approve(database, world, make_booking(database, world))
    later = NOW + timedelta(minutes=1)
    args = (booking.id, booking.version, None)
    do(database, cancel_booking, *args, actor=world.anna, now=later)
    due = transaction(database, lambda session: claim_due(session, later, 10))
    kinds = {mail.id: mail.kind for mail in mails(database)}
    to_anna = [kinds[mail.id] for mail in due if mail.recipient == "anna@demo.example"]
    assert to_anna == ["asked", "approved", "cancelled"]


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
    mail = mails(database)[0]
    assert mail.recipient_name == "Anna Bcc: x@example.org"
    lines = mail.body.splitlines()
    with use_locale("fi"):
        what, by, room = gettext("What"), gettext("Booked by"), gettext("Room")
    assert lines[4:7] == [
        f"{what}: Kokous Tilanne: hyväksytty Tila: Sali B {{{{ 7 * 7 }}}} 100 %(name)s",
        f"{by}: Virta ry Lokaali: varattu muille",
        f"{room}: Sali A",
    ]


def test_a_long_name_of_a_room_is_cut_in_the_subject_only(database: Database, world: World) -> None:
    def rename(session: Session) -> None:
        session.get_one(Room, world.half_a).name = LocalText("Sali " * 100)

    transaction(database, rename)
    make_booking(database, world)
    mail = mails(database)[0]
    assert (len(mail.subject), mail.subject[-1]) == (300, "…")
    with use_locale("fi"):
        assert f"{gettext('Room')}: {('Sali ' * 100).strip()}" in mail.body.splitlines()


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


HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "MIME-Version",
    "Content-Language",
}
ANY_TEXT = st.text(st.characters(), max_size=120)


@given(name=ANY_TEXT, subject=ANY_TEXT, body=ANY_TEXT)
def test_no_text_of_all_unicode_gets_out_of_its_header_or_its_part(
    name: str, subject: str, body: str
) -> None:
    text = one_line(body) + "\n"
    mail = mail_with(
        recipient_name=name,
        subject=subject,
        body=text,
        html=as_html(Letter(one_line(subject), one_line(name), (one_line(body),))),
        calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
    )
    read = email.message_from_bytes(
        as_message(mail, "tilat@example.org").as_bytes(), policy=email.policy.default
    )
    assert set(read.keys()) == HEADERS
    assert [address.addr_spec for address in read["To"].addresses] == ["anna@demo.example"]
    kinds = [part.get_content_type() for part in read.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    plain = next(part for part in read.walk() if part.get_content_type() == "text/plain")
    assert plain.get_content().replace("\r\n", "\n") == text


class _Seen(HTMLParser):
    """The tags and attributes of a document, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def letter_of(name: str, title: str, reason: str) -> Letter:
    """A letter with what people type, cleaned as the mails clean it."""
    return Letter(
        subject=f"Varaus: {one_line(title)}",
        name=one_line(name),
        opening=("Varauksesi on peruttu.",),
        facts=(Fact("Tilaisuus", one_line(title)), Fact("Perustelu", paragraph(reason), "sv")),
        actions=(Action("Katso varausta", "https://tilat.example/bookings/1"),),
    )


@given(name=ANY_TEXT, title=ANY_TEXT, reason=ANY_TEXT)
def test_no_text_of_all_unicode_becomes_markup_or_a_line_like_ours(
    name: str, title: str, reason: str
) -> None:
    plain, typed = letter_of("A", "B", "C"), letter_of(name, title, reason)
    with use_locale("fi"):
        seen, usual = _Seen(as_html(typed)), _Seen(as_html(plain))
        lines, usual_lines = as_text(typed).splitlines(), as_text(plain).splitlines()
    assert seen.tags == usual.tags
    assert one_line(title) in "".join(seen.text)
    # Lines that begin at the margin are ours, and as many as ever; what people typed stands behind or is indented.
    at_margin = [line for line in lines if line and not line.startswith("    ")]
    assert len(at_margin) == len([line for line in usual_lines if line])
    assert lines[2:4] == usual_lines[2:4]


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
    assert sent.isascii()
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


@given(st.text(st.characters(), max_size=60))
def test_no_text_of_all_unicode_as_an_address_reaches_anybody_else(address: str) -> None:
    try:
        message = as_message(mail_with(recipient=address), "tilat@example.org")
    except NotSent:
        return
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert len(read["To"].addresses) == 1
    assert set(read.keys()) - {"Content-Transfer-Encoding"} == HEADERS


def test_a_host_beyond_ascii_is_written_as_dns_has_it() -> None:
    message = as_message(mail_with(recipient="anna@jäsen.example"), "tilat@example.org")
    assert message["To"] == "Anna <anna@xn--jsen-loa.example>"
