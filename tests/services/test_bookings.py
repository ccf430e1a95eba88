"""Asking, deciding, moving, cancelling: rows, audit and refusals, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PolicyRefusal,
    RoomTaken,
    Stale,
    WrongState,
)
from booking.models import (
    AuditEntry,
    Booking,
    CalendarText,
    Occupancy,
    OpeningException,
    OutboxMessage,
    Room,
    Unit,
)
from booking.services.blocks import block_room, lift_block
from booking.services.bookings import (
    BookingEdit,
    cancel_booking,
    decide_booking,
    edit_booking,
    move_booking,
    request_booking,
)
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def do(database: Database, work: Callable[..., Any], *args: Any, actor: Any, now: Any = NOW) -> Any:
    return transaction(database, lambda session: work(session, *args, actor=actor, now=now))


def all_rows(database: Database, query: Any) -> list[Any]:
    with reading(database) as session:
        return list(session.scalars(query))


def held(database: Database) -> list[tuple[int, str]]:
    with reading(database) as session:
        rows = session.execute(
            select(Occupancy.space_id, Occupancy.source).order_by(Occupancy.space_id)
        ).all()
    return [(row.space_id, row.source) for row in rows]


def change_room(database: Database, room_id: int, **changes: Any) -> None:
    def work(session: Session) -> None:
        room = session.get_one(Room, room_id)
        for name, value in changes.items():
            setattr(room, name, value)

    transaction(database, work)


def test_a_request_holds_the_room_and_is_written_down(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    assert (booking.state, booking.version, booking.sequence) == ("requested", 1, 0)
    assert [source for _, source in held(database)] == ["booking"]
    assert [mail.kind for mail in all_rows(database, select(OutboxMessage))] == ["asked"]
    [entry] = all_rows(database, select(AuditEntry))
    assert (entry.action, entry.object_kind, entry.object_id, entry.actor_name) == (
        "request_booking",
        "booking",
        booking.id,
        "Anna Virtanen",
    )
    assert all_rows(database, select(CalendarText)) == []


def test_audit_never_holds_needs_or_contacts(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, edit_booking, booking.id, 1, BookingEdit(needs="Näkövamma"), actor=world.anna)
    written = "".join(
        f"{entry.before}{entry.after}" for entry in all_rows(database, select(AuditEntry))
    )
    assert "Näkövamma" not in written
    assert "Pyörätuoli" not in written
    assert "demo.example" not in written
    assert "'needs': 'changed'" in written


@pytest.mark.parametrize("second", ["half_a", "hall"])
def test_a_taken_room_is_refused_with_times_only(
    database: Database, world: World, second: str
) -> None:
    first = make_booking(database, world)
    with pytest.raises(RoomTaken) as refusal:
        make_booking(database, world, room_id=getattr(world, second), period=slot(10, 11))
    assert refusal.value.conflicts == (Conflict("booking", first.starts_at, first.ends_at),)
    assert len(all_rows(database, select(Booking))) == 1


def test_the_other_half_and_the_next_slot_stay_free(database: Database, world: World) -> None:
    make_booking(database, world)
    make_booking(database, world, room_id=world.half_b)
    make_booking(database, world, period=slot(10, 12))
    assert len(held(database)) == 3


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"period": slot(13, 10)}, ["closed"]),  # a Saturday
        ({"period": slot(10, 19)}, ["closed"]),  # over the closing hour
        ({"period": slot(1, 10)}, ["too_late"]),  # within the notice of a day
        ({"people": 31}, ["too_many_people"]),
        ({"period": slot(10, 10, hours=0.25)}, ["too_short"]),
        ({"period": slot(10, 10, hours=0.6)}, ["wrong_step"]),
        ({"activity": "party", "people": 99}, ["activity_not_allowed", "too_many_people"]),
    ],
)
def test_the_rooms_rules_refuse_with_every_reason(
    database: Database, world: World, changes: dict[str, Any], codes: list[str]
) -> None:
    with pytest.raises(PolicyRefusal) as refusal:
        make_booking(database, world, **changes)
    assert [one.code for one in refusal.value.refusals] == codes
    assert held(database) == []


@pytest.mark.parametrize("who", ["outi", "toini", "viivi", "aino"])
def test_nobody_asks_in_another_organisations_name(
    database: Database, world: World, who: str
) -> None:
    with pytest.raises(Forbidden):
        transaction(
            database,
            lambda session: request_booking(
                session, booking_request(world), world.actors[who], NOW
            ),
        )


def test_an_approval_confirms_tells_and_shows(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    decided = do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    assert (decided.state, decided.version, decided.sequence) == ("approved", 2, 1)
    assert decided.decided_by_name == "Veli Vastaava, palveluesihenkilö"
    assert [
        mail.kind for mail in all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    ] == ["asked", "approved"]
    [text] = all_rows(database, select(CalendarText))
    assert "SUMMARY:Varattu" in text.text
    assert "Hallituksen" not in text.text


def test_a_rejection_needs_a_reason_and_frees_the_room(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with pytest.raises(InvalidInput, match="reason_required"):
        do(database, decide_booking, booking.id, "reject", 1, "", actor=world.veli)
    do(database, decide_booking, booking.id, "reject", 1, "Tila remontissa", actor=world.veli)
    assert held(database) == []
    assert all_rows(database, select(CalendarText)) == []


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("anna", Forbidden),
        ("pekka", Forbidden),
        ("viivi", Forbidden),
        ("kaisa", Forbidden),
        ("aino", NotFound),
        ("outi", NotFound),
    ],
)
def test_only_the_units_approver_decides(
    database: Database, world: World, who: str, error: type[Exception]
) -> None:
    booking = make_booking(database, world)
    with pytest.raises(error):
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.actors[who])


def test_a_decision_on_an_older_version_is_refused(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, edit_booking, booking.id, 1, BookingEdit(people=12), actor=world.anna)
    with pytest.raises(Stale) as stale:
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    assert stale.value.params == {"current_version": 2}


def test_what_is_cancelled_is_not_approved(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, cancel_booking, booking.id, 1, None, actor=world.anna)
    with pytest.raises(WrongState):
        do(database, decide_booking, booking.id, "approve", 2, None, actor=world.veli)
    assert held(database) == []


def test_nothing_is_approved_or_cancelled_after_its_start(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    late = booking.starts_at + timedelta(seconds=1)
    with pytest.raises(WrongState, match="already_started"):
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli, now=late)
    with pytest.raises(WrongState, match="already_started"):
        do(database, cancel_booking, booking.id, 1, None, actor=world.anna, now=late)


def test_approval_checks_the_rules_again(database: Database, world: World) -> None:
    booking = make_booking(database, world)

    def close(session: Session) -> None:
        unit = session.get_one(Unit, world.rantakyla)
        unit.opening_exceptions.append(OpeningException(day=booking.starts_at.date()))

    transaction(database, close)
    change_room(database, world.half_a, capacity=9, activities=["event"], published=False)
    with pytest.raises(PolicyRefusal) as refusal:
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    assert [one.code for one in refusal.value.refusals] == [
        "not_published",
        "activity_not_allowed",
        "closed",
        "too_many_people",
    ]


def test_approving_over_foreign_busy_time_needs_a_reason(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    space = held(database)[0][0]
    foreign = Occupancy(
        space_id=space, starts_at=booking.starts_at, ends_at=booking.ends_at, source="foreign"
    )
    transaction(database, lambda session: session.add(foreign))
    with pytest.raises(RoomTaken) as taken:
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    assert [conflict.kind for conflict in taken.value.conflicts] == ["foreign"]
    done = do(
        database,
        decide_booking,
        booking.id,
        "approve",
        1,
        "Sovittu Outlookin varaajan kanssa",
        actor=world.veli,
    )
    assert done.state == "approved"


def test_foreign_busy_time_blocks_a_new_booking(database: Database, world: World) -> None:
    make_booking(database, world)
    space = held(database)[0][0]
    period = slot(11, 10)
    foreign = Occupancy(
        space_id=space, starts_at=period.start, ends_at=period.end, source="foreign"
    )
    transaction(database, lambda session: session.add(foreign))
    with pytest.raises(RoomTaken):
        make_booking(database, world, period=period)


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


def test_blocks_join_and_part(database: Database, world: World) -> None:
    first = do(
        database, block_room, world.hall, slot(15, 8, hours=4), "Lattian vahaus", actor=world.veli
    )
    do(database, block_room, world.half_a, slot(15, 10, hours=4), "Inventaario", actor=world.veli)
    assert len(held(database)) == 2
    with pytest.raises(RoomTaken) as taken:
        make_booking(database, world, period=slot(15, 12, hours=1))
    assert taken.value.conflicts == (Conflict("block", slot(15, 8).start, slot(15, 14).start),)
    do(database, lift_block, first.id, actor=world.veli)
    do(database, lift_block, first.id, actor=world.veli)
    assert len(held(database)) == 1
    make_booking(database, world, period=slot(15, 8, hours=2))


def test_a_block_over_a_booking_is_refused_and_lists_it(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with pytest.raises(RoomTaken) as taken:
        do(database, block_room, world.hall, slot(10, 8, hours=12), "Remontti", actor=world.veli)
    assert taken.value.conflicts == (Conflict("booking", booking.starts_at, booking.ends_at),)


@pytest.mark.parametrize("who", ["anna", "kaisa", "viivi", "aino", "outi"])
def test_only_the_units_approver_blocks(database: Database, world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        do(database, block_room, world.hall, slot(15, 8), "Oma", actor=world.actors[who])
