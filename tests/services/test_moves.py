"""Moving, editing and cancelling, and what the public learns of it, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.db import Database
from booking.domain.requests import BookingEdit
from booking.errors import (
    RoomTaken,
)
from booking.models import (
    CalendarText,
)
from booking.services.bookings import cancel_booking, decide_booking, edit_booking, move_booking
from tests.support.acts import all_rows, do, held
from tests.support.world import World, make_booking, make_world, slot


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
    target = (booking.id, 2, world.half_b, slot(11, 12), None)
    assert do(database, move_booking, *target, actor=world.kaisa).state == "approved"


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
