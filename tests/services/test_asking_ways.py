"""Requests that need no decision, because the unit says so, and those that staff make on an association's behalf."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.errors import WrongState
from booking.models import AuditEntry, Booking, Membership, Organisation, Unit
from booking.services.bookings import request_booking
from booking.services.decisions import undo_decision
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def states(database: Database) -> list[str]:
    return [row.state for row in all_rows(database, select(Booking).order_by(Booking.id))]


@pytest.mark.parametrize("verified", [True, False])
def test_a_unit_may_let_verified_associations_need_no_decision(
    database: Database, world: World, verified: bool
) -> None:
    def let(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).approves_by_itself = True
        session.get_one(Organisation, world.virta).verified_at = NOW if verified else None

    transaction(database, let)
    booking = make_booking(database, world)
    assert (booking.state, booking.was_approved) == (
        ("approved", True) if verified else ("requested", False)
    )
    entries = all_rows(database, select(AuditEntry).order_by(AuditEntry.id))
    said = [(entry.action, entry.actor_name) for entry in entries]
    asked = ("request_booking", "Anna Virtanen")
    assert said == [asked, ("approve_by_itself", "Yhteistila")] if verified else [asked]


def test_what_the_unit_approved_by_itself_nobody_takes_back(
    database: Database, world: World
) -> None:
    def let(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).approves_by_itself = True

    transaction(database, let)
    booking = make_booking(database, world)
    with pytest.raises(WrongState, match="too_late_to_undo"):
        do(database, undo_decision, booking.id, booking.version, actor=world.veli)
    assert states(database) == ["approved"]


def test_asked_on_behalf_the_mails_go_to_the_association(database: Database, world: World) -> None:
    def ask(hour: int) -> Booking:
        request = booking_request(world, period=slot(11, hour))
        return transaction(
            database, lambda session: request_booking(session, request, world.kaisa, NOW)
        )

    def set_mailbox(session: Session) -> None:
        session.get_one(Organisation, world.virta).contact_email = "virta@example.fi"

    booking = ask(8)
    assert (booking.is_on_behalf, booking.contact_name, booking.contact_email) == (
        True,
        "Pekka Virtanen",
        "pekka@demo.example",
    )
    transaction(database, set_mailbox)
    booking = ask(10)
    assert (booking.contact_name, booking.contact_email) == ("Virta ry", "virta@example.fi")
    own = make_booking(database, world)
    assert (own.is_on_behalf, own.contact_email) == (False, "anna@demo.example")


def test_on_behalf_of_an_association_with_nobody_in_it_who_asked_is_told(
    database: Database, world: World
) -> None:
    transaction(database, lambda session: session.execute(delete(Membership)))
    request = booking_request(world)
    booking = transaction(
        database, lambda session: request_booking(session, request, world.kaisa, NOW)
    )
    assert booking.contact_email == "kaisa@demo.example"
