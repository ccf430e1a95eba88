"""Series asked for, on both databases: all dates or none, or those that are free; one mail; races with nothing half-made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.local_time import local
from booking.domain.recurrence import OwnDates, Recurrence, Weekly
from booking.domain.requests import Instead, SeriesRequest
from booking.domain.series import Times
from booking.errors import Forbidden, InvalidInput, NotFound, SeriesRefused
from booking.models import (
    AuditEntry,
    Booking,
    Occupancy,
    Organisation,
    OutboxMessage,
    Quota,
    Series,
    SkippedOccurrence,
    Unit,
    WaitingEntry,
)
from booking.queries.invariants import overlaps
from booking.queries.series_offers import Offer
from booking.services.blocks import block_room
from booking.services.bookings import cancel_booking
from booking.services.series import Booked, planned_series, request_series
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot

EVENING = Times(time(17), time(19))
FIRST = date(2027, 3, 9)  # a Tuesday


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def tuesdays(count: int, first: date = FIRST) -> Recurrence:
    return Recurrence(Weekly((1,)), first, count=count)


def series_request(world: World, count: int = 4, **changes: Any) -> SeriesRequest:
    template = booking_request(world, **changes.pop("template", {}))
    fields = {"template": template, "recurrence": tuesdays(count), "times": EVENING}
    return SeriesRequest(**{**fields, **changes})


def ask(database: Database, request: SeriesRequest, actor: Any) -> Booked:
    return transaction(database, lambda session: request_series(session, request, actor, NOW))


def days(bookings: Any) -> list[date]:
    return [booking.series_day for booking in bookings]


def counts(database: Database) -> tuple[int, int, int]:
    """Bookings, series, held stretches."""
    with reading(database) as session:
        return tuple(  # type: ignore[return-value]
            session.scalars(select(func.count()).select_from(model)).one()
            for model in (Booking, Series, Occupancy)
        )


def test_every_date_is_a_booking_that_holds_its_time_at_the_same_wall_time(
    database: Database, world: World
) -> None:
    booked = ask(database, series_request(world, 5), world.anna)
    rows = all_rows(database, select(Booking).order_by(Booking.starts_at))
    assert days(rows) == [FIRST + timedelta(weeks=n) for n in range(5)]
    assert {local(row.starts_at).time() for row in rows} == {time(17)}
    # Summer time begins on 28.3.2027.
    assert [row.starts_at.hour for row in rows] == [15, 15, 15, 14, 14]
    assert {row.state for row in rows} == {"requested"}
    assert {row.series_id for row in rows} == {booked.series.id}
    assert len({row.uuid for row in rows}) == 5
    assert counts(database) == (5, 1, 5)
    [series] = all_rows(database, select(Series))
    assert (series.rrule, series.first_day) == ("FREQ=WEEKLY;BYDAY=TU;COUNT=5", FIRST)
    assert (series.start_minute, series.end_minute) == (1020, 1140)


def test_one_taken_date_refuses_the_whole_series_and_all_that_are_taken_are_told(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 18, 2))
    make_booking(database, world, period=slot(23, 16, 2), room_id=world.hall)
    with pytest.raises(SeriesRefused) as refusal:
        ask(database, series_request(world), world.anna)
    assert refusal.value.code == "room_taken"
    assert [(one.day, len(one.conflicts)) for one in refusal.value.dates] == [
        (date(2027, 3, 16), 1),
        (date(2027, 3, 23), 1),
    ]
    assert counts(database)[:2] == (2, 0)


def test_the_free_dates_are_booked_and_the_others_kept_with_their_reason(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 18, 2))
    sunday = date(2027, 3, 21)
    own = Recurrence(OwnDates((FIRST, date(2027, 3, 16), sunday)), FIRST)
    booked = ask(database, series_request(world, recurrence=own, skips=True), world.anna)
    assert days(booked.bookings) == [FIRST]
    rows = all_rows(database, select(SkippedOccurrence).order_by(SkippedOccurrence.day))
    assert [(row.day, row.code) for row in rows] == [
        (date(2027, 3, 16), "room_taken"),
        (sunday, "closed"),
    ]


def test_only_the_days_that_the_asker_has_seen_are_left_out(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 18, 2))
    make_booking(database, world, period=slot(23, 18, 2))
    seen = frozenset({date(2027, 3, 16)})
    with pytest.raises(SeriesRefused) as refusal:
        ask(database, series_request(world, skips=True, left_out=seen), world.anna)
    assert [one.day for one in refusal.value.dates] == [date(2027, 3, 16), date(2027, 3, 23)]
    assert counts(database)[:2] == (2, 0)
    both = seen | {date(2027, 3, 23)}
    booked = ask(database, series_request(world, skips=True, left_out=both), world.anna)
    assert days(booked.bookings) == [FIRST, date(2027, 3, 30)]


def test_when_no_date_is_free_nothing_is_booked_though_others_may_be_left_out(
    database: Database, world: World
) -> None:
    own = Recurrence(OwnDates((date(2027, 3, 20), date(2027, 3, 21))), FIRST)
    with pytest.raises(SeriesRefused, match="closed"):
        ask(database, series_request(world, recurrence=own, skips=True), world.anna)
    assert counts(database) == (0, 0, 0)


def test_another_time_or_room_for_single_days_joins_the_series(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 18, 2))
    make_booking(database, world, period=slot(23, 18, 2))
    instead = {
        date(2027, 3, 16): Instead(world.half_b, slot(16, 17, 2)),
        date(2027, 3, 23): Instead(world.half_a, slot(23, 10, 2)),
    }
    booked = ask(database, series_request(world, instead=instead), world.anna)
    assert [
        (one.series_day, one.room_id, local(one.starts_at).hour) for one in booked.bookings
    ] == [
        (date(2027, 3, 9), world.half_a, 17),
        (date(2027, 3, 16), world.half_b, 17),
        (date(2027, 3, 23), world.half_a, 10),
        (date(2027, 3, 30), world.half_a, 17),
    ]


def test_another_time_on_a_day_that_is_none_of_the_series_is_refused(
    database: Database, world: World
) -> None:
    instead = {date(2027, 3, 10): Instead(world.half_a, slot(10, 17, 2))}
    with pytest.raises(InvalidInput, match="bad_date"):
        ask(database, series_request(world, instead=instead), world.anna)


def test_the_plan_says_what_asking_then_does(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(16, 18, 2))
    request = series_request(world, skips=True)
    with reading(database) as session:
        plan = planned_series(session, request, NOW).dates
    assert [one.code for one in plan] == ["free", "room_taken", "free", "free"]
    assert counts(database)[:2] == (1, 0)
    booked = ask(database, request, world.anna)
    assert days(booked.bookings) == [one.wished.day for one in plan if one.is_free]


def test_the_plan_offers_the_nearest_other_time_and_another_room(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 18, 2))
    make_booking(database, world, period=slot(23, 8, 12), room_id=world.hall)
    with reading(database) as session:
        plan = planned_series(session, series_request(world, skips=True), NOW)
    assert plan.offers == {
        date(2027, 3, 16): Offer(
            Instead(world.half_a, slot(16, 16, 2)), Instead(world.half_b, slot(16, 17, 2))
        )
    }


def test_one_mail_tells_the_asker_and_one_each_approver(database: Database, world: World) -> None:
    ask(database, series_request(world, 5), world.anna)
    mails = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    assert [(mail.kind, mail.recipient) for mail in mails] == [
        ("series_asked", "anna@demo.example"),
        ("to_decide", "veli@demo.example"),
    ]
    assert mails[0].calendar is not None
    assert mails[0].calendar.count("BEGIN:VEVENT") == 5
    assert "RRULE" not in mails[0].calendar.split("END:VTIMEZONE")[1]


def test_the_audit_tells_of_the_series_and_of_each_date(database: Database, world: World) -> None:
    booked = ask(database, series_request(world, 2), world.anna)
    entries = all_rows(database, select(AuditEntry).order_by(AuditEntry.id))
    assert [(entry.action, entry.object_kind) for entry in entries] == [
        ("request_booking", "booking"),
        ("request_booking", "booking"),
        ("request_series", "series"),
    ]
    assert entries[-1].object_id == booked.series.id
    assert entries[-1].after["dates"] == ["2027-03-09", "2027-03-16"]


def test_a_unit_that_decides_nothing_approves_all_dates_and_one_mail_says_so(
    database: Database, world: World
) -> None:
    def let(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).approves_by_itself = True

    transaction(database, let)
    booked = ask(database, series_request(world, 3), world.anna)
    assert {booking.state for booking in booked.bookings} == {"approved"}
    mails = all_rows(database, select(OutboxMessage))
    assert [mail.kind for mail in mails] == ["series_decided"]


def test_a_quota_counts_the_dates_of_the_series_itself(database: Database, world: World) -> None:
    def limit(session: Session) -> None:
        session.add(Quota(unit_id=world.rantakyla, per="month", limit_minutes=4 * 60))

    transaction(database, limit)
    booked = ask(database, series_request(world, 6, skips=True), world.anna)
    assert days(booked.bookings) == [
        date(2027, 3, 9),
        date(2027, 3, 16),
        date(2027, 4, 6),
        date(2027, 4, 13),
    ]
    assert {row.code for row in booked.skipped} == {"quota_exceeded"}


def test_somebody_elses_association_and_a_hidden_room_are_refused(
    database: Database, world: World
) -> None:
    for who, error in (("outi", Forbidden), ("toini", Forbidden)):
        with pytest.raises(error):
            ask(database, series_request(world), world.actors[who])
    with pytest.raises(NotFound):
        ask(database, series_request(world, template={"room_id": 999}), world.anna)

    def rest(session: Session) -> None:
        session.get_one(Organisation, world.virta).is_active = False

    transaction(database, rest)
    with pytest.raises(Forbidden, match="organisation_at_rest"):
        ask(database, series_request(world), world.anna)
    assert counts(database) == (0, 0, 0)


def test_taken_days_are_waited_for_if_wished_and_offered_when_they_free(
    database: Database, world: World
) -> None:
    other = make_booking(database, world, period=slot(16, 17, 2))
    ask(database, series_request(world, skips=True, waits=True), world.anna)
    [entry] = all_rows(database, select(WaitingEntry))
    assert (entry.starts_at, entry.state) == (slot(16, 17, 2).start, "waiting")
    do(database, cancel_booking, other.id, 1, "Muutimme", actor=world.anna)
    [entry] = all_rows(database, select(WaitingEntry))
    assert entry.state == "offered"


def test_a_block_is_in_the_way_of_the_dates_it_meets(database: Database, world: World) -> None:
    do(database, block_room, world.half_a, slot(23, 12, 8), "Siivous", actor=world.veli)
    booked = ask(database, series_request(world, skips=True), world.anna)
    assert [row.day for row in booked.skipped] == [date(2027, 3, 23)]


def race(database: Database, works: list[Any]) -> list[str]:
    def run(work: Any) -> str:
        try:
            transaction(database, work)
        except SeriesRefused as refused:
            return f"refused {len(refused.dates)}"
        return "booked"

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(run, works))


def test_of_series_that_race_one_gets_all_and_the_other_the_whole_list(
    database: Database, world: World
) -> None:
    request = series_request(world, 26)
    hall = replace(request, template=replace(request.template, room_id=world.hall))
    works = [
        lambda session, one=one: request_series(session, one, world.anna, NOW)
        for one in (request, hall, request, hall)
    ]
    assert race(database, works) == ["booked", "refused 26", "refused 26", "refused 26"]
    with reading(database) as session:
        assert overlaps(session) == 0
    assert counts(database)[:2] == (26, 1)


def test_the_dates_of_a_series_are_read_without_a_question_each(
    database: Database, world: World
) -> None:
    asked: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    ask(database, series_request(world, 2), world.anna)
    few = len(asked)
    asked.clear()
    later = replace(series_request(world, 26, recurrence=tuesdays(26, date(2027, 4, 6))))
    ask(database, later, world.anna)
    assert len(asked) <= few + 2
