"""Keeping rooms true: who may, what can't be said, what bookings to come would break, on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.errors import BreaksBookings, Forbidden, InvalidValues, NotFound, Stale
from booking.models import AuditEntry, Room, RoomFeature
from booking.queries.catalogue import catalogue
from booking.services.decisions import decide_booking
from booking.services.rooms import FeatureFact, add_room, edit_room, set_features
from tests.support.acts import all_rows, do
from tests.support.world import World, at, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def edited(database: Database, world: World, values: dict[str, Any], **more: Any) -> Room:
    room: Room = do(
        database,
        edit_room,
        more.get("room", world.half_a),
        more.get("version", 1),
        values,
        more.get("accepted", ()),
        actor=more.get("actor", world.veli),
    )
    return room


def faults(error: pytest.ExceptionInfo[InvalidValues]) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in error.value.faults]


def test_a_rooms_facts_are_changed_and_written_down(database: Database, world: World) -> None:
    values = {
        "name": LocalText("Sali Koivu", "Sal Björk", "Hall Birch"),
        "layouts": {"theatre": 30, "groups": 24},
        "equipment": ["display", "whiteboard"],
        "owner": "Joensuun kaupunki",
        "outside_use": "yes",
        "fire_max_people": 40,
        "emergency_number": "112",
        "latest_end_minute": 20 * 60,
        "available_until": date(2028, 12, 31),
        "contact_phone": "013 123 456",
    }
    room = edited(database, world, values)
    assert {name: getattr(room, name) for name in values} == values
    assert room.version == 2
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "edit_room"))
    assert entry.before["name"] == {"fi": "Sali A"}
    assert entry.after["available_until"] == "2028-12-31"
    # Of contacts the audit says that they changed, not what they are.
    assert (entry.before.get("contact_phone"), entry.after["contact_phone"]) == (None, "changed")


def test_saving_what_is_there_changes_nothing(database: Database, world: World) -> None:
    assert edited(database, world, {"capacity": 30, "owner": None}).version == 1
    assert all_rows(database, select(AuditEntry)) == []


def test_a_room_changed_meanwhile_is_not_overwritten(database: Database, world: World) -> None:
    edited(database, world, {"capacity": 25})
    with pytest.raises(Stale) as error:
        edited(database, world, {"capacity": 20}, version=1)
    assert error.value.params == {"current_version": 2}
    assert all_rows(database, select(Room.capacity).where(Room.id == world.half_a)) == [25]


def test_only_staff_of_the_unit_keep_its_rooms(database: Database, world: World) -> None:
    for actor in (world.anna, world.pekka, world.aino, world.kaisa, world.viivi, world.outi):
        with pytest.raises(Forbidden):
            edited(database, world, {"capacity": 5}, actor=actor)
        with pytest.raises(Forbidden):
            do(database, add_room, world.rantakyla, {"name": LocalText("X")}, actor=actor)
    assert edited(database, world, {"capacity": 5}, actor=world.yllapito).capacity == 5
    with pytest.raises(NotFound):
        edited(database, world, {"capacity": 5}, room=10_000)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": LocalText(" ")}, [("name_required", "name")]),
        ({"name": LocalText("x" * 201)}, [("too_long_text", "name")]),
        ({"capacity": 0}, [("number_out_of_range", "capacity")]),
        ({"capacity": True}, [("number_out_of_range", "capacity")]),
        ({"step_minutes": 7}, [("bad_step", "step_minutes")]),
        ({"min_minutes": 40}, [("not_whole_steps", "min_minutes")]),
        ({"min_minutes": 120, "max_minutes": 60}, [("longest_below_shortest", "max_minutes")]),
        ({"max_minutes": 32 * 1440}, [("number_out_of_range", "max_minutes")]),
        ({"outside_use": "maybe"}, [("bad_choice", "outside_use")]),
        ({"activities": ["dance"]}, [("bad_choice", "activities")]),
        ({"activities": []}, [("activity_required", "activities")]),
        ({"equipment": ["telescope"]}, [("bad_choice", "equipment")]),
        ({"layouts": {"theatre": 31}}, [("more_than_capacity", "layouts")]),
        ({"layouts": {"circus": 3}}, [("bad_choice", "layouts")]),
        ({"fire_max_people": 29}, [("more_than_fire_safety_allows", "capacity")]),
        ({"latest_end_minute": 1441}, [("bad_time", "latest_end_minute")]),
        ({"elsewhere_url": "javascript:alert(1)"}, [("bad_url", "elsewhere_url")]),
        ({"elsewhere_url": "https://"}, [("bad_url", "elsewhere_url")]),
        ({"elsewhere_url": "https://a@b.fi/"}, [("bad_url", "elsewhere_url")]),
        ({"elsewhere_url": "https://[::1"}, [("bad_url", "elsewhere_url")]),
        ({"elsewhere_url": 'https://a.fi"onclick=x'}, [("bad_url", "elsewhere_url")]),
        ({"elsewhere_url": "https://\u202eevil.fi"}, [("bad_url", "elsewhere_url")]),
        ({"elsewhere_url": "https://a.fi:99999"}, [("bad_url", "elsewhere_url")]),
        (
            {"activity_reasons": {"event": {"fi": "x" * 301}}},
            [("too_long_text", "activity_reasons")],
        ),
        (
            {"activity_reasons": {"event": {"fi": "x", "de": "x"}}},
            [("bad_choice", "activity_reasons")],
        ),
        ({"contact_email": "ei osoite"}, [("bad_email", "contact_email")]),
        ({"contact_phone": "soita meille"}, [("bad_phone", "contact_phone")]),
        ({"emergency_number": "1" * 41}, [("bad_phone", "emergency_number")]),
        ({"arrival": LocalText("", "Från gården")}, [("finnish_first", "arrival")]),
        ({"keys": LocalText("x" * 4001)}, [("too_long_text", "keys")]),
        ({"owner": "x" * 201}, [("too_long_text", "owner")]),
        ({"activity_reasons": {"event": {"sv": "x"}}}, [("finnish_first", "activity_reasons")]),
        ({"outside_use": "no"}, [("outside_use_forbidden", "published")]),
        (
            {"capacity": 0, "step_minutes": 7},
            [("number_out_of_range", "capacity"), ("bad_step", "step_minutes")],
        ),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    database: Database, world: World, values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidValues) as error:
        edited(database, world, values)
    assert faults(error) == expected
    assert all_rows(database, select(Room.version).where(Room.id == world.half_a)) == [1]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"capacity": 9}, "too_many_people"),
        ({"activities": ["group"]}, "activity_not_allowed"),
        ({"published": False}, "not_published"),
        ({"elsewhere_url": "https://varaa.example.fi"}, "not_published"),
        ({"available_until": date(2027, 3, 9)}, "not_available_then"),
        ({"latest_end_minute": 11 * 60}, "not_available_then"),
    ],
)
def test_a_change_that_breaks_bookings_to_come_names_them_first(
    database: Database, world: World, values: dict[str, Any], code: str
) -> None:
    booking = make_booking(database, world)
    make_booking(database, world, room_id=world.half_b)  # another room's booking is not concerned
    with pytest.raises(BreaksBookings) as error:
        edited(database, world, values)
    [broken] = error.value.bookings
    assert (broken.booking_id, broken.room_id, broken.code) == (booking.id, world.half_a, code)
    assert (broken.title, broken.organisation) == ("Hallituksen kokous", "Virta ry")
    assert (broken.starts_at, broken.ends_at) == (at(10, 10), at(10, 12))
    room = edited(database, world, values, accepted=[booking.id])
    assert {name: getattr(room, name) for name in values} == values


def test_bookings_that_came_after_the_list_was_shown_are_shown_too(
    database: Database, world: World
) -> None:
    seen = make_booking(database, world)
    make_booking(database, world, period=slot(11, 10))
    with pytest.raises(BreaksBookings) as error:
        edited(database, world, {"capacity": 5}, accepted=[seen.id])
    assert len(error.value.bookings) == 2


def test_what_was_against_the_rules_before_is_no_news(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    edited(database, world, {"capacity": 5}, accepted=[booking.id])
    assert edited(database, world, {"capacity": 4}, version=2).capacity == 4


def test_past_and_called_off_bookings_break_by_nothing(database: Database, world: World) -> None:
    rejected = make_booking(database, world)
    work = (decide_booking, rejected.id, "reject", 1, "Ei sovi")
    do(database, *work, actor=world.veli)
    make_booking(database, world, period=slot(4, 10))
    room = do(
        database, edit_room, world.half_a, 1, {"capacity": 5}, actor=world.veli, now=at(5, 10)
    )
    assert room.capacity == 5


def test_a_new_room_has_floor_of_its_own_and_is_not_yet_published(
    database: Database, world: World
) -> None:
    values = {"name": LocalText("Verstas"), "capacity": 8, "external_id": "tila-9"}
    room = do(database, add_room, world.rantakyla, values, actor=world.veli)
    with reading(database) as session:
        rules = catalogue(session).room(room.id)
    assert (rules.published, rules.capacity, rules.neighbours) == (False, 8, (room.id,))
    assert rules.outside_use == "unknown"
    with pytest.raises(InvalidValues) as error:
        do(database, add_room, world.rantakyla, values, actor=world.veli)
    assert faults(error) == [("external_id_taken", "external_id")]
    with pytest.raises(InvalidValues) as error:
        do(database, add_room, world.rantakyla, {"name": LocalText("Y")}, actor=world.veli)
    assert faults(error) == [("number_out_of_range", "capacity")]


def test_a_new_room_can_be_made_of_floor_that_is_there(database: Database, world: World) -> None:
    with reading(database) as session:
        north, _south = catalogue(session).room(world.hall).space_ids
    values = {"name": LocalText("Nurkka"), "capacity": 8}
    room = do(database, add_room, world.rantakyla, values, [north], actor=world.veli)
    with reading(database) as session:
        rules = catalogue(session).room(room.id)
    assert rules.neighbours == (world.hall, world.half_a, room.id)
    with pytest.raises(InvalidValues) as error:
        do(database, add_room, world.kitee, values, [north], actor=world.aino)
    assert faults(error) == [("spaces_of_one_unit", "spaces")]


def test_facts_of_accessibility_bear_who_checked_them_and_when(
    database: Database, world: World
) -> None:
    facts = {
        "door_width": FeatureFact("yes", LocalText("Pariovi"), measure_cm=95),
        "accessible_parking": FeatureFact("yes", None, measure_cm=1500, count=2),
        "accessible_toilet": FeatureFact("yes", None, side="both"),
        "quiet": FeatureFact("unknown"),
    }
    do(database, set_features, world.cabinet, 1, facts, "Esteettömyyskartoittaja", actor=world.aino)
    rows = {
        row.code: (row.value, row.measure_cm, row.count, row.side, row.checked_on, row.checked_by)
        for row in all_rows(
            database, select(RoomFeature).where(RoomFeature.room_id == world.cabinet)
        )
    }
    today, who = date(2027, 3, 1), "Esteettömyyskartoittaja"
    assert rows == {
        "door_width": ("yes", 95, None, None, today, who),
        "accessible_parking": ("yes", 1500, 2, None, today, who),
        "accessible_toilet": ("yes", None, None, "both", today, who),
        "quiet": ("unknown", None, None, None, None, None),
    }
    with reading(database) as session:
        rules = catalogue(session).room(world.cabinet)
    assert [code for code in FEATURES if rules.feature(code) == "yes"] == [
        "accessible_toilet",
        "accessible_parking",
        "door_width",
    ]


def test_facts_that_were_not_looked_at_stay_as_they_are(database: Database, world: World) -> None:
    facts = {"lift": FeatureFact("no")}
    room = do(database, set_features, world.half_a, 1, facts, "Vahtimestari", actor=world.veli)
    assert {row.code: row.value for row in room.features} == {
        "step_free": "yes",
        "induction_loop": "no",
        "lift": "no",
    }


@pytest.mark.parametrize(
    ("facts", "checked_by", "expected"),
    [
        ({"lift": FeatureFact("no")}, " ", [("checker_required", "checked_by")]),
        ({"lift": FeatureFact("no")}, "x" * 121, [("too_long_text", "checked_by")]),
        ({"sauna": FeatureFact("yes")}, "V", [("bad_choice", "sauna")]),
        ({"lift": FeatureFact("perhaps")}, "V", [("bad_choice", "lift")]),
        ({"lift": FeatureFact("yes", None, -1)}, "V", [("number_out_of_range", "lift")]),
        ({"quiet": FeatureFact("yes", None, 90)}, "V", [("number_out_of_range", "quiet")]),
        ({"lift": FeatureFact("yes", None, None, 2)}, "V", [("number_out_of_range", "lift")]),
        ({"lift": FeatureFact("yes", side="left")}, "V", [("bad_choice", "lift")]),
        ({"lift": FeatureFact("yes", LocalText(""))}, "V", [("finnish_first", "lift")]),
        (
            {"lift": FeatureFact("yes", LocalText("x", "y" * 4001))},
            "V",
            [("too_long_text", "lift")],
        ),
    ],
)
def test_facts_that_cannot_be_are_refused(
    database: Database,
    world: World,
    facts: dict[str, FeatureFact],
    checked_by: str,
    expected: list[tuple[str, str]],
) -> None:
    with pytest.raises(InvalidValues) as error:
        do(database, set_features, world.half_a, 1, facts, checked_by, actor=world.veli)
    assert faults(error) == expected
