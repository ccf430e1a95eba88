"""What the rows say around a wish: buffers and quotas as the services find them, also when two ask at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from booking.db import Database, transaction
from booking.domain.texts import LocalText
from booking.errors import BookingError, PolicyRefusal
from booking.models import Booking
from booking.services.blocks import block_room
from booking.services.bookings import cancel_booking, move_booking, request_booking
from booking.services.decisions import decide_booking
from booking.services.units import set_quotas, set_terms
from calendars.period import Period
from tests.support.acts import change_room, do
from tests.support.world import NOW, World, at, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def refused(database: Database, world: World, **changes: Any) -> list[str]:
    """The codes that refuse Anna's request; empty when it was taken."""
    try:
        make_booking(database, world, **changes)
    except PolicyRefusal as error:
        return [refusal.code for refusal in error.refusals]
    return []


def test_a_buffer_keeps_bookings_apart_in_shared_floor(database: Database, world: World) -> None:
    change_room(database, world.hall, buffer_after_minutes=30)
    make_booking(database, world, room_id=world.hall)
    # The half has no buffer of its own; the hall's cleaning is in its floor.
    assert refused(database, world, period=slot(10, 12)) == ["buffer"]
    assert refused(database, world, period=Period(at(10, 12, 30), at(10, 14))) == []
    assert refused(database, world, room_id=world.hall, period=slot(10, 9, 1)) == ["buffer"]


def test_a_block_may_touch_a_buffer(database: Database, world: World) -> None:
    change_room(database, world.half_a, buffer_before_minutes=60, buffer_after_minutes=60)
    do(database, block_room, world.half_a, slot(10, 8), "Huolto", actor=world.veli)
    do(database, block_room, world.half_a, slot(10, 12), "Huolto", actor=world.veli)
    assert refused(database, world) == []


def test_a_booking_called_off_needs_no_distance(database: Database, world: World) -> None:
    change_room(database, world.half_a, buffer_after_minutes=60)
    booking = make_booking(database, world)
    do(database, cancel_booking, booking.id, 1, None, actor=world.anna)
    assert refused(database, world, period=slot(10, 12)) == []


def test_a_booking_is_not_too_near_to_itself(database: Database, world: World) -> None:
    change_room(database, world.half_a, buffer_before_minutes=60, buffer_after_minutes=60)
    booking = make_booking(database, world)
    later = Period(at(10, 12), at(10, 14))
    work = (move_booking, booking.id, 1, world.half_a, later, None)
    moved = do(database, *work, actor=world.anna)
    assert (moved.starts_at, moved.version) == (at(10, 12), 2)


def test_a_buffer_widened_meanwhile_stops_the_approval(database: Database, world: World) -> None:
    make_booking(database, world)
    second = make_booking(database, world, period=slot(10, 12))
    change_room(database, world.half_a, buffer_before_minutes=15)
    with pytest.raises(PolicyRefusal) as error:
        do(database, decide_booking, second.id, "approve", 1, None, actor=world.veli)
    assert error.value.code == "buffer"


def quota(database: Database, world: World, **limits: int) -> None:
    do(database, set_quotas, world.rantakyla, 1, limits, actor=world.veli)


def test_a_quota_counts_all_rooms_of_the_unit_and_only_the_organisation(
    database: Database, world: World
) -> None:
    quota(database, world, week=300)
    assert refused(database, world) == []
    assert refused(database, world, room_id=world.half_b, period=slot(11, 10)) == []
    assert refused(database, world, period=slot(12, 10)) == ["quota_exceeded"]
    assert refused(database, world, period=slot(12, 10, 1)) == []
    assert refused(database, world, period=slot(17, 10)) == []  # the week after
    toini = booking_request(world, organisation_id=world.toinen, period=slot(12, 14))
    done: Booking = transaction(
        database, lambda session: request_booking(session, toini, world.toini, NOW)
    )
    assert done.state == "requested"


def test_what_was_rejected_or_moved_away_frees_the_quota(database: Database, world: World) -> None:
    quota(database, world, week=240)
    first = make_booking(database, world)
    second = make_booking(database, world, period=slot(11, 10))
    assert refused(database, world, period=slot(12, 10)) == ["quota_exceeded"]
    # Within its own week a booking is not in its own way.
    do(database, move_booking, first.id, 1, world.half_a, slot(12, 10), None, actor=world.anna)
    do(database, decide_booking, second.id, "reject", 1, "Ei sovi", actor=world.veli)
    assert refused(database, world, period=slot(11, 10)) == []


def test_the_last_of_a_quota_is_given_once(database: Database, world: World) -> None:
    """Six rooms' worth of requests at once, in two rooms that share no floor: exactly one fits."""
    quota(database, world, week=120)
    outcomes: list[str] = []

    def ask(number: int) -> None:
        room = world.half_a if number % 2 else world.half_b
        request = booking_request(world, room_id=room, period=slot(8 + number, 10))
        try:
            transaction(
                database, lambda session: request_booking(session, request, world.anna, NOW)
            )
            outcomes.append("held")
        except BookingError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["held", *["quota_exceeded"] * 4]


def test_rules_of_use_are_accepted_by_their_version(database: Database, world: World) -> None:
    do(database, set_terms, world.rantakyla, 1, LocalText("Siivoa jälkesi."), actor=world.veli)
    assert refused(database, world) == ["terms_not_accepted"]
    booking = make_booking(database, world, terms_version=1)
    assert booking.terms_version == 1
    do(database, set_terms, world.rantakyla, 2, LocalText("Siivoa ja tuuleta."), actor=world.veli)
    with pytest.raises(PolicyRefusal) as error:
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    assert error.value.params == {"terms_version": 2}
    # Another unit's rules are other rules, whatever their number.
    elsewhere = Period(at(10, 13), at(10, 13) + timedelta(hours=1))
    do(database, set_terms, world.kitee, 1, LocalText("Ei kenkiä."), actor=world.aino)
    work = (move_booking, booking.id, 1, world.cabinet, elsewhere, None)
    with pytest.raises(PolicyRefusal) as error:
        do(database, *work, actor=world.anna)
    assert error.value.params == {"terms_version": 1}
    moved = do(database, *work, 1, actor=world.anna)
    assert (moved.room_id, moved.terms_version) == (world.cabinet, 1)


def test_taking_the_rules_of_use_away_asks_nobody_any_more(
    database: Database, world: World
) -> None:
    do(database, set_terms, world.rantakyla, 1, LocalText("Siivoa jälkesi."), actor=world.veli)
    do(database, set_terms, world.rantakyla, 2, None, actor=world.veli)
    booking = make_booking(database, world, terms_version=7)
    assert booking.terms_version is None
