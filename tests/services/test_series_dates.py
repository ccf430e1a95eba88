"""Series ended, added to and decided, on both databases: all that was said is done, or none of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.local_time import local
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingEdit, Instead, SeriesChange
from booking.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    PlanChanged,
    SeriesRefused,
    Stale,
    WrongState,
)
from booking.models import (
    Booking,
    Organisation,
    OutboxMessage,
    Room,
    SkippedOccurrence,
    WaitingEntry,
)
from booking.services.bookings import cancel_booking, edit_booking
from booking.services.decisions import decide_booking
from booking.services.series_changes import change_series
from booking.services.series_dates import add_date, cancel_series
from booking.services.series_decisions import decide_series, undo_series_decision
from calendars.period import Period
from tests.support.acts import all_rows, do
from tests.support.series import (
    DAYS,
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
from tests.support.world import NOW, World, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_all_to_come_is_cancelled_in_one_act_and_told_in_one_mail(
    database: Database, world: World
) -> None:
    series = approve_all(database, world, make_series(database, world))
    do(
        database,
        cancel_series,
        series.id,
        seen(database, series.id),
        DAYS[1],
        "Kausi loppui",
        actor=world.anna,
    )
    assert [state for _day, _hour, state in dates(database)] == [
        "approved",
        *["cancelled"] * 3,
    ]
    kinds = [
        (mail.kind, mail.recipient)
        for mail in all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    ]
    assert kinds[-2:] == [
        ("series_cancelled", "anna@demo.example"),
        ("withdrawn", "veli@demo.example"),
    ]
    require_sound(database)


def test_staff_say_why_they_cancel(database: Database, world: World) -> None:
    series = make_series(database, world)
    with pytest.raises(InvalidInput, match="reason_required"):
        do(
            database,
            cancel_series,
            series.id,
            seen(database, series.id),
            FIRST,
            " ",
            actor=world.veli,
        )


def test_a_skipped_day_is_had_once_it_is_free(database: Database, world: World) -> None:
    other = make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True)
    with pytest.raises(SeriesRefused):
        do(database, add_date, series.id, DAYS[1], None, actor=world.anna)
    do(database, cancel_booking, other.id, 1, None, actor=world.anna)
    added = do(database, add_date, series.id, DAYS[1], None, actor=world.anna)
    assert (added.series_day, added.title, added.state) == (
        DAYS[1],
        "Hallituksen kokous",
        "requested",
    )
    assert all_rows(database, select(SkippedOccurrence)) == []
    with pytest.raises(NotFound):
        do(database, add_date, series.id, DAYS[1], None, actor=world.anna)


def test_a_skipped_day_is_had_at_another_time(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True)
    instead = Instead(world.half_b, slot(16, 10, 2))
    added = do(database, add_date, series.id, DAYS[1], instead, actor=world.anna)
    assert (added.room_id, local(added.starts_at).hour, added.series_id) == (
        world.half_b,
        10,
        series.id,
    )


def test_a_series_is_decided_as_a_whole_or_all_but_some(database: Database, world: World) -> None:
    series = make_series(database, world)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    actions: dict[int, Any] = {row.id: "approve" for row in rows}
    actions[rows[1].id] = "reject"
    do(
        database,
        decide_series,
        series.id,
        seen(database, series.id),
        actions,
        "Sali on silloin vaalien käytössä",
        "Avain infosta",
        actor=world.veli,
    )
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    assert [(row.state, row.condition) for row in rows] == [
        ("approved", "Avain infosta"),
        ("rejected", None),
        ("approved", "Avain infosta"),
        ("approved", "Avain infosta"),
    ]
    mails = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "series_decided"))
    assert len(mails) == 1
    require_sound(database)


def test_dates_left_out_of_a_decision_wait(database: Database, world: World) -> None:
    series = make_series(database, world)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    do(
        database,
        decide_series,
        series.id,
        seen(database, series.id),
        {rows[0].id: "approve"},
        None,
        actor=world.veli,
    )
    assert [state for _day, _hour, state in dates(database)] == ["approved", *["requested"] * 3]


def test_one_date_that_cannot_be_approved_any_more_holds_up_all(
    database: Database, world: World
) -> None:
    series = make_series(database, world)

    def shrink(session: Session) -> None:
        session.execute(update(Room).where(Room.id == world.half_a).values(capacity=5))
        session.get_one(Room, world.half_a).version += 1

    transaction(database, shrink)
    rows = all_rows(database, select(Booking))
    with pytest.raises(SeriesRefused, match="too_many_people") as refused:
        do(
            database,
            decide_series,
            series.id,
            seen(database, series.id),
            {row.id: "approve" for row in rows},
            None,
            actor=world.veli,
        )
    assert [one.day for one in refused.value.dates] == DAYS
    assert {state for _day, _hour, state in dates(database)} == {"requested"}


@pytest.mark.parametrize("who", ["anna", "viivi", "kaisa"])
def test_only_who_decides_decides_a_series(database: Database, world: World, who: str) -> None:
    series = make_series(database, world)
    rows = all_rows(database, select(Booking))
    with pytest.raises(Forbidden):
        do(
            database,
            decide_series,
            series.id,
            seen(database, series.id),
            {row.id: "approve" for row in rows},
            None,
            actor=world.actors[who],
        )


def test_bookings_of_another_series_are_not_decided_along(database: Database, world: World) -> None:
    series = make_series(database, world, 2)
    other = make_booking(database, world, period=slot(10, 9, 1))
    decided = {other.id: "approve"}
    version = seen(database, series.id)
    with pytest.raises(NotFound):
        do(database, decide_series, series.id, version, decided, None, actor=world.veli)


def test_a_decision_is_taken_back_with_its_mail_within_minutes(
    database: Database, world: World
) -> None:
    series = approve_all(database, world, make_series(database, world))
    do(database, undo_series_decision, series.id, seen(database, series.id), actor=world.veli)
    assert {state for _day, _hour, state in dates(database)} == {"requested"}
    mails = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "series_decided"))
    assert [mail.state for mail in mails] == ["withdrawn"]
    with pytest.raises(WrongState, match="too_late_to_undo"):
        do(database, undo_series_decision, series.id, seen(database, series.id), actor=world.veli)


def test_a_decision_on_a_date_that_was_left_over_is_not_taken_back_with_that_on_the_others(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    actions: dict[int, Any] = {row.id: "approve" for row in rows[:3]}
    version = seen(database, series.id)
    do(database, decide_series, series.id, version, actions, None, actor=world.veli)
    later = NOW + timedelta(minutes=1)
    do(database, decide_booking, rows[3].id, "approve", 1, None, actor=world.veli, now=later)
    version = seen(database, series.id)
    do(database, undo_series_decision, series.id, version, actor=world.veli, now=later)
    assert [state for _day, _hour, state in dates(database)] == [*["requested"] * 3, "approved"]
    mails = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    assert [(mail.kind, mail.state) for mail in mails[-2:]] == [
        ("series_decided", "withdrawn"),
        ("approved", "waiting"),
    ]


def test_who_saw_a_date_before_it_was_changed_decides_nothing(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    version, actions = seen(database, series.id), {row.id: "approve" for row in rows}
    do(database, edit_booking, rows[2].id, 1, BookingEdit(people=25), actor=world.anna)
    with pytest.raises(Stale):
        do(database, decide_series, series.id, version, actions, None, actor=world.veli)
    assert {state for _day, _hour, state in dates(database)} == {"requested"}


@pytest.mark.parametrize(
    "period", [slot(17, 10, 2), Period(slot(16, 17).start, slot(18, 17).start)]
)
def test_another_time_on_a_skipped_day_is_on_that_day_and_ends_within_a_day(
    database: Database, world: World, period: Period
) -> None:
    make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True)
    instead = Instead(world.half_b, period)
    with pytest.raises(InvalidInput, match="bad_choice"):
        do(database, add_date, series.id, DAYS[1], instead, actor=world.anna)


def test_an_association_at_rest_gets_no_further_dates(database: Database, world: World) -> None:
    other = make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True)
    do(database, cancel_booking, other.id, 1, None, actor=world.anna)

    def rest(session: Session) -> None:
        session.get_one(Organisation, world.virta).is_active = False

    transaction(database, rest)
    with pytest.raises(Forbidden, match="organisation_at_rest"):
        do(database, add_date, series.id, DAYS[1], None, actor=world.anna)
    longer = SeriesChange(FIRST, Recurrence(Weekly((1,)), FIRST, count=6))
    with pytest.raises(Forbidden, match="organisation_at_rest"):
        change(database, series.id, longer, world.anna)


def test_a_skipped_day_had_at_another_time_is_waited_for_no_more(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True, waits=True)
    instead = Instead(world.half_b, slot(16, 10, 2))
    do(database, add_date, series.id, DAYS[1], instead, actor=world.anna)
    [entry] = all_rows(database, select(WaitingEntry))
    assert entry.state == "taken"


def test_a_series_changed_while_one_of_its_dates_is_decided_ends_sound(
    database: Database, world: World
) -> None:
    series = make_series(database, world, 8)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    wanted = SeriesChange(FIRST, times=LATER)
    digest = plan_of(database, series.id, wanted, world.anna).plan.digest
    version = seen(database, series.id)

    def change_it() -> str:
        try:
            do(database, change_series, series.id, version, wanted, digest, actor=world.anna)
        except (Stale, PlanChanged) as error:
            return error.code
        return "changed"

    def decide_it(row: Booking) -> str:
        try:
            do(database, decide_booking, row.id, "approve", 1, None, actor=world.veli)
        except (Stale, WrongState):
            return "late"
        return "decided"

    with ThreadPoolExecutor(4) as pool:
        changing = pool.submit(change_it)
        list(pool.map(decide_it, rows[:3]))
        assert changing.result() in {"changed", "stale", "plan_changed"}
    require_sound(database)
