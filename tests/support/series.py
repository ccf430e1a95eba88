"""A series of the fixed world, planned, changed and looked at in short, for the tests of services."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select

from booking.db import Database, reading, transaction
from booking.domain.local_time import local
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import SeriesChange, SeriesRequest
from booking.domain.series import Times
from booking.models import (
    Booking,
    Series,
)
from booking.queries.invariants import (
    bookings_without_their_time,
    overlaps,
    time_without_its_booking,
)
from booking.queries.series import version_of
from booking.services.series import request_series
from booking.services.series_changes import change_series, planned_change
from booking.services.series_decisions import decide_series
from booking.services.series_planning import Planned
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, booking_request

EVENING = Times(time(17), time(19))
LATER = Times(time(18), time(20))
FIRST = date(2027, 3, 9)  # a Tuesday
DAYS = [FIRST + timedelta(weeks=n) for n in range(4)]


def make_series(database: Database, world: World, count: int = 4, **changes: Any) -> Series:
    recurrence = Recurrence(Weekly((1,)), FIRST, count=count)
    request = SeriesRequest(booking_request(world), recurrence, EVENING, **changes)
    return transaction(
        database, lambda session: request_series(session, request, world.anna, NOW)
    ).series


def plan_of(database: Database, series_id: int, change: SeriesChange, actor: Any) -> Planned:
    with reading(database) as session:
        return planned_change(session, series_id, change, actor=actor, now=NOW)


def change(
    database: Database,
    series_id: int,
    wanted: SeriesChange,
    actor: Any,
    version: int | None = None,
) -> Series:
    version = seen(database, series_id) if version is None else version
    digest = plan_of(database, series_id, wanted, actor).plan.digest
    changed: Series = do(database, change_series, series_id, version, wanted, digest, actor=actor)
    return changed


def seen(database: Database, series_id: int) -> int:
    with reading(database) as session:
        return version_of(session, session.get_one(Series, series_id))


def dates(database: Database, series_id: int | None = None) -> list[tuple[date, int, str]]:
    """Day of the series, wall hour, state of each booking."""
    query = select(Booking).where(Booking.series_id.is_not(None)).order_by(Booking.series_day)
    if series_id is not None:
        query = query.where(Booking.series_id == series_id)
    return [
        (row.series_day, local(row.starts_at).hour, row.state) for row in all_rows(database, query)
    ]


def approve_all(database: Database, world: World, series: Series) -> Series:
    rows = all_rows(database, select(Booking).where(Booking.series_id == series.id))
    actions = {row.id: "approve" for row in rows}
    decided: Series = do(
        database,
        decide_series,
        series.id,
        seen(database, series.id),
        actions,
        None,
        actor=world.veli,
    )
    return decided


def require_sound(database: Database) -> None:
    with reading(database) as session:
        assert overlaps(session) == 0
        assert bookings_without_their_time(session) == 0
        assert time_without_its_booking(session) == 0
