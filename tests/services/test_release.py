"""The reminder before a date, and its link that gives the room back without signing in."""

from __future__ import annotations

import re
import threading
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.requests import BookingEdit
from booking.errors import NotFound
from booking.models import AuditEntry, Booking, OutboxMessage, Unit, WaitingEntry
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.decisions import decide_booking
from booking.services.escalation import remind_of_date, soon
from booking.services.release import booking_to_release, release_by_link
from booking.services.waiting import wait_for
from tests.support.acts import all_rows, do, held
from tests.support.world import NOW, World, at, make_booking, make_world, slot

DAY_BEFORE = at(7, 9)  # three local days before the tenth


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def approved(database: Database, world: World, now: datetime = NOW) -> Booking:
    booking = make_booking(database, world)
    act = (booking.id, "approve", 1, None)
    decided: Booking = do(database, decide_booking, *act, actor=world.veli, now=now)
    return decided


def remind(database: Database, now: datetime) -> list[int]:
    """What the worker does; the bookings it looked at."""
    with reading(database) as session:
        due = soon(session, now)
    for booking_id in due:
        transaction(database, partial(_remind, booking_id, now))
    return due


def _remind(booking_id: int, now: datetime, session: Session) -> None:
    remind_of_date(session, booking_id, now)


def reminders(database: Database) -> list[OutboxMessage]:
    return all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "date_reminder"))


def token(database: Database) -> str:
    [mail] = reminders(database)
    [found] = set(re.findall(r"/r/([\w-]+)", mail.body))
    return str(found)


def row(database: Database, booking_id: int) -> Booking:
    found: list[Booking] = all_rows(database, select(Booking).where(Booking.id == booking_id))
    return found[0]


def release(database: Database, link: str, now: datetime = DAY_BEFORE) -> Booking:
    return transaction(database, lambda session: release_by_link(session, link, now))


def test_the_reminder_comes_once_with_the_release_first(database: Database, world: World) -> None:
    booking = approved(database, world)
    assert remind(database, at(6, 23)) == []
    assert remind(database, at(7, 0)) == [booking.id]
    assert remind(database, at(7, 1)) == []
    [mail] = reminders(database)
    assert mail.recipient == "anna@demo.example"
    assert mail.body.index("/r/") < mail.body.index(f"/bookings/{booking.id}")
    assert row(database, booking.id).reminded_on == date(2027, 3, 7)


def test_the_links_token_is_long_and_kept_nowhere_but_in_the_mail(
    database: Database, world: World
) -> None:
    booking = approved(database, world)
    remind(database, DAY_BEFORE)
    link = token(database)
    assert len(link) == 43  # 256 bits
    kept = row(database, booking.id)
    assert len(kept.release_hash or "") == 64
    entries = all_rows(database, select(AuditEntry))
    assert link not in str([(one.before, one.after, one.reason) for one in entries])


@pytest.mark.parametrize("days", [0, 1])
def test_a_unit_says_how_many_days_before(database: Database, world: World, days: int) -> None:
    booking = approved(database, world)
    change = update(Unit).where(Unit.id == world.rantakyla).values(remind_days_before=days)
    transaction(database, lambda session: session.execute(change))
    assert remind(database, DAY_BEFORE) == []
    assert remind(database, at(9, 9)) == ([booking.id] if days else [])


def test_who_booked_only_since_then_is_not_reminded(database: Database, world: World) -> None:
    approved(database, world, now=at(8, 9))
    remind(database, at(8, 10))
    assert reminders(database) == []


def test_a_request_is_not_reminded_of(database: Database, world: World) -> None:
    make_booking(database, world)
    assert remind(database, DAY_BEFORE) == []


def test_the_link_cancels_tells_and_offers(database: Database, world: World) -> None:
    booking = approved(database, world)
    wish = (world.half_a, world.toinen, slot(10, 10), "meeting", 5)
    do(database, wait_for, *wish, actor=world.toini)
    remind(database, DAY_BEFORE)
    done = release(database, token(database))
    assert (done.state, done.is_late_cancel, done.cancel_reason) == ("cancelled", False, None)
    assert held(database) == []
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "release_booking"))
    assert (entry.actor_id, entry.actor_name) == (None, "release link")
    told = all_rows(
        database,
        select(OutboxMessage).where(OutboxMessage.kind.in_(("cancelled", "withdrawn"))),
    )
    assert sorted((one.kind, one.recipient) for one in told) == [
        ("cancelled", "anna@demo.example"),
        ("withdrawn", "veli@demo.example"),
    ]
    assert [one.state for one in all_rows(database, select(WaitingEntry))] == ["offered"]
    assert booking.id == done.id


