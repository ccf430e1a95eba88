"""Searching: what is free, what is unsure, and that the kept catalogue is never believed when it is old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.bookings import Wish
from booking.domain.rooms import HYBRID_NEEDS
from booking.domain.texts import LocalText
from booking.errors import Conflict, NotFound
from booking.models import Municipality, Occupancy, OpeningException, Region, Room, Space
from booking.queries.availability import Wanted, allowed_rooms, busy_spaces, rooms_found
from booking.queries.catalogue import catalogue
from calendars.period import Period
from tests.support.world import NOW, World, at, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def wanted(**changes: Any) -> Wanted:
    fields: dict[str, Any] = {"wish": Wish(slot(10, 10), "meeting", 10)}
    return Wanted(**{**fields, **changes})


def free(database: Database, search: Wanted) -> list[int]:
    with reading(database) as session:
        return [room.id for room in rooms_found(session, search, NOW).free]


def test_free_rooms_come_smallest_first_and_then_by_municipality_unit_and_name(
    database: Database, world: World
) -> None:
    assert free(database, wanted()) == [world.cabinet, world.half_a, world.half_b, world.hall]
    assert free(database, wanted(wish=Wish(slot(10, 10), "meeting", 20))) == [
        world.half_a,
        world.half_b,
        world.hall,
    ]


def test_of_unsure_rooms_the_one_with_least_unknown_comes_first(
    database: Database, world: World
) -> None:
    search = wanted(features=frozenset({"step_free", "induction_loop", "quiet"}))
    with reading(database) as session:
        found = rooms_found(session, search, NOW)
    # Of the hall one is unknown, of half B two, of the cabinet three; half A has no loop.
    assert [room.id for room in found.unsure] == [world.hall, world.half_b, world.cabinet]
    assert [one.room.id for one in found.unfit] == [world.half_a]


def why_not(database: Database, search: Wanted) -> dict[int, tuple[list[str], list[Conflict]]]:
    """The rooms that would fit but are not free: the codes of the rules, and what holds them."""
    with reading(database) as session:
        found = rooms_found(session, search, NOW)
    return {
        one.room.id: ([refusal.code for refusal in one.refusals], list(one.conflicts))
        for one in found.not_free
    }


def test_a_room_that_is_not_free_says_why_with_rules_first_and_what_holds_it(
    database: Database, world: World
) -> None:
    make_booking(database, world)
    held = [Conflict("booking", slot(10, 10).start, slot(10, 10).end)]
    assert why_not(database, wanted(wish=Wish(slot(10, 11), "meeting", 10))) == {
        world.half_a: ([], held),
        world.hall: ([], held),
    }
    evening = wanted(wish=Wish(slot(10, 11, 10), "meeting", 10), municipality="joensuu")
    assert why_not(database, evening) == {
        world.half_a: (["closed"], held),
        world.half_b: (["closed"], []),
        world.hall: (["closed"], held),
    }


def test_a_room_too_near_a_booking_is_not_free_because_of_the_buffer(
    database: Database, world: World
) -> None:
    def keep_distance(session: Session) -> None:
        session.get_one(Room, world.half_a).buffer_after_minutes = 30

    transaction(database, keep_distance)
    make_booking(database, world)
    behind = wanted(wish=Wish(slot(10, 12), "meeting", 10), municipality="joensuu")
    assert why_not(database, behind) == {
        world.half_a: (["buffer"], []),
        world.hall: (["buffer"], []),
    }
    assert free(database, behind) == [world.half_b]


def test_only_as_many_rooms_are_explained_as_are_asked_for(
    database: Database, world: World
) -> None:
    make_booking(database, world, room_id=world.hall, people=40)
    with reading(database) as session:
        found = rooms_found(session, wanted(municipality="joensuu"), NOW, explained=1)
    assert [(one.room.id, len(one.conflicts), one.code) for one in found.not_free] == [
        (world.half_a, 1, "room_taken"),
        (world.half_b, 0, "room_taken"),
        (world.hall, 0, "room_taken"),
    ]


def test_what_would_not_do_at_any_time_is_set_apart(database: Database, world: World) -> None:
    def send_away(session: Session) -> None:
        session.get_one(Room, world.hall).elsewhere_url = "https://tilat.example/sali"

    transaction(database, send_away)
    search = wanted(wish=Wish(slot(10, 10), "event", 20), features=frozenset({"induction_loop"}))
    with reading(database) as session:
        found = rooms_found(session, search, NOW)
    unfit = {one.room.id: [refusal.code for refusal in one.refusals] for one in found.unfit}
    assert unfit == {
        world.cabinet: ["activity_not_allowed", "too_many_people"],
        world.half_a: [],  # it has no loop
        world.hall: ["not_published"],
    }
    assert [room.id for room in found.unsure] == [world.half_b]


def test_a_region_and_remote_participation_narrow_a_search(
    database: Database, world: World
) -> None:
    def equip(session: Session) -> None:
        region = Region(key="etelainen", name=LocalText("Eteläinen"))
        town = session.scalars(select(Municipality).where(Municipality.key == "kitee")).one()
        town.region = region
        for room in (world.half_a, world.cabinet):
            session.get_one(Room, room).equipment = sorted(HYBRID_NEEDS)

    transaction(database, equip)
    assert free(database, wanted(is_hybrid=True)) == [world.cabinet, world.half_a]
    assert free(database, wanted(region="etelainen")) == [world.cabinet]
    assert free(database, wanted(region="etelainen", municipality="joensuu")) == []


def test_a_booked_half_takes_the_hall_with_it_but_not_the_other_half(
    database: Database, world: World
) -> None:
    make_booking(database, world)
    assert free(database, wanted()) == [world.cabinet, world.half_b]
    assert free(database, wanted(wish=Wish(slot(10, 12), "meeting", 10))) == [
        world.cabinet,
        world.half_a,
        world.half_b,
        world.hall,
    ]


def test_rooms_whose_wanted_feature_nobody_knows_are_unsure(
    database: Database, world: World
) -> None:
    search = wanted(features=frozenset({"step_free", "induction_loop"}))
    with reading(database) as session:
        found = rooms_found(session, search, NOW)
        allowed = [room.id for room in allowed_rooms(session, search, NOW)]
    assert [room.id for room in found.free] == [world.hall]
    assert [room.id for room in found.unsure] == [world.half_b, world.cabinet]
    assert len(found.not_free) + len(found.unfit) == 1
    assert allowed == [world.hall]


@pytest.mark.parametrize(
    ("search", "rooms"),
    [
        ({"municipality": "kitee"}, ["cabinet"]),
        ({"municipality": "lieksa"}, []),
        ({"wish": Wish(slot(10, 10), "event", 10)}, ["half_a", "half_b", "hall"]),
        ({"wish": Wish(slot(10, 10), "meeting", 31)}, ["hall"]),
        ({"wish": Wish(slot(13, 10), "meeting", 10)}, []),
    ],
)
def test_the_whole_policy_narrows_a_search(
    database: Database, world: World, search: dict[str, Any], rooms: list[str]
) -> None:
    assert free(database, wanted(**search)) == [getattr(world, name) for name in rooms]


def test_a_list_goes_on_behind_the_room_one_had(database: Database, world: World) -> None:
    with reading(database) as session:
        rest = [room.id for room in allowed_rooms(session, wanted(), NOW, after=world.half_a)]
    assert rest == [world.half_b, world.cabinet]


def test_foreign_busy_time_makes_a_room_busy(database: Database, world: World) -> None:
    with reading(database) as session:
        space = session.scalars(select(Space.id).order_by(Space.id)).first()
    period = slot(10, 11)
    rows = [
        {"space_id": space, "starts_at": period.start, "ends_at": period.end, "source": "foreign"}
    ] * 2
    transaction(database, lambda session: session.execute(insert(Occupancy), rows))
    assert free(database, wanted()) == [world.cabinet, world.half_b]


def test_a_change_of_a_room_a_unit_or_its_hours_is_seen_at_once(
    database: Database, world: World
) -> None:
    def change(session: Session) -> None:
        session.get_one(Room, world.half_a).capacity = 5
        closed = OpeningException(
            unit_id=world.kitee, day=slot(10, 10).start.date(), reason=LocalText("Koulutuspäivä")
        )
        session.add(closed)

    assert len(free(database, wanted())) == 4
    transaction(database, change)
    assert free(database, wanted()) == [world.half_b, world.hall]


def test_a_change_taken_back_leaves_nothing_in_the_kept_catalogue(
    database: Database, world: World
) -> None:
    def change(session: Session, capacity: int, fail: bool) -> int:
        session.get_one(Room, world.cabinet).capacity = capacity
        session.flush()
        seen = catalogue(session).room(world.cabinet).capacity
        if fail:
            raise LookupError
        return seen

    with pytest.raises(LookupError):
        transaction(database, lambda session: change(session, 1, fail=True))
    assert transaction(database, lambda session: change(session, 2, fail=False)) == 2
    with reading(database) as session:
        assert catalogue(session).room(world.cabinet).capacity == 2


def test_a_booking_does_not_make_every_process_read_the_catalogue_again(
    database: Database, world: World
) -> None:
    with reading(database) as session:
        before = catalogue(session).version
    make_booking(database, world)
    with reading(database) as session:
        assert catalogue(session).version == before


def test_a_room_that_is_not_there_is_not_found(database: Database, world: World) -> None:
    with reading(database) as session, pytest.raises(NotFound):
        catalogue(session).room(10**6)


HOUR = timedelta(hours=1)


def hours(first: int, long: int) -> Period:
    return Period(at(10, 0) + first * HOUR, at(10, 0) + (first + long) * HOUR)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 6)), max_size=12),
    st.integers(0, 40),
    st.integers(1, 6),
)
def test_busy_is_exactly_what_an_overlap_says(
    database: Database, world: World, stretches: list[tuple[int, int, int]], start: int, length: int
) -> None:
    asked = hours(start, length)

    def work(session: Session) -> tuple[set[int], set[int]]:
        session.execute(delete(Occupancy))
        spaces = session.scalars(select(Space.id).order_by(Space.id)).all()
        taken: dict[int, list[Period]] = {space: [] for space in spaces}
        for which, first, long in stretches:
            held, period = taken[spaces[which]], hours(first, long)
            if not any(period.overlaps(other) for other in held):
                held.append(period)
        rows = [
            {"space_id": space, "starts_at": period.start, "ends_at": period.end, "source": "block"}
            for space, held in taken.items()
            for period in held
        ]
        if rows:
            session.execute(insert(Occupancy), rows)
        busy = {
            space for space, held in taken.items() if any(asked.overlaps(period) for period in held)
        }
        return busy_spaces(session, asked), busy

    found, expected = transaction(database, work)
    assert found == expected
