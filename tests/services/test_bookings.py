"""Asking and deciding: rows, audit and refusals, on both databases."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.requests import BookingEdit
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
from booking.services.bookings import (
    cancel_booking,
    edit_booking,
    move_booking,
    request_booking,
)
from booking.services.decisions import decide_booking
from booking.services.occupancy import locked_rules
from tests.support.acts import all_rows, change_room, do, held
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_a_request_holds_the_room_and_is_written_down(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    assert (booking.state, booking.version, booking.sequence) == ("requested", 1, 0)
    assert [source for _, source in held(database)] == ["booking"]
    mails = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    assert [(mail.kind, mail.recipient) for mail in mails] == [
        ("asked", "anna@demo.example"),
        ("to_decide", "veli@demo.example"),
    ]
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
    mails = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    assert [mail.kind for mail in mails] == ["asked", "to_decide", "approved"]
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


def test_nothing_is_approved_cancelled_or_rewritten_after_its_start(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    late = booking.starts_at + timedelta(seconds=1)
    with pytest.raises(WrongState, match="already_started"):
        do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli, now=late)
    with pytest.raises(WrongState, match="already_started"):
        do(database, cancel_booking, booking.id, 1, None, actor=world.anna, now=late)
    with pytest.raises(WrongState, match="already_started"):
        do(
            database,
            edit_booking,
            booking.id,
            1,
            BookingEdit(people=25),
            actor=world.anna,
            now=late,
        )


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
    # A message to the requester is no reason to go over it.
    with pytest.raises(RoomTaken):
        do(database, decide_booking, booking.id, "approve", 1, "Tervetuloa", actor=world.veli)
    said = (booking.id, "approve", 1, None, None, "Sovittu Outlookin varaajan kanssa")
    done = do(database, decide_booking, *said, actor=world.veli)
    assert (done.state, done.reason) == ("approved", None)


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


def test_an_unpublished_room_is_not_there_for_askers(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    change_room(database, world.half_b, published=False)
    with pytest.raises(NotFound):
        make_booking(database, world, room_id=world.half_b)
    target = (booking.id, 1, world.half_b, slot(11, 10), None)
    with pytest.raises(NotFound):
        do(database, move_booking, *target, actor=world.anna)


def test_rules_changed_while_one_waited_for_the_room_are_the_ones_that_count(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world, people=20)
    holds_it, may_go_on = threading.Event(), threading.Event()

    def lower(session: Session) -> None:
        locked_rules(session, world.half_a)
        holds_it.set()
        assert may_go_on.wait(20)
        session.get_one(Room, world.half_a).capacity = 5

    with ThreadPoolExecutor(2) as pool:
        lowered = pool.submit(transaction, database, lower)
        assert holds_it.wait(20)
        approved = pool.submit(
            do, database, decide_booking, booking.id, "approve", 1, None, actor=world.veli
        )
        wait_until_somebody_waits(database)
        may_go_on.set()
        lowered.result()
        with pytest.raises(PolicyRefusal, match="too_many_people"):
            approved.result()


def wait_until_somebody_waits(database: Database) -> None:
    """Come back when a writer stands behind another one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if database.is_sqlite:
            waits = bool(database._queue and database._queue._waiting)
        else:
            with database.glance() as connection:
                waits = bool(
                    connection.exec_driver_sql(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted"
                    ).scalar()
                )
        if waits:
            return
    raise AssertionError("nobody waits")
