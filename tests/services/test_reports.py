"""Reports: who may tell of what, who is told, who answers, and what the answer's reader gets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading, transaction
from booking.domain.access import ANONYMOUS
from booking.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    SignInRequired,
    TooMany,
    WrongState,
)
from booking.models import AuditEntry, OutboxMessage, Report
from booking.services.reports import add_report, answer_report, open_reports
from tests.support.acts import all_rows, change_room, do
from tests.support.world import NOW, make_booking, make_world

SECRET = "Wc:n kaide irtosi"


def report(database: Database, actor: Any, kind: str = "damage", **about: Any) -> Report:
    text = about.pop("text", SECRET)
    return transaction(
        database, lambda session: add_report(session, kind, text, **about, actor=actor, now=NOW)
    )


def mails(database: Database, kind: str) -> list[OutboxMessage]:
    return all_rows(
        database,
        select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id),
    )


def test_a_report_of_a_room_goes_to_its_units_approver_without_its_text(
    database: Database,
) -> None:
    world = make_world(database)
    made = report(database, world.outi, room_id=world.half_a)
    assert (made.state, made.due_on, made.email) == ("open", date(2027, 3, 15), "outi@demo.example")
    [mail] = mails(database, "report")
    assert mail.recipient == "veli@demo.example"
    assert f"/staff/reports/{made.id}" in mail.body
    assert SECRET not in mail.body + str(mail.html) + mail.subject


def test_a_report_from_a_booking_is_of_its_room(database: Database) -> None:
    world = make_world(database)
    booking = make_booking(database, world)
    made = report(database, world.pekka, "safety", booking_id=booking.id)
    assert (made.room_id, made.booking_id) == (world.half_a, booking.id)


def test_a_report_from_anothers_booking_finds_no_booking(database: Database) -> None:
    world = make_world(database)
    booking = make_booking(database, world)
    with pytest.raises(NotFound):
        report(database, world.toini, booking_id=booking.id)
    with pytest.raises(Forbidden):
        report(database, world.viivi, booking_id=booking.id)
    assert all_rows(database, select(Report)) == []


def test_a_report_of_a_hidden_room_is_for_its_unit_only(database: Database) -> None:
    world = make_world(database)
    change_room(database, world.half_a, published=False)
    with pytest.raises(NotFound):
        report(database, world.outi, room_id=world.half_a)
    assert report(database, world.veli, room_id=world.half_a).room_id == world.half_a


@pytest.mark.parametrize("kind", ["damage", "safety", "accessibility"])
def test_a_room_is_reported_by_those_who_are_known(database: Database, kind: str) -> None:
    world = make_world(database)
    with pytest.raises(SignInRequired):
        report(database, ANONYMOUS, kind, room_id=world.half_a)


def test_anybody_may_tell_of_the_pages_and_the_coordinator_learns_of_it(database: Database) -> None:
    world = make_world(database)
    made = report(database, ANONYMOUS, "a11y", email=" Maija@Example.FI", locale="sv")
    assert (made.email, made.locale, made.room_id, made.person_id) == (
        "maija@example.fi",
        "sv",
        None,
        None,
    )
    assert [mail.recipient for mail in mails(database, "report")] == [world.kaisa.email]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "report_text_required"),
        (" \r\n\t ", "report_text_required"),
        ("x" * 5001, "too_long_text"),
    ],
)
def test_a_report_without_a_text_or_with_a_book_is_refused(
    database: Database, text: str, code: str
) -> None:
    world = make_world(database)
    with pytest.raises(InvalidInput) as refused:
        report(database, world.anna, room_id=world.half_a, text=text)
    assert (refused.value.code, refused.value.params["field"]) == (code, "text")


@pytest.mark.parametrize(
    "email", ["a@example.fi\r\nBcc: x@example.fi", "a@example.fi, b@example.fi", "<script>", "@"]
)
def test_an_address_that_would_add_a_header_is_refused(database: Database, email: str) -> None:
    make_world(database)
    with pytest.raises(InvalidInput) as refused:
        report(database, ANONYMOUS, "a11y", email=email)
    assert refused.value.code == "bad_email"


def test_one_person_reports_so_often_a_day(database: Database) -> None:
    world = make_world(database)
    for _ in range(10):
        report(database, world.anna, room_id=world.half_a)
    with pytest.raises(TooMany):
        report(database, world.anna, room_id=world.half_a)
    assert report(database, world.pekka, room_id=world.half_a).id


def test_each_sees_the_reports_they_are_to_answer(database: Database) -> None:
    world = make_world(database)
    of_room = report(database, world.anna, room_id=world.half_a).id
    of_kitee = report(database, world.anna, room_id=world.cabinet).id
    of_pages = report(database, ANONYMOUS, "a11y").id
    with reading(database) as session:
        seen = {
            who: [one.id for one in open_reports(session, actor)]
            for who, actor in world.actors.items()
        }
    everything = [of_room, of_kitee, of_pages]
    nothing: list[int] = []
    assert seen == {
        **dict.fromkeys(world.actors, nothing),
        "veli": [of_room],
        "aino": [of_kitee],
        "kaisa": everything,
        "yllapito": everything,
    }


def test_the_answer_goes_to_the_reporter_in_their_language(database: Database) -> None:
    world = make_world(database)
    made = report(database, world.anna, room_id=world.half_a, locale="sv")
    do(database, answer_report, made.id, "Kaide on korjattu.\nKiitos!", actor=world.veli)
    [mail] = mails(database, "report_answered")
    assert (mail.recipient, mail.locale) == ("anna@demo.example", "sv")
    assert "Kaide on korjattu.\n    Kiitos!" in mail.body
    assert "Veli Vastaava, palveluesihenkilö" in mail.body
    assert SECRET not in mail.body


def test_a_report_without_an_address_is_answered_without_a_mail(database: Database) -> None:
    world = make_world(database)
    made = report(database, ANONYMOUS, "a11y")
    answered = do(database, answer_report, made.id, "Korjattu.", actor=world.kaisa)
    assert (answered.state, answered.answer) == ("answered", "Korjattu.")
    assert mails(database, "report_answered") == []


def test_a_report_is_answered_once(database: Database) -> None:
    world = make_world(database)
    made = report(database, world.anna, room_id=world.half_a)
    do(database, answer_report, made.id, "Korjattu.", actor=world.veli)
    with pytest.raises(WrongState) as refused:
        do(database, answer_report, made.id, "Uudelleen.", actor=world.kaisa)
    assert refused.value.code == "already_answered"
    assert len(mails(database, "report_answered")) == 1


def test_others_than_those_who_answer_find_no_report(database: Database) -> None:
    world = make_world(database)
    made = report(database, world.anna, room_id=world.half_a)
    for who in (world.aino, world.viivi, world.anna, world.outi):
        with pytest.raises(NotFound):
            do(database, answer_report, made.id, "Minä tässä.", actor=who)


def test_the_audit_tells_of_a_report_without_its_text(database: Database) -> None:
    world = make_world(database)
    made = report(database, world.anna, room_id=world.half_a)
    do(database, answer_report, made.id, "Salainen vastaus", actor=world.veli)
    entries = all_rows(
        database,
        select(AuditEntry).where(AuditEntry.object_kind == "report").order_by(AuditEntry.id),
    )
    assert [(one.action, one.actor_id) for one in entries] == [
        ("add_report", world.anna.person_id),
        ("answer_report", world.veli.person_id),
    ]
    told = str([(one.before, one.after, one.reason) for one in entries])
    assert SECRET not in told
    assert "Salainen" not in told
