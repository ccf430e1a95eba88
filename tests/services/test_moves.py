"""Moving, editing and cancelling, and what the public learns of it, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.db import Database, transaction
from booking.domain.requests import BookingEdit
from booking.errors import Forbidden, InvalidInput, NotFound, PolicyRefusal, RoomTaken
from booking.models import AuditEntry, Booking, CalendarText, OutboxMessage, Unit
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.decisions import decide_booking
from tests.support.acts import all_rows, change_room, do, held
from tests.support.world import World, make_booking, make_world, slot


def states(database: Database) -> list[str]:
    return [one.state for one in all_rows(database, select(Booking))]


def mails(database: Database, kind: str) -> list[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return all_rows(database, query)


def set_unit(database: Database, unit_id: int, **changes: Any) -> None:
    query = update(Unit).where(Unit.id == unit_id).values(**changes)
    transaction(database, lambda session: session.execute(query))


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_a_move_by_its_asker_is_asked_again_and_told_in_the_feed(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    moved = do(
        database, move_booking, booking.id, 2, world.hall, slot(11, 12), None, actor=world.anna
    )
    assert (moved.state, moved.version, moved.sequence, moved.room_id) == (
        "requested",
        3,
        2,
        world.hall,
    )
    assert [source for _, source in held(database)] == ["booking", "booking"]
    [text] = all_rows(database, select(CalendarText))
    assert (text.status, text.starts_at, text.room_id) == (
        "CANCELLED",
        booking.starts_at,
        world.half_a,
    )
    make_booking(database, world)  # the old time is free


def test_a_move_by_the_units_staff_stays_approved(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    moved = do(
        database,
        move_booking,
        booking.id,
        2,
        world.half_b,
        slot(11, 12),
        "Sali A remontissa",
        actor=world.veli,
    )
    assert moved.state == "approved"
    [text] = all_rows(database, select(CalendarText))
    assert (text.status, text.starts_at, text.room_id) == (
        "CONFIRMED",
        moved.starts_at,
        world.half_b,
    )


def test_a_coordinators_move_stays_approved(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    target = (booking.id, 2, world.half_b, slot(11, 12), "Sali A remontissa")
    assert do(database, move_booking, *target, actor=world.kaisa).state == "approved"


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
@pytest.mark.parametrize("reason", [None, "", " \n"])
def test_staff_move_and_cancel_with_a_reason_only(
    database: Database, world: World, who: str, reason: str | None
) -> None:
    booking = make_booking(database, world)
    actor = world.actors[who]
    with pytest.raises(InvalidInput) as refused:
        do(database, move_booking, booking.id, 1, world.half_a, slot(11, 12), reason, actor=actor)
    assert (refused.value.code, refused.value.params) == ("reason_required", {"field": "reason"})
    with pytest.raises(InvalidInput):
        do(database, cancel_booking, booking.id, 1, reason, actor=actor)
    assert states(database) == ["requested"]


def test_a_move_tells_its_people_what_was_before_and_why(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    to = (booking.id, 1, world.half_b, slot(11, 12), "Sali A remontissa")
    do(database, move_booking, *to, actor=world.veli)
    [mail] = mails(database, "moved")
    assert mail.recipient == "anna@demo.example"
    for told in ("Sali A, ", "10. maaliskuuta 2027", "Sali B", "11. maaliskuuta 2027"):
        assert told in mail.body
    assert "Sali A remontissa" in mail.body


def test_an_approved_booking_moved_where_nobody_decides_stays_approved(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    set_unit(database, world.rantakyla, approves_by_itself=True)
    to = (booking.id, 2, world.half_a, slot(11, 12), None)
    assert do(database, move_booking, *to, actor=world.anna).state == "approved"


def test_a_request_moved_where_nobody_decides_is_approved(database: Database, world: World) -> None:
    booking = make_booking(database, world, room_id=world.cabinet)
    set_unit(database, world.rantakyla, approves_by_itself=True)
    to = (booking.id, 1, world.half_a, slot(11, 12), None)
    assert do(database, move_booking, *to, actor=world.anna).state == "approved"


def test_a_request_moved_to_another_unit_is_told_to_who_decides_there(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    to = (booking.id, 1, world.cabinet, slot(11, 12), None)
    do(database, move_booking, *to, actor=world.anna)
    assert [mail.recipient for mail in mails(database, "to_decide")] == [
        "veli@demo.example",
        "aino@demo.example",
    ]


def test_nobody_moves_a_booking_into_a_room_that_is_hidden_from_them(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    change_room(database, world.cabinet, published=False)
    to = (booking.id, 1, world.cabinet, slot(11, 12), "Syy")
    for who in (world.anna, world.veli, world.kaisa):
        with pytest.raises((NotFound, Forbidden)):
            do(database, move_booking, *to, actor=who)
    set_unit(database, world.kitee, open_for_booking=False)
    change_room(database, world.cabinet, published=True)
    with pytest.raises((NotFound, PolicyRefusal)):
        do(database, move_booking, *to, actor=world.anna)
    assert [one.room_id for one in all_rows(database, select(Booking))] == [world.half_a]


@pytest.mark.parametrize(
    ("hours_before", "who", "is_late"),
    [(25, "anna", False), (23, "anna", True), (23, "veli", False)],
)
def test_its_people_cancel_late_within_the_units_hours(
    database: Database, world: World, hours_before: int, who: str, is_late: bool
) -> None:
    booking = make_booking(database, world)
    set_unit(database, world.rantakyla, late_cancel_hours=24)
    now = booking.starts_at - timedelta(hours=hours_before)
    actor = world.actors[who]
    done = do(database, cancel_booking, booking.id, 1, "Syy", actor=actor, now=now)
    assert done.is_late_cancel is is_late


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
def test_a_cancellation_by_staff_is_told_to_its_people_with_the_reason(
    database: Database, world: World, who: str
) -> None:
    booking = make_booking(database, world)
    do(database, cancel_booking, booking.id, 1, "Vesivahinko", actor=world.actors[who])
    [mail] = mails(database, "cancelled")
    assert mail.recipient == "anna@demo.example"
    assert "Vesivahinko" in mail.body


def test_a_new_contact_is_written_down_without_saying_who(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    edit = BookingEdit(contact_name="Maija Uusi", contact_email="maija@example.fi")
    edited = do(database, edit_booking, booking.id, 1, edit, actor=world.pekka)
    assert (edited.contact_name, edited.contact_email) == ("Maija Uusi", "maija@example.fi")
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "edit_booking"))
    assert (entry.before, entry.after) == ({}, {"contact": "changed"})
    [mail] = mails(database, "changed")
    assert mail.recipient == "maija@example.fi"


@pytest.mark.parametrize(
    "email", ["maija", "maija@example.fi\r\nBcc: x@example.fi", "a@example.fi,b@example.fi"]
)
def test_a_contact_that_is_no_address_is_refused(
    database: Database, world: World, email: str
) -> None:
    booking = make_booking(database, world)
    edit = BookingEdit(contact_email=email)
    with pytest.raises(InvalidInput) as refused:
        do(database, edit_booking, booking.id, 1, edit, actor=world.anna)
    assert (refused.value.code, refused.value.params["field"]) == ("bad_email", "contact_email")


def test_the_public_learns_nothing_of_what_nobody_has_approved(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    do(database, move_booking, booking.id, 2, world.half_b, slot(11, 12), None, actor=world.anna)
    edit = BookingEdit(title="Nobody approved this", is_public=True)
    do(database, edit_booking, booking.id, 3, edit, actor=world.anna)
    [row] = all_rows(database, select(CalendarText))
    assert (row.status, row.summary, row.starts_at) == ("CANCELLED", "Varattu", booking.starts_at)
    assert "Sali A" in row.text
    assert "Sali B" not in row.text
    assert "Nobody" not in row.text


def test_a_booking_is_not_in_its_own_way(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    moved = do(
        database, move_booking, booking.id, 1, world.half_a, slot(10, 11), None, actor=world.anna
    )
    assert moved.starts_at == slot(10, 11).start


def test_a_move_onto_somebody_changes_nothing(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    make_booking(database, world, period=slot(11, 10))
    before = held(database)
    with pytest.raises(RoomTaken):
        do(database, move_booking, booking.id, 1, world.hall, slot(11, 11), None, actor=world.anna)
    assert held(database) == before


def test_more_people_are_decided_anew_fewer_are_not(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    fewer = do(database, edit_booking, booking.id, 2, BookingEdit(people=8), actor=world.anna)
    assert (fewer.state, fewer.sequence) == ("approved", 1)
    more = do(database, edit_booking, booking.id, 3, BookingEdit(people=20), actor=world.anna)
    assert (more.state, more.sequence) == ("requested", 2)


def test_a_cancelled_approved_booking_leaves_a_tombstone(database: Database, world: World) -> None:
    booking = make_booking(database, world, is_public=True)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    do(database, cancel_booking, booking.id, 2, "Sairastapaus", actor=world.anna)
    [text] = all_rows(database, select(CalendarText))
    assert "STATUS:CANCELLED" in text.text
    assert "SEQUENCE:2" in text.text
    assert held(database) == []


def test_a_cancellation_keeps_the_decisions_own_words(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, "Avain infosta", actor=world.veli)
    done = do(database, cancel_booking, booking.id, 2, "Sairastapaus", actor=world.anna)
    assert (done.reason, done.cancel_reason) == ("Avain infosta", "Sairastapaus")
