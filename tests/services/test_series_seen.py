"""What surprises nobody: what was seen is done, what is past stays, what was refused is tried again; on both databases."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingEdit, SeriesChange, SeriesRequest
from booking.domain.series import Times
from booking.domain.texts import LocalText
from booking.errors import InvalidInput, SeriesRefused, Stale, WrongState
from booking.models import (
    AuditEntry,
    Booking,
    OpeningHours,
    OutboxMessage,
    Series,
    SkippedOccurrence,
    Terms,
    WaitingEntry,
)
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.series import request_series
from booking.services.series_changes import planned_change
from booking.services.series_dates import add_date, cancel_series, considered
from booking.services.series_decisions import decide_series, undo_series_decision
from booking.services.series_escalation import escalate_series
from booking.services.waiting import wait_for
from calendars.period import Period
from tests.support.acts import all_rows, change_room, do
from tests.support.series import (
    DAYS,
    EVENING,
    FIRST,
    LATER,
    approve_all,
    change,
    make_series,
    plan_of,
    seen,
)
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot

MORNING = Times(time(9), time(11))


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def bookings(database: Database) -> list[Booking]:
    of_series = select(Booking).where(Booking.series_id.is_not(None))
    return all_rows(database, of_series.order_by(Booking.series_day))


def cancel_all(database: Database, series: Series, world: World, now: datetime = NOW) -> None:
    version = seen(database, series.id)
    do(database, cancel_series, series.id, version, FIRST, "Remontti", actor=world.veli, now=now)


def test_what_was_seen_before_a_split_is_never_seen_again(database: Database, world: World) -> None:
    series = make_series(database, world)
    first, version = bookings(database)[0], seen(database, series.id)
    change(database, series.id, SeriesChange(DAYS[2], times=LATER), world.anna)
    for people in range(11, 15):
        [row] = all_rows(database, select(Booking).where(Booking.id == first.id))
        edit = BookingEdit(people=people)
        do(database, edit_booking, row.id, row.version, edit, actor=world.anna)
        assert seen(database, series.id) > version
    with pytest.raises(Stale):
        do(
            database,
            decide_series,
            series.id,
            version,
            {first.id: "approve"},
            None,
            actor=world.veli,
        )


def test_a_room_that_is_hidden_by_now_can_be_given_back(database: Database, world: World) -> None:
    series = make_series(database, world)
    change_room(database, world.half_a, published=False)
    version = seen(database, series.id)
    do(database, cancel_series, series.id, version, FIRST, None, actor=world.anna)
    assert {row.state for row in bookings(database)} == {"cancelled"}


def test_calling_all_off_ends_the_rule_before_what_is_to_come_and_leaves_the_past(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(9, 17, 2))
    series = make_series(database, world, skips=True)
    cancel_all(database, series, world, datetime.combine(DAYS[1], time(21), NOW.tzinfo))
    [row] = all_rows(database, select(Series))
    assert (row.rrule or "").endswith("UNTIL=20270322T215959Z")
    assert all_rows(database, select(SkippedOccurrence.day)) == [FIRST]


def test_more_weekdays_from_the_middle_of_a_week_have_those_left_of_it(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    both = Recurrence(Weekly((1, 4)), FIRST, until=DAYS[3] + timedelta(days=4))
    wednesday = datetime.combine(DAYS[0] + timedelta(days=1), time(6), NOW.tzinfo)
    with reading(database) as session:
        plan = planned_change(
            session, series.id, SeriesChange(FIRST, both), actor=world.anna, now=wednesday
        ).plan
    fridays = [step.day for step in plan.steps if step.day.weekday() == 4]
    assert fridays == [day + timedelta(days=3) for day in DAYS]


@pytest.mark.parametrize("since", [DAYS[0], DAYS[2]])
def test_a_change_that_no_date_can_take_leaves_the_rule_as_it_was(
    database: Database, world: World, since: date
) -> None:
    series = make_series(database, world)
    for day in DAYS:
        make_booking(database, world, period=slot(day.day, 19, 1))
    change(database, series.id, SeriesChange(since, times=LATER), world.anna)
    assert all_rows(database, select(Series.start_minute)) == [17 * 60]


def test_a_date_refused_once_is_tried_again_by_the_next_change(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    other = make_booking(database, world, period=slot(16, 19, 1))
    change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    do(database, cancel_booking, other.id, 1, None, actor=world.anna)
    texts = SeriesChange(FIRST, edit=BookingEdit(title="Kuoro"))
    verdicts = [step.verdict for step in plan_of(database, series.id, texts, world.anna).plan.steps]
    assert verdicts == ["stays", "apart", "stays", "stays"]
    plan = plan_of(database, series.id, SeriesChange(FIRST, times=MORNING), world.anna).plan
    assert [step.verdict for step in plan.steps] == ["moves"] * 4


def test_a_day_left_out_is_tried_at_the_new_time(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(30, 17))
    series = make_series(database, world, skips=True, waits=True)
    wanted = SeriesChange(FIRST, times=MORNING)
    plan = plan_of(database, series.id, wanted, world.anna).plan
    assert [(step.day, step.verdict) for step in plan.steps][-1] == (DAYS[3], "comes")
    change(database, series.id, wanted, world.anna)
    assert all_rows(database, select(SkippedOccurrence)) == []
    assert all_rows(database, select(WaitingEntry.state)) == ["taken"]


def test_who_waits_for_a_day_left_out_waits_for_the_new_time(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(30, 17, 3))
    series = make_series(database, world, skips=True, waits=True)
    change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    [entry] = all_rows(database, select(WaitingEntry))
    assert (entry.state, entry.starts_at) == ("waiting", slot(30, 18).start)


def test_another_time_that_ends_after_midnight_is_weighed_to_its_end(
    database: Database, world: World
) -> None:
    def never_close(session: Session) -> None:
        session.execute(delete(OpeningHours))
        for weekday in range(7):
            session.add(
                OpeningHours(
                    unit_id=world.rantakyla, weekday=weekday, opens_minute=0, closes_minute=1440
                )
            )

    transaction(database, never_close)
    make_booking(database, world, period=Period(slot(17, 0).start, slot(17, 2).end))
    nights = SeriesRequest(
        booking_request(world),
        Recurrence(Weekly((1,)), FIRST, count=3),
        Times(time(22), time(2)),
        skips=True,
    )
    series = transaction(
        database, lambda session: request_series(session, nights, world.anna, NOW)
    ).series
    assert all_rows(database, select(SkippedOccurrence.day)) == [DAYS[1]]
    with reading(database) as session:
        found = considered(session, session.get_one(Series, series.id), DAYS[1], NOW)
    assert not found.against.is_free


def test_rules_of_use_accepted_for_the_series_are_not_those_of_another_site(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    row = bookings(database)[1]
    act = row.id, row.version, world.cabinet, slot(16, 12), None
    do(database, move_booking, *act, actor=world.anna)

    def write(session: Session) -> None:
        for unit_id in (world.rantakyla, world.kitee):
            text = LocalText("Säännöt")
            session.add(Terms(unit_id=unit_id, version=1, text=text, created_at=NOW))

    transaction(database, write)
    edit = BookingEdit(title="Kuoro", terms_version=1)
    change(database, series.id, SeriesChange(FIRST, edit=edit), world.anna)
    assert [row.terms_version for row in bookings(database)] == [1, None, 1, 1]


def test_each_contact_of_a_series_is_told_of_its_own_dates(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    edit = BookingEdit(contact_name="Vieras", contact_email="vieras@demo.example")
    do(database, edit_booking, bookings(database)[0].id, 1, edit, actor=world.anna)
    cancel_all(database, series, world)
    mails = all_rows(
        database, select(OutboxMessage).where(OutboxMessage.kind == "series_cancelled")
    )
    assert {(mail.recipient, mail.calendar.count("BEGIN:VEVENT")) for mail in mails} == {
        ("vieras@demo.example", 1),
        ("anna@demo.example", 3),
    }


def test_a_decision_is_read_before_what_happened_after_it(database: Database, world: World) -> None:
    series = approve_all(database, world, make_series(database, world))
    cancel_all(database, series, world)
    mails = all_rows(
        database,
        select(OutboxMessage)
        .where(OutboxMessage.kind.in_(("series_decided", "series_cancelled")))
        .order_by(OutboxMessage.next_try_at, OutboxMessage.id),
    )
    assert [mail.kind for mail in mails] == ["series_decided", "series_cancelled"]


@pytest.mark.parametrize("later", [timedelta(minutes=3), timedelta(hours=1)])
def test_a_decision_on_a_series_is_taken_back_within_minutes_only(
    database: Database, world: World, later: timedelta
) -> None:
    series = approve_all(database, world, make_series(database, world))
    version = seen(database, series.id)
    with pytest.raises(WrongState, match="too_late_to_undo"):
        do(
            database,
            undo_series_decision,
            series.id,
            version,
            actor=world.veli,
            now=NOW + later,
        )


def test_a_reminder_of_the_others_does_not_keep_a_decision_from_being_taken_back(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    rows, now = bookings(database), NOW + timedelta(hours=49)
    rejected = seen(database, series.id), {rows[0].id: "reject"}, "Remontti"
    do(database, decide_series, series.id, *rejected, actor=world.veli, now=now)
    half = now + timedelta(seconds=30)
    transaction(database, lambda session: escalate_series(session, series.id, rows[1].id, half))
    version = seen(database, series.id)
    do(database, undo_series_decision, series.id, version, actor=world.veli, now=half)
    assert {row.state for row in bookings(database)} == {"requested"}


def test_the_condition_of_a_decision_is_in_the_audit_of_each_date(
    database: Database, world: World
) -> None:
    series = make_series(database, world, 2)
    actions = {row.id: "approve" for row in bookings(database)}
    act = series.id, seen(database, series.id), actions, None, "Avain infosta"
    do(database, decide_series, *act, actor=world.veli)
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "approve_booking"))
    assert [entry.after["condition"] for entry in entries] == ["Avain infosta"] * 2


def test_a_date_that_has_begun_is_named_when_all_are_approved(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    actions = {row.id: "approve" for row in bookings(database)}
    now = datetime.combine(DAYS[0], time(21), NOW.tzinfo)
    act = series.id, seen(database, series.id), actions, None
    with pytest.raises(SeriesRefused, match="already_started") as refused:
        do(database, decide_series, *act, actor=world.veli, now=now)
    assert [one.day for one in refused.value.dates] == [DAYS[0]]


def test_a_slot_that_is_waited_for_already_is_waited_for_once(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 17, 2))
    wish = world.half_a, world.virta, slot(16, 17, 2), "meeting", 10
    do(database, wait_for, *wish, actor=world.anna)
    make_series(database, world, skips=True, waits=True)
    assert len(all_rows(database, select(WaitingEntry))) == 1


def test_staff_on_behalf_wait_for_nothing(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(16, 17, 2))
    request = SeriesRequest(
        booking_request(world, organisation_id=world.toinen),
        Recurrence(Weekly((1,)), FIRST, count=3),
        EVENING,
        skips=True,
        waits=True,
    )

    def ask(session: Session) -> object:
        return request_series(session, request, world.veli, NOW)

    with pytest.raises(InvalidInput, match="bad_choice"):
        transaction(database, ask)


def test_the_coordinator_is_told_of_a_date_added_after_the_others_were_passed_on(
    database: Database, world: World
) -> None:
    other = make_booking(database, world, period=slot(30, 17, 2))
    series = make_series(database, world, skips=True)
    passed_on = NOW + timedelta(hours=169)
    third = bookings(database)[2]
    transaction(database, lambda session: escalate_series(session, series.id, third.id, passed_on))
    added = passed_on + timedelta(minutes=1)
    do(database, cancel_booking, other.id, 1, None, actor=world.anna, now=added)
    new = do(database, add_date, series.id, DAYS[3], None, actor=world.anna, now=added)
    later = added + timedelta(hours=169)
    transaction(database, lambda session: escalate_series(session, series.id, new.id, later))
    told = all_rows(
        database, select(OutboxMessage.recipient).where(OutboxMessage.kind == "escalated")
    )
    assert told == ["kaisa@demo.example"] * 2
