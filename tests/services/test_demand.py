"""Counts of what could not be had: written as sums, read within sight, rejections from the bookings themselves."""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading, transaction
from booking.domain.demand import Kind, Miss, Place, Unmet
from booking.models import Municipality, SearchMiss, Unit
from booking.queries.demand import sight, unmet
from booking.services.decisions import decide_booking
from booking.services.demand import count_miss
from tests.support.world import NOW, World, at, make_booking, make_world

MARCH, APRIL = date(2027, 3, 1), date(2027, 4, 1)


def miss(
    municipality: str = "", unit_id: int = 0, kind: Kind = "search", code: str = "closed"
) -> Miss:
    return Miss(kind, code, Place(municipality, unit_id), 2, 17, 10, "group", ("lift", "quiet"))


def count(database: Database, one: Miss, now: datetime = NOW) -> None:
    transaction(database, lambda session: count_miss(session, one, now))


def rows(database: Database) -> list[dict[str, Any]]:
    with reading(database) as session:
        table = SearchMiss.__table__
        found = session.execute(select(table).order_by(table.c.month, table.c.id)).mappings()
        return [{key: row[key] for key in row if key != "id"} for row in found]


def test_the_same_is_one_row_that_rises_and_another_month_is_another(database: Database) -> None:
    for _ in range(3):
        count(database, miss("joensuu"))
    count(database, miss("joensuu"), at(31, 23, 30))
    count(database, miss("joensuu"), at(1, 0, 30, month=4))
    kept = {
        "kind": "search",
        "code": "closed",
        "municipality": "joensuu",
        "unit_id": 0,
        "weekday": 2,
        "hour": 17,
        "people": 10,
        "activity": "group",
        "features": "lift,quiet",
    }
    assert rows(database) == [
        {"month": MARCH, **kept, "count": 4},
        {"month": APRIL, **kept, "count": 1},
    ]


def test_each_difference_is_a_row_of_its_own(database: Database) -> None:
    different = [
        miss(),
        miss("joensuu"),
        miss("joensuu", 1),
        miss(kind="refusal"),
        miss(code="buffer"),
        Miss("search", "closed", Place(), 3, 17, 10, "group", ("lift", "quiet")),
        Miss("search", "closed", Place(), 2, 18, 10, "group", ("lift", "quiet")),
        Miss("search", "closed", Place(), 2, 17, 20, "group", ("lift", "quiet")),
        Miss("search", "closed", Place(), 2, 17, 10, "event", ("lift", "quiet")),
        Miss("search", "closed", Place(), 2, 17, 10, "group", ()),
    ]
    for one in different:
        count(database, one)
    assert [row["count"] for row in rows(database)] == [1] * len(different)


def test_those_who_count_the_same_at_once_all_count(database: Database) -> None:
    threads = [threading.Thread(target=count, args=(database, miss())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["count"] for row in rows(database)] == [8]


@pytest.fixture
def world(database: Database) -> World:
    """The fixed world with a miss of each place, in a unit's name and in nobody's; Rantakylä is in Joensuu."""
    world = make_world(database)
    for place in PLACES:
        unit = {"rantakyla": world.rantakyla, "kitee": world.kitee, "other": 10_000}.get(place[1])
        count(database, miss(place[0], unit or 0))
    return world


PLACES = [
    ("", ""),
    ("joensuu", ""),
    ("joensuu", "rantakyla"),
    ("joensuu", "other"),
    ("kitee", ""),
    ("kitee", "kitee"),
]


def places_seen(database: Database, world: World, who: str, place: Place | None = None) -> Any:
    units = {0: "", world.rantakyla: "rantakyla", world.kitee: "kitee", 10_000: "other"}
    with reading(database) as session:
        seen = sight(session, world.actors[who])
        found = unmet(session, seen, MARCH, MARCH, place)
    assert all(one.times == 1 for one in found)
    return [(one.miss.place.municipality, units[one.miss.place.unit_id]) for one in found]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("kaisa", set(PLACES)),
        ("yllapito", set(PLACES)),
        ("veli", {("joensuu", ""), ("joensuu", "rantakyla")}),
        ("viivi", {("joensuu", ""), ("joensuu", "rantakyla")}),
        ("aino", {("kitee", ""), ("kitee", "kitee")}),
        ("anna", set()),
        ("outi", set()),
    ],
)
def test_staff_see_what_concerns_their_sites_and_municipalities(
    database: Database, world: World, who: str, expected: set[tuple[str, str]]
) -> None:
    found = places_seen(database, world, who)
    assert (set(found), len(found)) == (expected, len(expected))


