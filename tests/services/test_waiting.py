"""The waiting list: who may wait, who is offered what and when, and that nobody is offered what another has."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.errors import Forbidden, InvalidInput, NotFound, PolicyRefusal, RoomTaken
from booking.models import Booking, OutboxMessage, WaitingEntry
from booking.queries.waiting import own_waiting
from booking.services.blocks import block_room, lift_block
from booking.services.bookings import cancel_booking, move_booking, request_booking
from booking.services.decisions import decide_booking
from booking.services.spaces import join_spaces
from booking.services.waiting import (
    leave_waiting,
    look_after_waiting,
    wait_for,
    waiting_rooms,
)
from tests.support.acts import all_rows, change_room, do
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot

HOUR = timedelta(hours=1)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def wait(database: Database, world: World, actor: Actor, **changes: Any) -> WaitingEntry:
    """Wait for what Anna's booking holds."""
    wish = {"room_id": world.half_a, "period": slot(10, 10), "now": NOW, **changes}
    organisation = world.toinen if actor == world.toini else world.virta
    entry: WaitingEntry = do(
        database,
        wait_for,
        wish["room_id"],
        organisation,
        wish["period"],
        "meeting",
        5,
        actor=actor,
        now=wish["now"],
    )
    return entry


def states(database: Database) -> list[str]:
    return [one.state for one in all_rows(database, select(WaitingEntry).order_by(WaitingEntry.id))]


def offers(database: Database) -> list[str]:
    """Who was told that time is free, in order."""
    query = select(OutboxMessage).where(OutboxMessage.kind == "slot_free")
    return [mail.recipient for mail in all_rows(database, query.order_by(OutboxMessage.id))]


def cancel(database: Database, world: World, booking: Booking, now: datetime = NOW) -> None:
    do(database, cancel_booking, booking.id, booking.version, None, actor=world.anna, now=now)


def look_after(database: Database, now: datetime) -> None:
    """What the worker does."""
    with reading(database) as session:
        rooms = waiting_rooms(session, now)
    for room_id in rooms:
        transaction(database, partial(_look_after, room_id, now))


def _look_after(room_id: int, now: datetime, session: Session) -> None:
    look_after_waiting(session, room_id, now)


