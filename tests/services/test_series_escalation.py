"""A series nobody decides goes its way as one: one reminder, one passing on, on both databases."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingEdit, SeriesChange, SeriesRequest
from booking.domain.series import Times
from booking.models import Booking, OutboxMessage, Series, Unit
from booking.services.escalation import escalate, undecided
from booking.services.series import request_series
from booking.services.series_changes import change_series, planned_change
from booking.services.series_decisions import decide_series
from tests.support.acts import all_rows, do
from tests.support.series import seen
from tests.support.world import NOW, World, booking_request, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def make_series(database: Database, world: World) -> None:
    recurrence = Recurrence(Weekly((1,)), date(2027, 4, 6), count=3)
    request = SeriesRequest(booking_request(world), recurrence, Times(time(17), time(19)))
    transaction(database, lambda session: request_series(session, request, world.anna, NOW))


def pass_time(database: Database, now: datetime) -> list[str | None]:
    with reading(database) as session:
        due = undecided(session, now)

    def step(booking_id: int) -> str | None:
        return transaction(database, lambda session: escalate(session, booking_id, now))

    return [step(booking_id) for booking_id in due]


def mails(database: Database) -> list[tuple[str, str]]:
    rows = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.kind, row.recipient.split("@")[0]) for row in rows]


def test_a_series_is_reminded_of_and_passed_on_as_one(database: Database, world: World) -> None:
    make_series(database, world)
    assert pass_time(database, NOW + timedelta(hours=47)) == []
    assert pass_time(database, NOW + timedelta(hours=48)) == ["remind"]
    assert pass_time(database, NOW + timedelta(hours=48)) == []
    assert pass_time(database, NOW + timedelta(hours=96)) == ["pass_to_stand_in"]
    assert pass_time(database, NOW + timedelta(hours=168)) == ["pass_to_coordinator"]
    assert mails(database) == [
        ("series_asked", "anna"),
        ("to_decide", "veli"),
        ("reminder", "veli"),
        ("escalated", "veli"),
        ("escalated", "kaisa"),
    ]
    rows = all_rows(database, select(Booking))
    assert {row.escalation for row in rows} == {3}


def test_a_series_lapses_as_one_where_its_unit_says_so(database: Database, world: World) -> None:
    def lapse(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).lapse_after_hours = 200

    transaction(database, lapse)
    make_series(database, world)
    assert pass_time(database, NOW + timedelta(hours=200)) == ["lapse"]
    assert {row.state for row in all_rows(database, select(Booking))} == {"lapsed"}
    assert mails(database)[-1] == ("series_lapsed", "anna")


def test_dates_added_later_lapse_only_when_their_own_time_is_up(
    database: Database, world: World
) -> None:
    def lapse(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).lapse_after_hours = 200

    transaction(database, lapse)
    make_series(database, world)
    [series_id] = all_rows(database, select(Series.id))
    longer = SeriesChange(date(2027, 4, 6), Recurrence(Weekly((1,)), date(2027, 4, 6), count=4))
    later = NOW + timedelta(hours=190)
    with reading(database) as session:
        digest = planned_change(session, series_id, longer, actor=world.anna, now=later).plan.digest
    act = series_id, seen(database, series_id), longer, digest
    do(database, change_series, *act, actor=world.anna, now=later)
    assert pass_time(database, NOW + timedelta(hours=200)) == ["lapse"]
    states = all_rows(database, select(Booking.state).order_by(Booking.series_day))
    assert states == ["lapsed", "lapsed", "lapsed", "requested"]


def test_who_had_one_request_passed_on_has_the_next_one_of_the_series_passed_on_too(
    database: Database, world: World
) -> None:
    make_series(database, world)
    [series_id] = all_rows(database, select(Series.id))
    assert pass_time(database, NOW + timedelta(hours=168)) == ["pass_to_coordinator"]
    actions = {row.id: "approve" for row in all_rows(database, select(Booking))}
    decided_at = NOW + timedelta(hours=169)
    version = seen(database, series_id)
    decided = series_id, version, actions, None
    do(database, decide_series, *decided, actor=world.veli, now=decided_at)
    edit = SeriesChange(date(2027, 4, 6), edit=BookingEdit(people=20))
    with reading(database) as session:
        digest = planned_change(
            session, series_id, edit, actor=world.anna, now=decided_at
        ).plan.digest
    act = series_id, seen(database, series_id), edit, digest
    do(database, change_series, *act, actor=world.anna, now=decided_at)
    assert pass_time(database, decided_at + timedelta(hours=168)) == ["pass_to_coordinator"]
    assert mails(database).count(("escalated", "kaisa")) == 2
