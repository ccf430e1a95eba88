"""Dividing and joining floor: what happens to bookings, and that nothing is ever held twice, on both databases."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.texts import LocalText
from booking.errors import (
    BreaksBookings,
    Forbidden,
    InvalidValues,
    NotFound,
    RoomTaken,
    Stale,
    WrongState,
)
from booking.models import AuditEntry, Block, Booking, Occupancy, Room, Space, room_space
from booking.queries.catalogue import catalogue
from booking.queries.invariants import (
    bookings_without_their_time,
    overlaps,
    time_without_its_booking,
)
from booking.services.blocks import block_room, lift_block
from booking.services.rooms import add_room
from booking.services.spaces import divide_space, join_spaces, set_room_spaces
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, at, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def spaces_of(database: Database, room_id: int) -> tuple[int, ...]:
    with reading(database) as session:
        return catalogue(session).room(room_id).space_ids


def holds_of(database: Database, booking_id: int) -> set[int]:
    return set(
        all_rows(database, select(Occupancy.space_id).where(Occupancy.booking_id == booking_id))
    )


def state_of(database: Database, booking_id: int) -> str:
    [state] = all_rows(database, select(Booking.state).where(Booking.id == booking_id))
    return str(state)


def assert_whole(database: Database) -> None:
    with reading(database) as session:
        assert overlaps(session) == 0
        assert bookings_without_their_time(session) == 0
        assert time_without_its_booking(session) == 0


def codes(error: pytest.ExceptionInfo[InvalidValues]) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in error.value.faults]


def test_a_divided_space_is_held_in_all_its_parts(database: Database, world: World) -> None:
    booking = make_booking(database, world, room_id=world.cabinet, activity="meeting")
    [space] = spaces_of(database, world.cabinet)
    parts = do(database, divide_space, space, ["Kabinetti 1", "Kabinetti 2"], actor=world.aino)
    ids = {part.id for part in parts}
    assert space in ids
    assert len(ids) == 2
    assert set(spaces_of(database, world.cabinet)) == ids
    assert holds_of(database, booking.id) == ids
    assert_whole(database)


def test_a_block_stays_in_all_parts_of_a_divided_space(database: Database, world: World) -> None:
    do(database, block_room, world.cabinet, slot(11, 8, 4), "Remontti", actor=world.aino)
    [space] = spaces_of(database, world.cabinet)
    parts = do(database, divide_space, space, ["A", "B", "C"], actor=world.aino)
    blocked = all_rows(database, select(Occupancy.space_id).where(Occupancy.source == "block"))
    assert sorted(blocked) == sorted(part.id for part in parts)


def test_halves_that_were_booked_side_by_side_are_not_joined(
    database: Database, world: World
) -> None:
    one = make_booking(database, world)
    other = make_booking(database, world, room_id=world.half_b)
    apart = make_booking(database, world, room_id=world.half_b, period=slot(12, 10))
    north, south = spaces_of(database, world.hall)
    with pytest.raises(BreaksBookings) as error:
        do(database, join_spaces, [north, south], "Sali", actor=world.veli)
    assert [(broken.booking_id, broken.code) for broken in error.value.bookings] == [
        (one.id, "room_taken"),
        (other.id, "room_taken"),
    ]
    assert spaces_of(database, world.hall) == (north, south)
    assert holds_of(database, apart.id) == {south}
    assert_whole(database)


@pytest.mark.parametrize("chosen", ["one", "other"])
def test_joining_cancels_the_chosen_booking_and_keeps_the_rest(
    database: Database, world: World, chosen: str
) -> None:
    one = make_booking(database, world)
    other = make_booking(database, world, room_id=world.half_b)
    apart = make_booking(database, world, room_id=world.half_b, period=slot(12, 10))
    north, south = spaces_of(database, world.hall)
    cancelled, kept = (one, other) if chosen == "one" else (other, one)
    work = (join_spaces, [south, north], "Koko sali", [cancelled.id], "Siirtoseinä poistetaan")
    do(database, *work, actor=world.veli)
    assert spaces_of(database, world.hall) == (north,)
    assert spaces_of(database, world.half_a) == spaces_of(database, world.half_b) == (north,)
    assert [state_of(database, it.id) for it in (cancelled, kept, apart)] == [
        "cancelled",
        "requested",
        "requested",
    ]
    assert holds_of(database, kept.id) == holds_of(database, apart.id) == {north}
    [row] = all_rows(database, select(Booking).where(Booking.id == cancelled.id))
    assert row.cancel_reason == "Siirtoseinä poistetaan"
    assert_whole(database)


def test_after_joining_the_halves_are_one_room_to_the_constraint(
    database: Database, world: World
) -> None:
    north, south = spaces_of(database, world.hall)
    do(database, join_spaces, [north, south], "Sali", actor=world.veli)
    make_booking(database, world)
    with pytest.raises(RoomTaken):
        make_booking(database, world, room_id=world.half_b)
    assert_whole(database)


def test_a_booking_of_the_whole_hall_holds_the_joined_space_once(
    database: Database, world: World
) -> None:
    whole = make_booking(database, world, room_id=world.hall)
    north, south = spaces_of(database, world.hall)
    do(database, join_spaces, [north, south], "Sali", actor=world.veli)
    assert holds_of(database, whole.id) == {north}
    assert_whole(database)


def test_a_room_can_be_made_of_other_spaces(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    north, south = spaces_of(database, world.hall)
    room = do(database, set_room_spaces, world.half_a, 1, [north, south], actor=world.veli)
    assert holds_of(database, booking.id) == {north, south}
    assert room.version == 2
    do(database, set_room_spaces, world.half_a, 2, [south], actor=world.veli)
    assert holds_of(database, booking.id) == {south}
    assert_whole(database)


def test_a_room_does_not_get_floor_that_is_booked_at_the_same_time(
    database: Database, world: World
) -> None:
    one = make_booking(database, world)
    other = make_booking(database, world, room_id=world.half_b)
    north, south = spaces_of(database, world.hall)
    with pytest.raises(BreaksBookings) as error:
        do(database, set_room_spaces, world.half_a, 1, [north, south], actor=world.veli)
    assert {broken.booking_id for broken in error.value.bookings} == {one.id, other.id}
    assert holds_of(database, one.id) == {north}


def test_a_blocked_space_is_not_given_to_a_room_booked_at_that_time(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    north, south = spaces_of(database, world.hall)
    do(database, block_room, world.half_b, slot(10, 9), "Huolto", actor=world.veli)
    with pytest.raises(BreaksBookings) as error:
        do(database, set_room_spaces, world.half_a, 1, [north, south], actor=world.veli)
    assert [broken.booking_id for broken in error.value.bookings] == [booking.id]


def test_a_rooms_block_follows_it_to_its_new_floor(database: Database, world: World) -> None:
    do(database, block_room, world.half_a, slot(10, 9), "Huolto", actor=world.veli)
    north, south = spaces_of(database, world.hall)
    do(database, set_room_spaces, world.half_a, 1, [south], actor=world.veli)
    blocked = all_rows(database, select(Occupancy.space_id).where(Occupancy.source == "block"))
    assert (blocked, [north]) == ([south], [north])


def test_a_rooms_block_is_not_brought_over_a_booking(database: Database, world: World) -> None:
    booking = make_booking(database, world, room_id=world.half_b)
    do(database, block_room, world.half_a, slot(10, 11), "Huolto", actor=world.veli)
    north, south = spaces_of(database, world.hall)
    with pytest.raises(BreaksBookings) as error:
        do(database, set_room_spaces, world.half_a, 1, [north, south], actor=world.veli)
    assert [broken.booking_id for broken in error.value.bookings] == [booking.id]
    work = (set_room_spaces, world.half_a, 1, [north, south], [booking.id], "Huolto")
    do(database, *work, actor=world.veli)
    assert state_of(database, booking.id) == "cancelled"
    assert_whole(database)


def test_what_has_ended_stays_as_it_was_held(database: Database, world: World) -> None:
    one = make_booking(database, world)
    other = make_booking(database, world, room_id=world.half_b)
    north, south = spaces_of(database, world.hall)
    later = at(20, 9)
    do(database, join_spaces, [north, south], "Sali", actor=world.veli, now=later)
    assert (holds_of(database, one.id), holds_of(database, other.id)) == ({north}, {south})
    assert_whole(database)


def test_a_booking_that_has_begun_is_not_cancelled_on_the_way(
    database: Database, world: World
) -> None:
    one = make_booking(database, world)
    make_booking(database, world, room_id=world.half_b)
    spaces = spaces_of(database, world.hall)
    work = (join_spaces, spaces, "Sali", [one.id], "Remontti")
    with pytest.raises(WrongState) as error:
        do(database, *work, actor=world.veli, now=at(10, 11))
    assert error.value.code == "already_started"
    assert_whole(database)


def test_cancelling_on_the_way_needs_a_reason_and_only_what_is_in_the_way(
    database: Database, world: World
) -> None:
    one = make_booking(database, world)
    make_booking(database, world, room_id=world.half_b)
    apart = make_booking(database, world, period=slot(15, 10))
    spaces = spaces_of(database, world.hall)
    with pytest.raises(InvalidValues) as error:
        do(database, join_spaces, spaces, "Sali", [one.id], actor=world.veli)
    assert codes(error) == [("reason_required", "reason")]
    both = [one.id, apart.id]
    with pytest.raises(InvalidValues) as error:
        do(database, join_spaces, spaces, "Sali", both, "Remontti", actor=world.veli)
    assert codes(error) == [("not_in_the_way", "cancel")]
    assert state_of(database, apart.id) == "requested"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Yksi"], [("number_out_of_range", "names")]),
        (["Yksi", " "], [("name_required", "names")]),
        (["Yksi", "Yksi"], [("names_alike", "names")]),
        (["Yksi", "K" * 121], [("too_long_text", "names")]),
        ([str(n) for n in range(13)], [("number_out_of_range", "names")]),
    ],
)
def test_parts_of_a_divided_space_need_names_of_their_own(
    database: Database, world: World, names: list[str], expected: list[tuple[str, str]]
) -> None:
    [space] = spaces_of(database, world.cabinet)
    with pytest.raises(InvalidValues) as error:
        do(database, divide_space, space, names, actor=world.aino)
    assert codes(error) == expected


def test_only_staff_of_the_unit_change_its_floor(database: Database, world: World) -> None:
    north, south = spaces_of(database, world.hall)
    acts: list[tuple[Any, ...]] = [
        (divide_space, north, ["A", "B"]),
        (join_spaces, [north, south], "Sali"),
        (set_room_spaces, world.half_a, 1, [south]),
    ]
    for actor in (world.anna, world.aino, world.kaisa, world.viivi):
        for act in acts:
            with pytest.raises(Forbidden):
                do(database, *act, actor=actor)
    assert spaces_of(database, world.half_a) == (north,)


def test_floor_of_another_unit_is_not_claimed(database: Database, world: World) -> None:
    [foreign] = spaces_of(database, world.cabinet)
    north, _south = spaces_of(database, world.hall)
    for wanted in ([north, foreign], [foreign], [], [north, 10_000]):
        with pytest.raises(InvalidValues) as error:
            do(database, set_room_spaces, world.half_a, 1, wanted, actor=world.yllapito)
        assert codes(error) == [("spaces_of_one_unit", "spaces")]
    with pytest.raises(InvalidValues):
        do(database, join_spaces, [north, foreign], "Sali", actor=world.yllapito)
    with pytest.raises(InvalidValues):
        do(database, join_spaces, [north], "Sali", actor=world.yllapito)
    with pytest.raises(NotFound):
        do(database, join_spaces, [north, 10_000], "Sali", actor=world.yllapito)


def test_a_room_changed_meanwhile_keeps_its_floor(database: Database, world: World) -> None:
    north, south = spaces_of(database, world.hall)
    with pytest.raises(Stale):
        do(database, set_room_spaces, world.half_a, 7, [north, south], actor=world.veli)
    assert spaces_of(database, world.half_a) == (north,)


def test_each_change_of_floor_is_in_the_audit(database: Database, world: World) -> None:
    north, south = spaces_of(database, world.hall)
    do(database, join_spaces, [north, south], "Sali", actor=world.veli)
    do(database, divide_space, north, ["Pohjoispää", "Eteläpää"], actor=world.veli)
    entries = all_rows(database, select(AuditEntry).order_by(AuditEntry.id))
    assert [(one.action, one.object_kind) for one in entries] == [
        ("set_room_spaces", "room"),
        ("set_room_spaces", "room"),
        ("join_spaces", "space"),
        ("set_room_spaces", "room"),
        ("set_room_spaces", "room"),
        ("set_room_spaces", "room"),
        ("divide_space", "space"),
    ]
    assert entries[2].before["names"] == ["Sali, pohjoispää", "Sali, eteläpää"]
    assert entries[6].after["names"] == ["Pohjoispää", "Eteläpää"]


def test_a_lifted_block_gives_back_the_joined_space(database: Database, world: World) -> None:
    def lift(session: Session) -> None:
        [block] = session.scalars(select(Block.id)).all()
        lift_block(session, block, actor=world.veli, now=NOW)

    do(database, block_room, world.half_a, slot(10, 9), "Huolto", actor=world.veli)
    north, south = spaces_of(database, world.hall)
    do(database, join_spaces, [north, south], "Sali", actor=world.veli)
    transaction(database, lift)
    assert all_rows(database, select(Occupancy.id)) == []
    assert [room.name.fi for room in all_rows(database, select(Room).order_by(Room.id))] == [
        "Sali",
        "Sali A",
        "Sali B",
        "Kabinetti",
    ]
    assert len(all_rows(database, select(Space))) == 3


def test_a_form_opened_before_a_division_undoes_nothing(database: Database, world: World) -> None:
    """A division counts the versions of the rooms it concerns: who saw the undivided floor is told."""
    north, south = spaces_of(database, world.hall)
    do(database, divide_space, north, ["Pohjoinen 1", "Pohjoinen 2"], actor=world.veli)
    with pytest.raises(Stale):
        do(database, set_room_spaces, world.hall, 1, [south], actor=world.veli)
    assert_whole(database)


def test_floor_joined_away_is_claimed_by_nobody(database: Database, world: World) -> None:
    north, south = spaces_of(database, world.hall)
    do(database, join_spaces, [north, south], "Sali", actor=world.veli)
    values = {"name": LocalText("Nurkka"), "capacity": 5}
    with pytest.raises(InvalidValues) as error:
        do(database, add_room, world.rantakyla, values, [south], actor=world.veli)
    assert codes(error) == [("spaces_of_one_unit", "spaces")]
    with pytest.raises(NotFound):
        do(database, divide_space, south, ["A", "B"], actor=world.veli)


def test_a_room_added_while_its_floor_is_joined_stays_on_living_floor(
    database: Database, world: World
) -> None:
    """Whichever of the two comes first, no room ends on floor that was joined away."""
    north, south = spaces_of(database, world.hall)
    start = threading.Barrier(2)

    def join() -> None:
        start.wait()
        do(database, join_spaces, [north, south], "Sali", actor=world.veli)

    def add() -> None:
        start.wait()
        values = {"name": LocalText("Nurkka"), "capacity": 5}
        with suppress(InvalidValues):
            do(database, add_room, world.rantakyla, values, [south], actor=world.veli)

    threads = [threading.Thread(target=work) for work in (join, add)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(database) as session:
        claimed = set(session.scalars(select(room_space.c.space_id)))
        dead = set(session.scalars(select(Space.id).where(Space.joined_into_id.is_not(None))))
    assert (dead, claimed & dead) == ({south}, set())
