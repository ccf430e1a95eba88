"""Mails of what staff asked for on behalf of an association, and what a decision's mail says of appeal. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.texts import LocalText
from booking.models import (
    Booking,
    MailSetting,
    Membership,
    Organisation,
    OutboxMessage,
    Person,
    Unit,
)
from booking.services.bookings import request_booking
from booking.services.decisions import decide_booking
from booking.services.escalation import remind_of_date
from tests.support.acts import do
from tests.support.mails import mails
from tests.support.world import NOW, World, booking_request, make_booking, make_world

APPEAL = "Pyydä oikaisua kirjaamosta"


@pytest.fixture
def world(database: Database) -> World:
    """Kaisa reads Swedish, and wants no reminders of dates."""
    made = make_world(database)
    kaisa = made.kaisa.person_id
    assert kaisa is not None

    def work(session: Session) -> None:
        session.get_one(Person, kaisa).locale = "sv"
        session.add(MailSetting(person_id=kaisa, kind="date_reminder", how="none"))

    transaction(database, work)
    made.actors["kaisa"] = replace(made.kaisa, locale="sv")
    return made


def ask(database: Database, world: World) -> Booking:
    """Kaisa asks for Virta."""
    request = booking_request(world)
    return transaction(
        database, lambda session: request_booking(session, request, world.kaisa, NOW)
    )


def about(row: OutboxMessage) -> tuple[str, str, str, int | None]:
    return row.kind, row.recipient, row.locale, row.person_id


def test_they_are_in_the_language_of_the_contact_and_theirs(
    database: Database, world: World
) -> None:
    english = update(Person).where(Person.id == world.pekka.person_id).values(locale="en")
    transaction(database, lambda session: session.execute(english))
    booking = ask(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    pekka = ("pekka@demo.example", "en", world.pekka.person_id)
    told = [about(row) for row in mails(database) if row.recipient.startswith("pekka")]
    assert told == [("asked", *pekka), ("approved", *pekka)]


def test_to_a_mailbox_that_is_nobodys_they_are_in_finnish(database: Database, world: World) -> None:
    mailbox = update(Organisation).values(contact_email="virta@example.fi")
    transaction(database, lambda session: session.execute(mailbox))
    ask(database, world)
    assert about(mails(database)[0]) == ("asked", "virta@example.fi", "fi", None)


@pytest.mark.parametrize("has_contact", [True, False])
def test_the_wishes_of_staff_keep_none_of_them_back(
    database: Database, world: World, has_contact: bool
) -> None:
    if not has_contact:
        transaction(database, lambda session: session.execute(delete(Membership)))
    booking = ask(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    soon = booking.starts_at - timedelta(hours=48)
    transaction(database, lambda session: remind_of_date(session, booking.id, soon))
    reader = ("pekka@demo.example", "fi") if has_contact else ("kaisa@demo.example", "sv")
    person = world.pekka.person_id if has_contact else None
    assert about(mails(database)[-1]) == ("date_reminder", *reader, person)


def test_the_contacts_own_wishes_count(database: Database, world: World) -> None:
    pekka = world.pekka.person_id
    wish = MailSetting(person_id=pekka, kind="date_reminder", how="none")
    transaction(database, lambda session: session.add(wish))
    booking = ask(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    soon = booking.starts_at - timedelta(hours=48)
    transaction(database, lambda session: remind_of_date(session, booking.id, soon))
    assert [row.kind for row in mails(database) if row.kind == "date_reminder"] == []


@pytest.mark.parametrize(
    ("action", "condition", "tells"),
    [("reject", None, True), ("approve", "Siivotkaa", True), ("approve", None, False)],
)
def test_a_decision_says_how_to_appeal_where_not_all_was_granted(
    database: Database, world: World, action: str, condition: str | None, tells: bool
) -> None:
    appeal = update(Unit).values(appeal=LocalText(APPEAL))
    transaction(database, lambda session: session.execute(appeal))
    booking = make_booking(database, world)
    reason = "Sopii" if action == "reject" else None
    done = do(database, decide_booking, booking.id, action, 1, reason, condition, actor=world.veli)
    last = mails(database)[-1]
    assert last.kind in ("approved", "rejected")
    assert (APPEAL in last.body, APPEAL in (last.html or "")) == (tells, tells)
    if done.state == "approved":
        # Weeks later it would name a time that is long over.
        soon = booking.starts_at - timedelta(hours=48)
        transaction(database, lambda session: remind_of_date(session, booking.id, soon))
        assert mails(database)[-1].kind == "date_reminder"
        assert APPEAL not in mails(database)[-1].body