def test_a_release_within_the_units_hours_counts_as_late(database: Database, world: World) -> None:
    approved(database, world)
    remind(database, DAY_BEFORE)
    assert release(database, token(database), at(10, 9)).is_late_cancel is True


def test_a_link_works_once(database: Database, world: World) -> None:
    approved(database, world)
    remind(database, DAY_BEFORE)
    link = token(database)
    release(database, link)
    with pytest.raises(NotFound):
        release(database, link)


def test_a_link_ends_when_the_booking_begins(database: Database, world: World) -> None:
    booking = approved(database, world)
    remind(database, DAY_BEFORE)
    with pytest.raises(NotFound):
        release(database, token(database), booking.starts_at)
    assert row(database, booking.id).state == "approved"


def moved(database: Database, world: World, booking: Booking) -> None:
    to = (booking.id, booking.version, world.half_b, slot(10, 10), "Remontti")
    do(database, move_booking, *to, actor=world.veli, now=DAY_BEFORE)


def cancelled(database: Database, world: World, booking: Booking) -> None:
    act = (booking.id, booking.version, None)
    do(database, cancel_booking, *act, actor=world.anna, now=DAY_BEFORE)


def asked_anew(database: Database, world: World, booking: Booking) -> None:
    act = (booking.id, booking.version, BookingEdit(people=20))
    do(database, edit_booking, *act, actor=world.anna, now=DAY_BEFORE)


@pytest.mark.parametrize("change", [moved, cancelled, asked_anew])
def test_a_link_ends_when_what_it_releases_has_changed(
    database: Database, world: World, change: Any
) -> None:
    booking = approved(database, world)
    remind(database, DAY_BEFORE)
    link = token(database)
    change(database, world, row(database, booking.id))
    with pytest.raises(NotFound):
        release(database, link)
    assert row(database, booking.id).release_hash is None


def test_a_link_outlives_a_change_of_the_title(database: Database, world: World) -> None:
    booking = approved(database, world)
    remind(database, DAY_BEFORE)
    act = (booking.id, booking.version, BookingEdit(title="Vuosikokous"))
    do(database, edit_booking, *act, actor=world.anna, now=DAY_BEFORE)
    assert release(database, token(database)).title == "Vuosikokous"


@pytest.mark.parametrize("guess", ["", "x", "0" * 43, "%", "' OR 1=1 --", "\x00", "ä" * 400])
def test_a_guess_finds_nothing(database: Database, world: World, guess: str) -> None:
    approved(database, world)
    make_booking(database, world, period=slot(11, 10))  # one that has no link
    remind(database, DAY_BEFORE)
    with reading(database) as session, pytest.raises(NotFound):
        booking_to_release(session, guess, DAY_BEFORE)
    with pytest.raises(NotFound):
        release(database, guess)


def test_a_link_pressed_at_once_by_many_cancels_once(database: Database, world: World) -> None:
    approved(database, world)
    remind(database, DAY_BEFORE)
    link, outcomes = token(database), []
    start = threading.Barrier(4)

    def press() -> None:
        start.wait()
        try:
            release(database, link)
            outcomes.append("released")
        except NotFound:
            outcomes.append("ended")

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ended", "ended", "ended", "released"]


def test_a_moved_booking_is_reminded_of_its_new_date(database: Database, world: World) -> None:
    booking = approved(database, world)
    remind(database, DAY_BEFORE)
    to = (booking.id, booking.version, world.half_a, slot(24, 10), "Remontti")
    do(database, move_booking, *to, actor=world.veli, now=DAY_BEFORE)
    assert remind(database, DAY_BEFORE + timedelta(days=1)) == []
    assert remind(database, at(21, 9)) == [booking.id]
    assert len(reminders(database)) == 2
