"""Two who keep or book at the same time: nobody is left in a closed time unseen, and nothing is counted once for two."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.texts import LocalText
from booking.errors import (
    BreaksBookings,
    NotFound,
    PolicyRefusal,
)
from booking.models import (
    Booking,
)
from booking.services.bookings import request_booking
from booking.services.units import (
    DayHours,
    add_exception,
    remove_exception,
    set_hours,
)
from tests.services.test_bookings import wait_until_somebody_waits
from tests.support.acts import all_rows, do
from tests.support.keeping import (
    WEDNESDAY,
    stretches,
    unit_of,
    week,
)
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot

SUMMER = (date(2027, 6, 1), date(2027, 8, 31))
RULES = LocalText("Jätä tila siistiksi.", "Städa efter dig.", "Leave the room tidy.")


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def close_mornings(database: Database, world: World, accepted: tuple[int, ...] = ()) -> None:
    version = unit_of(database, world).version
    do(
        database,
        set_hours,
        world.rantakyla,
        version,
        week(12, 20),
        None,
        accepted,
        actor=world.veli,
    )


def test_who_asks_while_the_hours_are_being_closed_is_refused(
    database: Database, world: World
) -> None:
    closing, may_go_on = threading.Event(), threading.Event()

    def close(session: Session) -> None:
        unit_hours = (world.rantakyla, 1, week(12, 20), None)
        set_hours(session, *unit_hours, actor=world.veli, now=NOW)
        closing.set()
        assert may_go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        closed = pool.submit(transaction, database, close)
        assert closing.wait(20)
        asked = pool.submit(make_booking, database, world)
        wait_until_somebody_waits(database)
        may_go_on.set()
        closed.result()
        with pytest.raises(PolicyRefusal, match="closed"):
            asked.result()
    assert all_rows(database, select(Booking)) == []


def test_who_closes_while_a_booking_is_being_asked_for_is_shown_it(
    database: Database, world: World
) -> None:
    asking, may_go_on = threading.Event(), threading.Event()

    def ask(session: Session) -> int:
        booking = request_booking(session, booking_request(world), world.anna, NOW)
        asking.set()
        assert may_go_on.wait(20)
        return booking.id

    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(transaction, database, ask)
        assert asking.wait(20)
        closed = pool.submit(close_mornings, database, world)
        wait_until_somebody_waits(database)
        may_go_on.set()
        with pytest.raises(BreaksBookings) as broken:
            closed.result()
    assert [one.booking_id for one in broken.value.bookings] == [asked.result()]
    assert stretches(database, world, WEDNESDAY) == ((480, 1200),)


def test_in_a_race_no_booking_lies_in_a_closed_time_unseen(
    database: Database, world: World
) -> None:
    """Bookings of many mornings are asked for while somebody closes the mornings, accepting each booking shown."""
    shown: set[int] = set()
    refusals: list[str] = []
    start = threading.Barrier(3)

    def ask(room: int) -> None:
        start.wait(20)
        for day in (8, 9, 10, 11, 12, 15, 16, 17, 18, 19):
            try:
                make_booking(database, world, room_id=room, period=slot(day, 9))
            except PolicyRefusal as refused:
                refusals.append(refused.code)

    def close() -> None:
        start.wait(20)
        for _ in range(40):
            try:
                close_mornings(database, world, tuple(shown))
            except BreaksBookings as broken:
                shown.update(one.booking_id for one in broken.bookings)
            else:
                return
        raise AssertionError("each round of asking ends, so one of closing gets through")

    with ThreadPoolExecutor(3) as pool:
        racers = [
            pool.submit(ask, world.half_a),
            pool.submit(ask, world.half_b),
            pool.submit(close),
        ]
        for racer in racers:
            racer.result()
    assert stretches(database, world, WEDNESDAY) == ((720, 1200),)
    asked = all_rows(database, select(Booking.id))
    assert set(asked) <= shown
    assert refusals == ["closed"] * (20 - len(asked))


def test_two_who_take_the_same_exception_away_take_it_once(
    database: Database, world: World
) -> None:
    july = date(2027, 7, 5)
    row = do(database, add_exception, world.rantakyla, DayHours(july, july), actor=world.veli)
    removing, may_go_on = threading.Event(), threading.Event()

    def remove(session: Session) -> None:
        remove_exception(session, row.id, actor=world.veli, now=NOW)
        removing.set()
        assert may_go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(transaction, database, remove)
        assert removing.wait(20)
        second = pool.submit(do, database, remove_exception, row.id, actor=world.yllapito)
        wait_until_somebody_waits(database)
        may_go_on.set()
        first.result()
        with pytest.raises(NotFound):
            second.result()
    assert unit_of(database, world).version == 3


def test_two_who_add_exceptions_at_once_are_counted_both(database: Database, world: World) -> None:
    adding, may_go_on = threading.Event(), threading.Event()

    def closed(day: int) -> DayHours:
        return DayHours(date(2027, 7, day), date(2027, 7, day))

    def add(session: Session) -> None:
        add_exception(session, world.rantakyla, closed(5), actor=world.veli, now=NOW)
        adding.set()
        assert may_go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(transaction, database, add)
        assert adding.wait(20)
        second = pool.submit(
            do, database, add_exception, world.rantakyla, closed(6), actor=world.yllapito
        )
        wait_until_somebody_waits(database)
        may_go_on.set()
        first.result()
        second.result()
    assert unit_of(database, world).version == 3
