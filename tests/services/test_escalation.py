"""A request that nobody decides: reminded, passed on, lapsed where the unit says so; each step once, whoever does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.local_time import local
from booking.errors import BookingError
from booking.models import Absence, AuditEntry, Booking, OutboxMessage, StaffRole, Unit
from booking.services.bookings import cancel_booking, move_booking
from booking.services.decisions import decide_booking
from booking.services.escalation import escalate, undecided
from tests.support.acts import all_rows, do, held
from tests.support.world import NOW, World, make_booking, make_world, slot

HOUR = timedelta(hours=1)
FAR = slot(20, 10, month=4)  # a Tuesday, so that every step comes before it


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def ask(database: Database, world: World, **changes: Any) -> Booking:
    return make_booking(database, world, **{"period": FAR, **changes})


def step(database: Database, booking: Booking, hours: float) -> str | None:
    return transaction(database, lambda session: escalate(session, booking.id, NOW + hours * HOUR))


def due(database: Database, hours: float) -> list[int]:
    with reading(database) as session:
        return undecided(session, NOW + hours * HOUR)


def told(database: Database, *kinds: str) -> list[tuple[str, str]]:
    rows = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.kind, row.recipient.partition("@")[0]) for row in rows if row.kind in kinds]


def set_unit(database: Database, world: World, **values: Any) -> None:
    def work(session: Session) -> None:
        for name, value in values.items():
            setattr(session.get_one(Unit, world.rantakyla), name, value)

    transaction(database, work)


def stands_in(database: Database, world: World, who: str, first: datetime, last: datetime) -> None:
    absence = Absence(
        person_id=world.veli.person_id,
        stand_in_id=world.actors[who].person_id,
        unit_id=world.rantakyla,
        first_day=local(first).date(),
        last_day=local(last).date(),
    )
    transaction(database, lambda session: session.add(absence))


def test_the_steps_come_one_after_the_other(database: Database, world: World) -> None:
    booking = ask(database, world)
    found = [step(database, booking, hours) for hours in (47, 48, 49, 96, 97, 168, 169, 900)]
    assert found == [
        None,
        "remind",
        None,
        "pass_to_stand_in",
        None,
        "pass_to_coordinator",
        None,
        None,
    ]
    assert told(database, "reminder", "escalated") == [
        ("reminder", "veli"),
        ("escalated", "veli"),
        ("escalated", "kaisa"),
    ]
    entries = all_rows(database, select(AuditEntry).order_by(AuditEntry.id))
    assert [(one.action, one.actor_name, one.after) for one in entries[1:]] == [
        ("remind", "Yhteistila", {"escalation": 1}),
        ("pass_to_stand_in", "Yhteistila", {"escalation": 2}),
        ("pass_to_coordinator", "Yhteistila", {"escalation": 3}),
    ]
    [row] = all_rows(database, select(Booking))
    # Whoever has the request open can still decide on what they see.
    assert (row.state, row.version, row.escalation) == ("requested", 1, 3)


def test_only_requests_with_a_step_due_are_found(database: Database, world: World) -> None:
    first = ask(database, world)
    second = ask(database, world, room_id=world.half_b)
    soon = ask(database, world, period=slot(3, 8))
    do(database, decide_booking, second.id, "approve", 1, None, actor=world.veli)
    assert due(database, 47) == []
    # What begins before its step comes is never told.
    assert due(database, 48) == [first.id]
    assert step(database, soon, 48) is None
    step(database, first, 48)
    assert due(database, 48) == []


def test_the_units_own_hours_count(database: Database, world: World) -> None:
    set_unit(database, world, remind_after_hours=1)
    booking = ask(database, world)
    assert [step(database, booking, hours) for hours in (0.9, 1)] == [None, "remind"]


def test_after_a_weeks_silence_of_the_worker_the_last_step_is_taken_at_once(
    database: Database, world: World
) -> None:
    booking = ask(database, world)
    assert step(database, booking, 200) == "pass_to_coordinator"
    assert told(database, "reminder", "escalated") == [("escalated", "kaisa")]


def test_nothing_lapses_unless_the_unit_says_so(database: Database, world: World) -> None:
    booking = ask(database, world)
    step(database, booking, 168)
    assert step(database, booking, 1000) is None
    set_unit(database, world, lapse_after_hours=336)
    assert step(database, booking, 336) == "lapse"
    assert told(database, "lapsed") == [("lapsed", "anna")]
    [row] = all_rows(database, select(Booking))
    assert (row.state, row.version, held(database)) == ("lapsed", 2, [])
    assert step(database, booking, 337) is None


def test_a_stand_in_is_told_only_while_they_stand_in(database: Database, world: World) -> None:
    at = NOW + 96 * HOUR
    stands_in(database, world, "viivi", NOW, NOW + 24 * HOUR)  # over by then
    stands_in(database, world, "yllapito", at + 24 * HOUR, at + 48 * HOUR)  # not yet
    stands_in(database, world, "aino", at, at)
    booking = ask(database, world)
    step(database, booking, 96)
    assert sorted(told(database, "escalated")) == [("escalated", "aino"), ("escalated", "veli")]


def test_a_coordinator_who_stood_in_is_told_once(database: Database, world: World) -> None:
    stands_in(database, world, "kaisa", NOW, NOW + 400 * HOUR)
    booking = ask(database, world)
    for hours in (48, 96, 168):
        step(database, booking, hours)
    assert sorted(told(database, "escalated")) == [("escalated", "kaisa"), ("escalated", "veli")]
    [row] = all_rows(database, select(Booking))
    assert row.escalation == 3


def test_a_site_without_an_approver_still_reaches_the_coordinator(
    database: Database, world: World
) -> None:
    def leave(session: Session) -> None:
        own = StaffRole.unit_id == world.rantakyla
        session.delete(session.scalars(select(StaffRole).where(own)).one())

    transaction(database, leave)
    booking = ask(database, world)
    assert [step(database, booking, hours) for hours in (48, 96, 168)] == [
        "remind",
        "pass_to_stand_in",
        "pass_to_coordinator",
    ]
    assert told(database, "reminder", "escalated") == [("escalated", "kaisa")]


def test_what_was_passed_on_the_coordinator_decides(database: Database, world: World) -> None:
    booking = ask(database, world)
    step(database, booking, 168)
    done = do(database, decide_booking, booking.id, "approve", 1, None, actor=world.kaisa)
    assert done.state == "approved"


def test_an_approved_booking_moved_by_its_people_waits_anew(
    database: Database, world: World
) -> None:
    booking = ask(database, world)
    step(database, booking, 168)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    later = slot(21, 10, month=4)
    at = NOW + 170 * HOUR
    target = (booking.id, 2, world.half_a, later, None)
    do(database, move_booking, *target, actor=world.anna, now=at)
    assert [step(database, booking, hours) for hours in (217, 218)] == [None, "remind"]


def test_what_is_decided_or_called_off_is_left_alone(database: Database, world: World) -> None:
    rejected = ask(database, world)
    cancelled = ask(database, world, room_id=world.half_b)
    do(database, decide_booking, rejected.id, "reject", 1, "Syy", actor=world.veli)
    do(database, cancel_booking, cancelled.id, 1, None, actor=world.anna)
    assert [step(database, one, 200) for one in (rejected, cancelled)] == [None, None]
    assert told(database, "reminder", "escalated") == []
    assert transaction(database, lambda session: escalate(session, 9999, NOW)) is None


@pytest.mark.parametrize("turn", range(4))
def test_two_workers_take_a_step_once(database: Database, world: World, turn: int) -> None:
    booking = ask(database, world)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: step(database, booking, 48), range(2)))
    assert sorted(map(str, found)) == ["None", "remind"]
    assert told(database, "reminder") == [("reminder", "veli")]


@pytest.mark.parametrize("turn", range(4))
def test_either_it_is_decided_or_it_lapses(database: Database, world: World, turn: int) -> None:
    set_unit(database, world, lapse_after_hours=336)
    booking = ask(database, world)
    late = NOW + 336 * HOUR

    def decide() -> str:
        try:
            do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli, now=late)
        except BookingError as error:
            return error.code
        return "approved"

    acts = [decide, lambda: step(database, booking, 336)]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda act: act(), acts if turn % 2 else acts[::-1]))
    [row] = all_rows(database, select(Booking))
    if row.state == "approved":
        assert set(outcomes) == {"approved", None}
    else:
        assert set(outcomes) == {"stale", "lapse"}
