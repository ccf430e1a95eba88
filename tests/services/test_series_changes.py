"""Series changed, on both databases: what was shown is what is done, and nothing past is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingEdit, SeriesChange, SeriesRequest
from booking.domain.series import Times
from booking.domain.texts import LocalText
from booking.errors import (
    Forbidden,
    NotFound,
    PlanChanged,
    Stale,
)
from booking.models import (
    AuditEntry,
    Booking,
    Series,
    SkippedOccurrence,
    Terms,
    WaitingEntry,
)
from booking.services.bookings import cancel_booking, move_booking
from booking.services.series import request_series
from booking.services.series_changes import change_series, planned_change
from booking.services.series_dates import cancel_series
from tests.support.acts import all_rows, do
from tests.support.series import (
    DAYS,
    EVENING,
    FIRST,
    LATER,
    approve_all,
    change,
    dates,
    make_series,
    plan_of,
    require_sound,
    seen,
)
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_a_later_hour_from_a_day_on_splits_the_series_and_leaves_the_earlier_dates(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    target = change(database, series.id, SeriesChange(DAYS[2], times=LATER), world.anna)
    assert target.id != series.id
    assert target.split_from_id == series.id
    assert dates(database, series.id) == [(day, 17, "requested") for day in DAYS[:2]]
    assert dates(database, target.id) == [(day, 18, "requested") for day in DAYS[2:]]
    [old] = all_rows(database, select(Series).where(Series.id == series.id))
    assert (old.rrule, target.rrule, target.first_day) == (
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270322T215959Z",
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270330T205959Z",
        DAYS[2],
    )
    require_sound(database)


def test_a_split_is_written_down_on_both_series(database: Database, world: World) -> None:
    series = make_series(database, world)
    target = change(database, series.id, SeriesChange(DAYS[2], times=LATER), world.anna)
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "split_series"))
    assert {(entry.object_id, *entry.after.items()) for entry in entries} == {
        (series.id, ("split_into", target.id)),
        (target.id, ("split_from", series.id)),
    }


def test_the_whole_future_is_changed_in_place_while_nothing_is_past(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    target = change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    assert (target.id, target.start_minute) == (series.id, 18 * 60)
    assert dates(database) == [(day, 18, "requested") for day in DAYS]


def test_the_past_is_not_touched(database: Database, world: World) -> None:
    series = make_series(database, world)
    after_two = datetime.combine(DAYS[1], time(21), NOW.tzinfo)
    wanted = SeriesChange(FIRST, times=LATER)
    with reading(database) as session:
        plan = planned_change(session, series.id, wanted, actor=world.anna, now=after_two).plan
    assert [step.day for step in plan.steps] == DAYS[2:]
    do(
        database,
        change_series,
        series.id,
        seen(database, series.id),
        wanted,
        plan.digest,
        actor=world.anna,
        now=after_two,
    )
    assert [(day, hour) for day, hour, _state in dates(database)] == [
        (DAYS[0], 17),
        (DAYS[1], 17),
        (DAYS[2], 18),
        (DAYS[3], 18),
    ]


def test_a_date_moved_by_itself_is_left_alone(database: Database, world: World) -> None:
    series = make_series(database, world)
    [second] = all_rows(database, select(Booking).where(Booking.series_day == DAYS[1]))
    do(database, move_booking, second.id, 1, world.half_a, slot(16, 9, 2), None, actor=world.anna)
    plan = plan_of(database, series.id, SeriesChange(FIRST, times=LATER), world.anna).plan
    assert [step.verdict for step in plan.steps] == ["moves", "apart", "moves", "moves"]
    change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    assert [hour for _day, hour, _state in dates(database)] == [18, 9, 18, 18]


def test_a_date_whose_new_time_is_taken_stays_and_nobody_elses_booking_changes(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    other = make_booking(database, world, period=slot(16, 19, 1))
    change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    assert [hour for _day, hour, _state in dates(database)] == [18, 17, 18, 18]
    [row] = all_rows(database, select(Booking).where(Booking.id == other.id))
    assert (row.version, row.state, row.starts_at) == (1, "requested", slot(16, 19, 1).start)
    require_sound(database)


def test_dates_may_move_to_where_their_own_series_was(database: Database, world: World) -> None:
    series = make_series(database, world)
    # An hour and a half later overlaps each date's own old time.
    change(
        database, series.id, SeriesChange(FIRST, times=Times(time(18, 30), time(20))), world.anna
    )
    assert {hour for _day, hour, _state in dates(database)} == {18}
    require_sound(database)


def test_another_weekday_moves_each_date_within_its_week(database: Database, world: World) -> None:
    series = make_series(database, world)
    wednesdays = Recurrence(Weekly((2,)), FIRST, count=4)
    change(database, series.id, SeriesChange(FIRST, recurrence=wednesdays), world.anna)
    assert [day for day, _hour, _state in dates(database)] == [
        day + timedelta(days=1) for day in DAYS
    ]
    assert len(all_rows(database, select(Booking))) == 4


def test_a_longer_series_is_asked_for_and_the_dates_there_are_keep_their_decision(
    database: Database, world: World
) -> None:
    series = approve_all(database, world, make_series(database, world))
    longer = Recurrence(Weekly((1,)), FIRST, count=6)
    target = change(database, series.id, SeriesChange(FIRST, recurrence=longer), world.anna)
    assert target.id == series.id
    assert [state for _day, _hour, state in dates(database)] == [
        *["approved"] * 4,
        *["requested"] * 2,
    ]
    assert target.rrule == "FREQ=WEEKLY;BYDAY=TU;COUNT=6"


def test_a_shorter_series_cancels_the_dates_behind_its_end(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    shorter = Recurrence(Weekly((1,)), FIRST, count=2)
    change(database, series.id, SeriesChange(FIRST, recurrence=shorter), world.anna)
    assert [state for _day, _hour, state in dates(database)] == [
        *["requested"] * 2,
        *["cancelled"] * 2,
    ]
    require_sound(database)


def test_new_dates_that_cannot_be_had_are_kept_as_skipped(database: Database, world: World) -> None:
    series = make_series(database, world)
    make_booking(database, world, period=slot(6, 18, 2, month=4))
    longer = Recurrence(Weekly((1,)), FIRST, count=6)
    change(database, series.id, SeriesChange(FIRST, recurrence=longer), world.anna)
    assert [(row.day, row.code) for row in all_rows(database, select(SkippedOccurrence))] == [
        (date(2027, 4, 6), "room_taken")
    ]
    assert [day for day, _hour, _state in dates(database)][-1] == date(2027, 4, 13)


def test_approved_dates_moved_by_their_people_await_a_decision_and_staff_keep_them_approved(
    database: Database, world: World
) -> None:
    series = approve_all(database, world, make_series(database, world))
    wanted = SeriesChange(FIRST, times=LATER)
    assert plan_of(database, series.id, wanted, world.anna).asks_again
    assert not plan_of(database, series.id, wanted, world.veli).asks_again
    change(database, series.id, replace(wanted, reason="Sali remontissa"), world.veli)
    assert {state for _day, _hour, state in dates(database)} == {"approved"}
    change(database, series.id, SeriesChange(DAYS[2], times=EVENING), world.anna)
    assert [state for _day, _hour, state in dates(database)] == [
        *["approved"] * 2,
        *["requested"] * 2,
    ]


def test_texts_change_on_every_date_to_come_and_keep_the_series_one(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    edit = BookingEdit(title="Kuoro", people=12)
    change(database, series.id, SeriesChange(DAYS[1], edit=edit), world.anna)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    assert [(row.title, row.people) for row in rows] == [
        ("Hallituksen kokous", 10),
        *[("Kuoro", 12)] * 3,
    ]
    assert {row.series_id for row in rows} == {series.id}


def test_what_was_shown_is_done_or_shown_anew(database: Database, world: World) -> None:
    series = make_series(database, world)
    wanted = SeriesChange(FIRST, times=LATER)
    digest = plan_of(database, series.id, wanted, world.anna).plan.digest
    version = seen(database, series.id)
    make_booking(database, world, period=slot(16, 19, 1))
    with pytest.raises(PlanChanged) as changed:
        do(database, change_series, series.id, version, wanted, digest, actor=world.anna)
    assert [step.verdict for step in changed.value.plan.steps] == [
        "moves",
        "refused",
        "moves",
        "moves",
    ]
    assert {hour for _day, hour, _state in dates(database)} == {17}


def test_a_change_of_a_series_seen_before_another_change_is_stale(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    with pytest.raises(Stale):
        change(database, series.id, SeriesChange(FIRST, times=EVENING), world.anna, version=1)


@pytest.mark.parametrize(
    ("who", "error"), [("outi", NotFound), ("toini", NotFound), ("viivi", Forbidden)]
)
def test_others_change_no_series(
    database: Database, world: World, who: str, error: type[Exception]
) -> None:
    series = make_series(database, world)
    with pytest.raises(error):
        do(
            database,
            change_series,
            series.id,
            1,
            SeriesChange(FIRST, times=LATER),
            "",
            actor=world.actors[who],
        )
    with pytest.raises(error):
        do(database, cancel_series, series.id, 1, FIRST, "Ei", actor=world.actors[who])


def test_a_called_off_date_later_on_is_no_reason_to_split(database: Database, world: World) -> None:
    series = make_series(database, world)
    third = all_rows(database, select(Booking).order_by(Booking.series_day))[2]
    do(database, cancel_booking, third.id, 1, None, actor=world.anna)
    target = change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    assert target.id == series.id


def test_a_called_off_date_does_not_come_back_when_the_series_is_made_longer(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    third = all_rows(database, select(Booking).order_by(Booking.series_day))[2]
    do(database, cancel_booking, third.id, 1, None, actor=world.anna)
    longer = Recurrence(Weekly((1,)), FIRST, count=5)
    change(database, series.id, SeriesChange(FIRST, recurrence=longer), world.anna)
    assert dates(database) == [
        (DAYS[0], 17, "requested"),
        (DAYS[1], 17, "requested"),
        (DAYS[2], 17, "cancelled"),
        (DAYS[3], 17, "requested"),
        (DAYS[3] + timedelta(weeks=1), 17, "requested"),
    ]


def test_a_change_of_the_whole_future_ends_the_old_rule_and_keeps_the_weeks(
    database: Database, world: World
) -> None:
    recurrence = Recurrence(Weekly((1,), 2), FIRST, count=4)
    request = SeriesRequest(booking_request(world), recurrence, EVENING)
    series = transaction(
        database, lambda session: request_series(session, request, world.anna, NOW)
    ).series
    # The week after the first date is an off week.
    now = datetime.combine(DAYS[1], time(9), NOW.tzinfo)
    wanted = SeriesChange(DAYS[1], times=LATER)
    with reading(database) as session:
        plan = planned_change(session, series.id, wanted, actor=world.anna, now=now).plan
    act = (series.id, seen(database, series.id), wanted, plan.digest)
    target = do(database, change_series, *act, actor=world.anna, now=now)
    [old] = all_rows(database, select(Series).where(Series.id == series.id))
    assert (old.rrule, target.first_day, target.rrule) == (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270315T215959Z",
        DAYS[2],
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270420T205959Z",
    )


def test_a_split_hands_over_the_waiting_for_skipped_days(database: Database, world: World) -> None:
    taken = slot(30, 17)
    make_booking(database, world, period=taken)
    series = make_series(database, world, skips=True, waits=True)
    target = change(database, series.id, SeriesChange(DAYS[1], times=LATER), world.anna)
    [entry] = all_rows(database, select(WaitingEntry))
    [skipped] = all_rows(database, select(SkippedOccurrence))
    assert (entry.series_id, skipped.series_id) == (target.id, target.id)


def test_a_day_left_out_that_the_new_rule_lacks_is_forgotten(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(30, 17))
    series = make_series(database, world, skips=True)
    on_wednesdays = Recurrence(Weekly((2,)), FIRST, count=3)
    change(database, series.id, SeriesChange(FIRST, recurrence=on_wednesdays), world.anna)
    assert all_rows(database, select(SkippedOccurrence)) == []


def test_rules_of_use_accepted_at_one_site_count_at_no_other(
    database: Database, world: World
) -> None:
    def write(session: Session) -> None:
        for unit_id in (world.rantakyla, world.kitee):
            text = LocalText("Jätä tila siistiksi.")
            session.add(Terms(unit_id=unit_id, version=1, text=text, created_at=NOW))

    transaction(database, write)
    recurrence = Recurrence(Weekly((1,)), FIRST, count=2)
    template = booking_request(world, terms_version=1)
    request = SeriesRequest(template, recurrence, EVENING)
    series = transaction(
        database, lambda session: request_series(session, request, world.anna, NOW)
    ).series
    plan = plan_of(database, series.id, SeriesChange(FIRST, room_id=world.cabinet), world.anna).plan
    assert [(step.verdict, step.weighed and step.weighed.code) for step in plan.steps] == [
        ("refused", "terms_not_accepted")
    ] * 2