def test_who_sees_every_site_sees_the_whole_county(database: Database, world: World) -> None:
    def leave_one(session: Any) -> None:
        # A viewer of a county that has one municipality only.
        unit = session.get_one(Unit, world.kitee)
        unit.municipality_id = session.scalars(
            select(Municipality.id).where(Municipality.key == "joensuu")
        ).one()

    transaction(database, leave_one)
    with reading(database) as session:
        from_roles = world.viivi.viewer_units | {world.kitee}
        viewer = type(world.viivi)(person_id=1, viewer_units=from_roles)
        assert sight(session, viewer).sees_all
        assert not sight(session, world.viivi).sees_all


def test_a_place_narrows_what_is_seen(database: Database, world: World) -> None:
    joensuu, rantakyla = Place("joensuu"), Place("joensuu", world.rantakyla)
    assert set(places_seen(database, world, "kaisa", joensuu)) == set(PLACES[1:4])
    assert places_seen(database, world, "kaisa", rantakyla) == [("joensuu", "rantakyla")]
    assert places_seen(database, world, "aino", joensuu) == []


def test_months_outside_are_left_out_and_those_within_added_up(database: Database) -> None:
    world = make_world(database)
    count(database, miss("joensuu"), at(28, 12, month=2))
    for month in (3, 4, 5):
        count(database, miss("joensuu"), at(5, 12, month=month))
    with reading(database) as session:
        seen = sight(session, world.kaisa)
        found = unmet(session, seen, MARCH, APRIL)
    assert found == [Unmet(miss("joensuu"), 2)]


def reject(database: Database, world: World, **changes: Any) -> None:
    booking = make_booking(database, world, **changes)
    who = world.aino if changes.get("room_id") == world.cabinet else world.veli
    transaction(
        database,
        lambda session: decide_booking(
            session, booking.id, "reject", 1, "Sali on remontissa", actor=who, now=NOW
        ),
    )


def rejected(place: Place, people: int, *features: str) -> Miss:
    """A meeting on a Wednesday at ten, as its rejection is counted."""
    return Miss("rejection", "rejected", place, 2, 10, people, "meeting", features)


def test_rejections_are_read_from_the_bookings_and_others_are_not(database: Database) -> None:
    world = make_world(database)
    reject(database, world, needed_features=frozenset({"lift"}))
    reject(database, world, room_id=world.cabinet, people=4)
    make_booking(database, world)
    hall, small = Place("joensuu", world.rantakyla), Place("kitee", world.kitee)
    expected = {
        world.rantakyla: Unmet(rejected(hall, 10, "lift"), 1),
        world.kitee: Unmet(rejected(small, 5), 1),
    }
    for who, units in (
        ("kaisa", [world.rantakyla, world.kitee]),
        ("veli", [world.rantakyla]),
        ("aino", [world.kitee]),
    ):
        with reading(database) as session:
            seen = sight(session, world.actors[who])
            assert unmet(session, seen, MARCH, MARCH) == [expected[unit] for unit in units]
            assert unmet(session, seen, APRIL, APRIL) == []
    with reading(database) as session:
        seen = sight(session, world.kaisa)
        for place in (Place("kitee"), Place("kitee", world.kitee)):
            assert unmet(session, seen, MARCH, MARCH, place) == [expected[world.kitee]]
