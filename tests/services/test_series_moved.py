"""Series of which some dates, or all to come, move: whose rules and whose decision count, who is told; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingEdit, SeriesChange, SeriesRequest
from booking.errors import InvalidInput, SeriesRefused
from booking.models import (
    AuditEntry,
    Booking,
    OutboxMessage,
    Series,
    SkippedOccurrence,
    Unit,
    WaitingEntry,
)
from booking.queries.series import dates_in_sight
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.series import request_series
from booking.services.series_dates import cancel_series
from booking.services.waiting import wait_for
from tests.support.acts import all_rows, change_room, do
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
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def set_unit(database: Database, unit_id: int, **values: Any) -> None:
    def work(session: Session) -> None:
        unit = session.get_one(Unit, unit_id)
        for name, value in values.items():
            setattr(unit, name, value)

    transaction(database, work)


def move_one(database: Database, world: World, index: int, room_id: int) -> Booking:
    row = all_rows(database, select(Booking).order_by(Booking.series_day))[index]
    at = slot(row.series_day.day, 12)
    moved: Booking = do(
        database, move_booking, row.id, row.version, room_id, at, None, actor=world.anna
    )
    return moved


def mails(database: Database) -> list[tuple[str, str]]:
    rows = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.kind, row.recipient.split("@")[0]) for row in rows]


def test_the_unit_that_approved_does_not_decide_for_the_one_the_series_moves_to(
    database: Database, world: World
) -> None:
    set_unit(database, world.rantakyla, approves_by_itself=True)
    series = make_series(database, world)
    assert {state for _day, _hour, state in dates(database)} == {"approved"}
    wanted = SeriesChange(FIRST, room_id=world.cabinet)
    assert plan_of(database, series.id, wanted, world.anna).asks_again
    told = len(mails(database))
    change(database, series.id, wanted, world.anna)
    assert {state for _day, _hour, state in dates(database)} == {"requested"}
    assert mails(database)[told:] == [("series_changed", "anna"), ("changed_request", "aino")]
    require_sound(database)


def test_a_series_that_moves_to_a_unit_that_decides_nothing_is_approved(
    database: Database, world: World
) -> None:
    set_unit(database, world.kitee, approves_by_itself=True)
    series = make_series(database, world)
    wanted = SeriesChange(FIRST, room_id=world.cabinet)
    assert not plan_of(database, series.id, wanted, world.anna).asks_again
    told = len(mails(database))
    change(database, series.id, wanted, world.anna)
    assert {state for _day, _hour, state in dates(database)} == {"approved"}
    assert mails(database)[told:] == [("series_changed", "anna")]


def test_undecided_dates_that_move_to_another_unit_are_told_there(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    told = len(mails(database))
    change(database, series.id, SeriesChange(FIRST, room_id=world.cabinet), world.anna)
    assert mails(database)[told:] == [("series_changed", "anna"), ("to_decide", "aino")]


def test_staff_of_the_series_leave_a_date_at_another_unit_alone(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    moved = move_one(database, world, 1, world.cabinet)
    with reading(database) as session:
        shown = dates_in_sight(session, series.id, world.veli)
    assert [row.series_day for row in shown] == [DAYS[0], DAYS[2], DAYS[3]]
    texts = SeriesChange(FIRST, edit=BookingEdit(title="Kuoro"), reason="Nimi oli väärin")
    change(database, series.id, texts, world.veli)
    titles = all_rows(database, select(Booking.title).order_by(Booking.series_day))
    assert titles == ["Kuoro", "Hallituksen kokous", "Kuoro", "Kuoro"]
    version = seen(database, series.id)
    do(database, cancel_series, series.id, version, FIRST, "Remontti", actor=world.veli)
    [left] = all_rows(database, select(Booking).where(Booking.state == "requested"))
    assert left.id == moved.id
    require_sound(database)


def test_staff_who_change_a_series_say_why_and_its_people_read_it(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    with pytest.raises(InvalidInput, match="reason_required"):
        change(database, series.id, SeriesChange(FIRST, times=LATER, reason=" "), world.veli)
    change(
        database,
        series.id,
        SeriesChange(FIRST, times=LATER, reason="Siivous kello 17"),
        world.veli,
    )
    mail = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "series_changed"))
    assert "Siivous kello 17" in mail[0].body
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "move_booking"))
    assert {entry.reason for entry in entries} == {"Siivous kello 17"}


def test_each_date_is_weighed_with_its_own_number_of_people(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    row = all_rows(database, select(Booking).order_by(Booking.series_day))[2]
    do(database, edit_booking, row.id, 1, BookingEdit(people=20), actor=world.anna)
    plan = plan_of(database, series.id, SeriesChange(FIRST, room_id=world.cabinet), world.anna).plan
    assert [step.verdict for step in plan.steps] == ["moves", "moves", "refused", "moves"]
    fewer = SeriesChange(FIRST, room_id=world.cabinet, edit=BookingEdit(people=8))
    plan = plan_of(database, series.id, fewer, world.anna).plan
    assert [step.verdict for step in plan.steps] == ["moves"] * 4


def test_new_dates_are_like_those_that_were_not_moved_by_themselves(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    moved = move_one(database, world, 3, world.cabinet)
    assert (moved.room_id, moved.people) == (world.cabinet, 10)
    do(database, edit_booking, moved.id, moved.version, BookingEdit(people=5), actor=world.anna)
    longer = Recurrence(Weekly((1,)), FIRST, count=5)
    edit = BookingEdit(title="Kuoro", needs="")
    change(database, series.id, SeriesChange(FIRST, longer, edit=edit), world.anna)
    row = all_rows(database, select(Booking).order_by(Booking.series_day))[-1]
    assert (row.room_id, row.people, row.title, row.needs) == (world.half_a, 10, "Kuoro", None)


def test_new_needs_of_a_series_are_written_down_without_saying_them(
    database: Database, world: World
) -> None:
    series = make_series(database, world, 2)
    edit = BookingEdit(needs="Viittomakielen tulkki")
    change(database, series.id, SeriesChange(FIRST, edit=edit), world.anna)
    rows = all_rows(database, select(Booking))
    assert [(row.needs, row.version) for row in rows] == [("Viittomakielen tulkki", 2)] * 2
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "edit_booking"))
    assert [entry.after["needs"] for entry in entries] == ["changed"] * 2


def test_texts_that_one_date_cannot_take_change_none_and_say_which(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    move_one(database, world, 1, world.cabinet)
    with pytest.raises(SeriesRefused, match="too_many_people") as refused:
        change(database, series.id, SeriesChange(FIRST, edit=BookingEdit(people=20)), world.anna)
    assert [one.day for one in refused.value.dates] == [DAYS[1]]
    assert set(all_rows(database, select(Booking.people))) == {10}


def test_a_date_called_off_or_moved_by_itself_does_not_come_back_on_another_weekday(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    rows = all_rows(database, select(Booking).order_by(Booking.series_day))
    do(database, cancel_booking, rows[1].id, 1, None, actor=world.anna)
    move_one(database, world, 2, world.half_b)
    thursdays = Recurrence(Weekly((3,)), FIRST, count=4)
    change(database, series.id, SeriesChange(FIRST, thursdays), world.anna)
    assert [(day, state) for day, _hour, state in dates(database)] == [
        (DAYS[0] + timedelta(days=2), "requested"),
        (DAYS[1], "cancelled"),
        (DAYS[2], "requested"),
        (DAYS[3] + timedelta(days=2), "requested"),
    ]
    assert all_rows(database, select(SkippedOccurrence)) == []


def test_a_date_that_moves_onto_a_day_left_out_closes_it(database: Database, world: World) -> None:
    other = make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True, waits=True)
    wednesday = SeriesChange(FIRST, Recurrence(Weekly((1,)), FIRST, count=4), LATER)
    do(database, cancel_booking, other.id, 1, None, actor=world.anna)
    change(database, series.id, wednesday, world.anna)
    assert [(day, hour) for day, hour, _state in dates(database, series.id)] == [
        (day, 18) for day in DAYS
    ]
    assert all_rows(database, select(SkippedOccurrence)) == []
    assert {row.state for row in all_rows(database, select(WaitingEntry))} == {"taken"}


def test_days_that_the_new_rule_lacks_are_waited_for_no_more(
    database: Database, world: World
) -> None:
    make_booking(database, world, period=slot(16, 17, 2))
    series = make_series(database, world, skips=True, waits=True)
    short = Recurrence(Weekly((1,)), FIRST, count=1)
    change(database, series.id, SeriesChange(FIRST, short), world.anna)
    [entry] = all_rows(database, select(WaitingEntry))
    assert entry.state == "cancelled"


def test_a_longer_series_asks_for_a_decision_and_says_so_once(
    database: Database, world: World
) -> None:
    series = approve_all(database, world, make_series(database, world))
    told = len(mails(database))
    longer = Recurrence(Weekly((1,)), FIRST, count=6)
    change(database, series.id, SeriesChange(FIRST, longer, LATER), world.anna)
    assert mails(database)[told:] == [("series_changed", "anna"), ("changed_request", "veli")]
    last = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))[-1]
    # Both the dates changed and the new ones.
    assert [day for day in range(9, 31, 7) if f"{day}.3." not in last.body] == []
    assert "13.4." in last.body


def test_approvers_are_not_told_what_their_own_staff_call_off(
    database: Database, world: World
) -> None:
    series = approve_all(database, world, make_series(database, world))
    told = len(mails(database))
    version = seen(database, series.id)
    do(database, cancel_series, series.id, version, FIRST, "Remontti", actor=world.yllapito)
    assert mails(database)[told:] == [("series_cancelled", "anna")]


def test_who_waits_for_several_dates_of_a_series_gets_one_letter(
    database: Database, world: World
) -> None:
    series = make_series(database, world)
    make_series(database, world, 5, skips=True, waits=True)
    told = len(mails(database))
    version = seen(database, series.id)
    do(database, cancel_series, series.id, version, DAYS[1], None, actor=world.anna)
    offered = all_rows(database, select(WaitingEntry).where(WaitingEntry.state == "offered"))
    assert len(offered) == 3
    assert [kind for kind, _who in mails(database)[told:]].count("slot_free") == 1


def test_dates_that_stay_are_offered_to_nobody(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(16, 19, 1))
    series = make_series(database, world)
    for day in (16, 23):
        act = world.half_a, world.toinen, slot(day, 17, 1), "meeting", 10
        do(database, wait_for, *act, actor=world.toini)
    change(database, series.id, SeriesChange(FIRST, times=LATER), world.anna)
    waiting = all_rows(database, select(WaitingEntry).order_by(WaitingEntry.starts_at))
    # The 16th stays, since its new time is taken; the 23rd moves away.
    assert [row.state for row in waiting] == ["waiting", "offered"]


def test_a_series_waits_for_no_more_than_an_association_may(
    database: Database, world: World
) -> None:
    change_room(database, world.half_a, horizon_days=700)
    make_series(database, world, 40)
    make_series(database, world, 41, skips=True, waits=True)
    weeks = Recurrence(Weekly((1,)), FIRST, count=42)
    more = SeriesRequest(booking_request(world), weeks, LATER, skips=True, waits=True)

    def ask(session: Session) -> object:
        return request_series(session, more, world.anna, NOW)

    with pytest.raises(InvalidInput, match="too_many_waiting"):
        transaction(database, ask)
    assert len(all_rows(database, select(Series))) == 2