def test_when_two_wait_exactly_the_first_is_offered(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    wait(database, world, world.pekka, now=NOW + HOUR)
    cancel(database, world, booking, NOW + 2 * HOUR)
    assert states(database) == ["offered", "waiting"]
    look_after(database, NOW + 3 * HOUR)
    assert states(database) == ["offered", "waiting"]
    assert offers(database) == ["toini@demo.example"]


def test_the_same_wish_twice_is_one_entry(database: Database, world: World) -> None:
    make_booking(database, world)
    first = wait(database, world, world.toini)
    assert wait(database, world, world.toini).id == first.id
    assert states(database) == ["waiting"]


def test_a_declined_offer_goes_to_the_next(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    first = wait(database, world, world.toini)
    wait(database, world, world.pekka, now=NOW + HOUR)
    cancel(database, world, booking)
    do(database, leave_waiting, first.id, actor=world.toini)
    assert states(database) == ["declined", "offered"]
    assert offers(database) == ["toini@demo.example", "pekka@demo.example"]
    # Pressed twice.
    do(database, leave_waiting, first.id, actor=world.toini)
    assert states(database) == ["declined", "offered"]


def test_an_offer_runs_out_and_goes_to_the_next(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    wait(database, world, world.pekka, now=NOW + HOUR)
    cancel(database, world, booking)
    look_after(database, NOW + 24 * HOUR - timedelta(seconds=1))
    assert states(database) == ["offered", "waiting"]
    look_after(database, NOW + 24 * HOUR)
    assert states(database) == ["expired", "offered"]
    assert offers(database) == ["toini@demo.example", "pekka@demo.example"]


def test_an_offer_close_to_its_date_is_shorter(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    now = slot(10, 10).start - 8 * HOUR
    cancel(database, world, booking, now)
    [entry] = all_rows(database, select(WaitingEntry))
    assert entry.offered_until == now + 2 * HOUR


def test_whoever_was_offered_and_asks_waits_no_longer(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    wait(database, world, world.pekka, now=NOW + HOUR)
    cancel(database, world, booking)
    request = booking_request(world, organisation_id=world.toinen)
    transaction(database, lambda session: request_booking(session, request, world.toini, NOW))
    assert states(database) == ["taken", "waiting"]


def test_whoever_was_offered_what_somebody_else_took_waits_on(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    cancel(database, world, booking)
    faster = make_booking(database, world)
    assert states(database) == ["waiting"]
    look_after(database, NOW + 48 * HOUR)  # the offer that was is no more, and doesn't run out
    assert states(database) == ["waiting"]
    cancel(database, world, faster, NOW + 49 * HOUR)
    assert states(database) == ["offered"]
    assert offers(database) == ["toini@demo.example"] * 2


def test_whoever_was_offered_what_a_block_took_waits_on(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    cancel(database, world, booking)
    block = do(database, block_room, world.half_a, slot(10, 8, 4), "Vahaus", actor=world.veli)
    look_after(database, NOW + HOUR)
    assert states(database) == ["waiting"]
    do(database, lift_block, block.id, actor=world.veli)
    look_after(database, NOW + 2 * HOUR)
    assert states(database) == ["offered"]


def test_time_given_back_by_a_move_is_offered(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    to = (booking.id, 1, world.half_a, slot(11, 10), None)
    do(database, move_booking, *to, actor=world.anna)
    assert states(database) == ["offered"]


def test_a_move_into_what_one_waits_for_ends_the_waiting(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    other = make_booking(database, world, period=slot(11, 10))
    wait(database, world, world.pekka)
    cancel(database, world, booking)
    to = (other.id, 1, world.half_a, slot(10, 10), None)
    do(database, move_booking, *to, actor=world.anna)
    assert states(database) == ["taken"]


def test_a_rejected_requests_time_is_offered_by_the_worker(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    do(database, decide_booking, booking.id, "reject", 1, "Remontti", actor=world.veli)
    look_after(database, NOW + HOUR)
    assert states(database) == ["offered"]


def test_who_waits_for_the_whole_hall_is_offered_it_once_both_halves_are_free(
    database: Database, world: World
) -> None:
    one = make_booking(database, world)
    other = make_booking(database, world, room_id=world.half_b)
    wait(database, world, world.toini, room_id=world.hall)
    cancel(database, world, one)
    assert states(database) == ["waiting"]
    cancel(database, world, other)
    assert states(database) == ["offered"]


def test_two_waiting_for_times_that_do_not_meet_are_both_offered(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world, period=slot(10, 10, 4))
    wait(database, world, world.toini, period=slot(10, 10))
    wait(database, world, world.pekka, period=slot(10, 12), now=NOW + HOUR)
    cancel(database, world, booking)
    assert states(database) == ["offered", "offered"]


def test_a_joined_spaces_booking_is_cancelled_told_and_nothing_untrue_is_offered(
    database: Database, world: World
) -> None:
    kept = make_booking(database, world)
    gone = make_booking(database, world, room_id=world.half_b)
    wait(database, world, world.toini, room_id=world.half_b)
    with reading(database) as session:
        spaces = [
            space.id
            for room in (world.half_a, world.half_b)
            for space in session.get_one(
                Booking, kept.id if room == world.half_a else gone.id
            ).room.spaces
        ]
    reason = "Väliseinä poistetaan."
    act = (spaces, "Sali", [gone.id], reason)
    do(database, join_spaces, *act, actor=world.veli)
    [mail] = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "cancelled"))
    assert mail.recipient == "anna@demo.example"
    assert reason in mail.body
    # Half B is as much in use as half A now: the time is held by the booking that stays.
    assert states(database) == ["waiting"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period": slot(11, 10)}, "slot_is_free"),
        ({"period": slot(1, 8)}, "in_the_past"),
    ],
)
def test_what_needs_no_waiting_is_refused(
    database: Database, world: World, changes: dict[str, Any], code: str
) -> None:
    make_booking(database, world)
    with pytest.raises(InvalidInput) as refused:
        wait(database, world, world.toini, **changes)
    assert refused.value.code == code


def test_what_could_not_be_had_anyway_is_not_waited_for(database: Database, world: World) -> None:
    make_booking(database, world)
    with pytest.raises(PolicyRefusal) as refused:
        wait(database, world, world.toini, period=slot(10, 6))
    assert refused.value.code == "closed"


def test_waiting_is_for_ones_own_organisation_and_published_rooms(
    database: Database, world: World
) -> None:
    make_booking(database, world)
    for who in (world.outi, world.veli, world.kaisa):
        with pytest.raises(Forbidden):
            wait(database, world, who)
    change_room(database, world.half_a, published=False)
    with pytest.raises(NotFound):
        wait(database, world, world.toini)
    assert states(database) == []


def test_anothers_entry_is_not_found(database: Database, world: World) -> None:
    make_booking(database, world)
    entry = wait(database, world, world.toini)
    for who in (world.anna, world.outi, world.veli, world.yllapito):
        with pytest.raises(NotFound):
            do(database, leave_waiting, entry.id, actor=who)
        with reading(database) as session:
            assert own_waiting(session, who, NOW) == []
    assert states(database) == ["waiting"]


def test_an_organisation_waits_for_so_much_and_no_more(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(10, 8, 12))
    for minutes in range(20):
        start = slot(10, 8).start + timedelta(minutes=15 * minutes)
        period = slot(10, 8).__class__(start, start + HOUR)
        wait(database, world, world.toini, period=period)
    with pytest.raises(InvalidInput) as refused:
        wait(database, world, world.toini, period=slot(10, 17))
    assert refused.value.code == "too_many_waiting"
    assert len(states(database)) == 20


def test_freed_at_once_by_two_the_hall_is_offered_once(database: Database, world: World) -> None:
    """Who waits for the hall is found from either half: both cancel, one writes."""
    bookings = [
        make_booking(database, world),
        make_booking(database, world, room_id=world.half_b),
    ]
    wait(database, world, world.toini, room_id=world.hall)
    start = threading.Barrier(2)
    failed: list[BaseException] = []

    def free(booking: Booking) -> None:
        try:
            start.wait()
            cancel(database, world, booking)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=free, args=(one,)) for one in bookings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    # Neither may have seen the other's half as free; then the worker does.
    look_after(database, NOW + timedelta(minutes=1))
    assert states(database) == ["offered"]
    assert offers(database) == ["toini@demo.example"]


def test_of_many_who_ask_for_what_was_offered_one_gets_it(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    wait(database, world, world.toini)
    cancel(database, world, booking)
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def ask(actor: Actor, organisation: int) -> None:
        request = booking_request(world, organisation_id=organisation)
        start.wait()
        try:
            transaction(database, lambda session: request_booking(session, request, actor, NOW))
            outcomes.append("had")
        except RoomTaken:
            outcomes.append("taken")

    askers = [(world.toini, world.toinen), (world.anna, world.virta)] * 2
    threads = [threading.Thread(target=ask, args=one) for one in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["had", "taken", "taken", "taken"]
    [held] = all_rows(database, select(Booking).where(Booking.state == "requested"))
    assert states(database) == ["taken" if held.organisation_id == world.toinen else "waiting"]
