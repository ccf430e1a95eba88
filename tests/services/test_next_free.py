"""The next free time and a season's dates, on both databases, against asking every rule of every time by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.bookings import Wish
from booking.domain.free_time import Held, weekly_slots
from booking.domain.rooms import RoomRules
from booking.models import Booking, Occupancy, Room, Space
from booking.queries.availability import Wanted
from booking.queries.catalogue import catalogue
from booking.queries.next_free import (
    LONGEST_SEASON,
    next_free_of_lengths,
    next_free_times,
    season_found,
)
from booking.services.bookings import cancel_booking
from calendars.period import Period
from tests.support.free_time_model import model, why_not
from tests.support.world import NOW, World, at, make_booking, make_world, slot

HOUR = timedelta(hours=1)
_KEPT = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def world(database: Database) -> World:
    """The fixed world; half B keeps half an hour before its bookings and an hour behind them."""
    world = make_world(database)

    def buffers(session: Session) -> None:
        half_b = session.get_one(Room, world.half_b)
        half_b.buffer_before_minutes, half_b.buffer_after_minutes = 30, 60
        session.get_one(Room, world.cabinet).latest_end_minute = 18 * 60

    transaction(database, buffers)
    return world


def spaces(session: Session) -> list[int]:
    return list(session.scalars(select(Space.id).order_by(Space.id)))


def hold(database: Database, rows: Iterable[tuple[int, Period, str]]) -> None:
    """Let spaces, by number, be held without a booking."""

    def work(session: Session) -> None:
        known = spaces(session)
        values = [
            {
                "space_id": known[space],
                "starts_at": period.start,
                "ends_at": period.end,
                "source": source,
            }
            for space, period, source in rows
        ]
        if values:
            session.execute(insert(Occupancy), values)

    transaction(database, work)


def free_from(
    database: Database, minutes: int, start: datetime, now: datetime = NOW
) -> dict[int, Period]:
    with reading(database) as session:
        rooms = list(catalogue(session).rooms.values())
        return next_free_times(session, rooms, minutes, start, now)


def test_a_booked_half_keeps_the_hall_but_not_the_other_half(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(10, 8))
    assert free_from(database, 60, at(10, 0)) == {
        world.hall: slot(10, 10, 1),
        world.half_a: slot(10, 10, 1),
        world.half_b: slot(10, 8, 1),
        world.cabinet: slot(10, 8, 1),
    }


def test_what_was_cancelled_holds_nothing(database: Database, world: World) -> None:
    booking = make_booking(database, world, period=slot(10, 8, 12))
    transaction(
        database,
        lambda session: cancel_booking(session, booking.id, 1, None, actor=world.anna, now=NOW),
    )
    assert free_from(database, 60, at(10, 0))[world.half_a] == slot(10, 8, 1)


def test_a_room_full_for_months_is_found_behind_them_and_one_full_for_ever_is_not(
    database: Database, world: World
) -> None:
    hold(
        database,
        [
            (0, Period(at(9, 0), at(9, 0, month=9)), "block"),
            (2, Period(at(9, 0), at(9, 0) + timedelta(days=800)), "foreign"),
        ],
    )
    found = free_from(database, 60, at(10, 0))
    assert found == {
        world.hall: slot(9, 8, 1, month=9),
        world.half_a: slot(9, 8, 1, month=9),
        world.half_b: slot(10, 8, 1),
    }


def test_a_room_that_is_booked_elsewhere_has_no_next_time(database: Database, world: World) -> None:
    def send_away(session: Session) -> None:
        session.get_one(Room, world.cabinet).elsewhere_url = "https://tilat.example"

    transaction(database, send_away)
    assert world.cabinet not in free_from(database, 60, at(10, 0))


def test_rooms_may_be_wanted_for_lengths_of_their_own(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(10, 10))
    with reading(database) as session:
        rooms = catalogue(session).rooms
        wanted = [
            (rooms[world.half_a], 120),
            (rooms[world.hall], 180),
            (rooms[world.cabinet], 45),
        ]
        found = next_free_of_lengths(session, wanted, at(10, 0), NOW)
    assert found == {
        world.half_a: slot(10, 8, 2),
        world.hall: slot(10, 12, 3),
        world.cabinet: Period(at(10, 8), at(10, 8, 45)),
    }


def test_nobody_asks_for_no_room(database: Database, world: World) -> None:
    with reading(database) as session:
        assert next_free_times(session, [], 60, NOW, NOW) == {}


def wanted(**changes: Any) -> Wanted:
    fields: dict[str, Any] = {"wish": Wish(slot(10, 10), "meeting", 10)}
    return Wanted(**{**fields, **changes})


def season(
    database: Database, slots: list[Period | None], search: Wanted | None = None
) -> tuple[dict[int, dict[int, str]], dict[int, dict[int, str]]]:
    """What keeps each room from each date: of the rooms that have all, and of those unsure; by free dates."""
    with reading(database) as session:
        sure, unsure = season_found(session, search or wanted(), slots, NOW)
    return (
        {one.room.id: one.taken for one in sure},
        {one.room.id: one.taken for one in unsure},
    )


def test_each_taken_date_of_a_season_has_its_reason(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(17, 11))
    make_booking(database, world, room_id=world.half_b, period=slot(24, 12))
    slots = weekly_slots(date(2027, 3, 3), time(10), time(12), 5)
    sure, unsure = season(database, slots)
    assert list(sure) == [world.cabinet, world.half_a, world.half_b, world.hall]
    # Each Wednesday from 3.3. on. Half B's booking keeps its half hour from the hall too.
    assert sure == {
        world.cabinet: {},
        world.half_a: {2: "room_taken"},
        world.half_b: {3: "buffer"},
        world.hall: {2: "room_taken", 3: "buffer"},
    }
    assert unsure == {}


def test_a_date_that_the_clocks_skip_is_free_nowhere_and_the_others_keep_their_numbers(
    database: Database, world: World
) -> None:
    transaction(database, lambda session: open_at_night(session, world.kitee))
    hold(database, [(2, Period(at(4, 0, month=4), at(5, 0, month=4)), "block")])
    slots = weekly_slots(date(2027, 3, 21), time(3, 30), time(5), 3)
    sure, _unsure = season(database, slots, wanted(municipality="kitee"))
    assert sure == {world.cabinet: {1: "missing_hour", 2: "room_taken"}}


def open_at_night(session: Session, unit_id: int) -> None:
    for row in session.get_one(Room, _only_room(session, unit_id)).unit.opening_hours:
        row.opens_minute, row.closes_minute, row.weekday = 0, 1440, row.weekday + 2


def _only_room(session: Session, unit_id: int) -> int:
    return session.scalars(select(Room.id).where(Room.unit_id == unit_id)).one()


def test_rooms_that_never_fit_are_left_out_and_unknown_needs_set_apart(
    database: Database, world: World
) -> None:
    slots = weekly_slots(date(2027, 3, 10), time(10), time(12), 2)
    search = wanted(features=frozenset({"induction_loop"}))
    sure, unsure = season(database, slots, search)
    assert (list(sure), list(unsure)) == ([world.hall], [world.cabinet, world.half_b])
    sure, unsure = season(database, slots, wanted(wish=Wish(slot(10, 10), "event", 31)))
    assert (list(sure), list(unsure)) == ([world.hall], [])


# Against asking of each time by itself.


def known_of(session: Session, room: RoomRules) -> list[Held]:
    """All that holds the room, as the rows have it."""
    rows = session.execute(
        select(
            Occupancy.starts_at,
            Occupancy.ends_at,
            Occupancy.source,
            Room.buffer_before_minutes,
            Room.buffer_after_minutes,
        )
        .outerjoin(Booking, Booking.id == Occupancy.booking_id)
        .outerjoin(Room, Room.id == Booking.room_id)
        .where(Occupancy.space_id.in_(room.space_ids))
    )
    return [
        Held(Period(starts, ends), source, before or 0, after or 0)
        for starts, ends, source, before, after in rows
    ]


def fill(database: Database, stretches: list[tuple[int, int, int, str]]) -> None:
    """Hold spaces by blocks and foreign time, in place of those held before; blocks that would meet ours are left out."""

    def clear(session: Session) -> list[tuple[int, Period]]:
        session.execute(delete(Occupancy).where(Occupancy.source != "booking"))
        known = spaces(session)
        rows = session.execute(select(Occupancy.space_id, Occupancy.starts_at, Occupancy.ends_at))
        return [(known.index(space), Period(starts, ends)) for space, starts, ends in rows]

    ours = transaction(database, clear)
    rows = []
    for space, first, long, source in stretches:
        period = Period(at(9, 0) + first * HOUR / 4, at(9, 0) + (first + long) * HOUR / 4)
        if source == "foreign":
            rows.append((space, period, source))
        elif not any(other == space and period.overlaps(held) for other, held in ours):
            ours.append((space, period))
            rows.append((space, period, source))
    hold(database, rows)


def book(database: Database, world: World) -> None:
    """Bookings whose buffers and halves meet."""
    for room, period in (
        (world.half_b, slot(9, 12)),
        (world.half_b, slot(10, 9, 1)),
        (world.half_a, slot(10, 14)),
        (world.hall, slot(11, 10)),
        (world.cabinet, slot(10, 8, 9)),
        (world.half_b, slot(16, 12)),
        (world.half_a, slot(23, 10)),
    ):
        make_booking(database, world, room_id=room, period=period)


held_stretches = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(-40, 2000),
        st.sampled_from([1, 4, 8, 40, 96, 97, 300]),  # quarters: a day, more than a day
        st.sampled_from(["block", "block", "foreign"]),
    ),
    max_size=14,
)


def test_the_next_free_times_are_those_that_trying_every_minute_finds(
    database: Database, world: World
) -> None:
    book(database, world)

    @_KEPT
    @given(held_stretches, st.sampled_from([30, 60, 180, 720]), st.integers(0, 200))
    def check(stretches: list[tuple[int, int, int, str]], minutes: int, later: int) -> None:
        fill(database, stretches)
        start = at(9, 0) + later * HOUR / 4
        found = free_from(database, minutes, start, now=at(8, 10))
        window = Period(start, start + timedelta(days=2))
        with reading(database) as session:
            rooms = catalogue(session).rooms.values()
            expected = {
                room.id: model(room, known_of(session, room), minutes, window, at(8, 10))
                for room in rooms
            }
        in_window = {
            room: period
            for room, period in found.items()
            if window.start <= period.start < window.end
        }
        assert in_window == {room: one for room, one in expected.items() if one is not None}

    check()


def test_a_seasons_dates_are_those_that_each_rule_allows(database: Database, world: World) -> None:
    book(database, world)

    @_KEPT
    @given(
        held_stretches,
        st.integers(0, 6),
        st.integers(7, 20),
        st.integers(1, 40),
        st.sampled_from([2, 5, LONGEST_SEASON]),
    )
    def check(
        stretches: list[tuple[int, int, int, str]], later: int, hour: int, quarters: int, weeks: int
    ) -> None:
        fill(database, stretches)
        start = at(9, hour) + timedelta(days=later)
        length = quarters * HOUR / 4
        slots: list[Period | None] = [
            Period(start + timedelta(weeks=n), start + timedelta(weeks=n) + length)
            for n in range(weeks)
        ]
        sure, _unsure = season(database, slots)
        with reading(database) as session:
            expected = {}
            for room in catalogue(session).rooms.values():
                held = known_of(session, room)
                reasons = [why_not(room, held, slot, NOW) for slot in slots if slot is not None]
                expected[room.id] = {n: why for n, why in enumerate(reasons) if why is not None}
        assert sure == expected

    check()
