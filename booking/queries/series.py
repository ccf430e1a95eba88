"""Series within an actor's sight, their dates, and what the rows say around many dates at once. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, Select, bindparam, func, select, union_all
from sqlalchemy.orm import Session, joinedload

from booking.db import UtcDateTime
from booking.domain.access import Actor
from booking.domain.bookings import HOLDING, quota_span
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.domain.series import Around, Stretch
from booking.errors import NotFound
from booking.models import Booking, Occupancy, Room, Series, SkippedOccurrence, Unit, WaitingEntry
from booking.queries.bookings import in_sight
from booking.queries.catalogue import catalogue
from booking.queries.waiting import LIVING
from calendars.period import Period


def series_in_sight(session: Session, series_id: int, actor: Actor) -> Series:
    """One series with its room, unit and organisation; raises NotFound also when the actor may not know of it."""
    found = session.scalars(
        select(Series)
        .options(
            joinedload(Series.room).joinedload(Room.unit).joinedload(Unit.municipality),
            joinedload(Series.organisation),
        )
        .where(
            Series.id == series_id,
            select(Booking.id)
            .join(Room, Room.id == Booking.room_id)
            .where(Booking.series_id == Series.id, in_sight(actor))
            .exists(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("series")
    return found


def dates_of(session: Session, series_id: int) -> list[Booking]:
    """The bookings of a series in whatever state, by the day they stand for."""
    return list(
        session.scalars(
            select(Booking)
            .options(joinedload(Booking.room).joinedload(Room.unit).joinedload(Unit.municipality))
            .where(Booking.series_id == series_id)
            .order_by(Booking.series_day, Booking.id)
            .execution_options(populate_existing=True)
        )
    )


def dates_in_sight(session: Session, series_id: int, actor: Actor) -> list[Booking]:
    """Those of the dates that the actor may know of: one that was moved elsewhere is another unit's."""
    seen = select(Booking.id).join(Room, Room.id == Booking.room_id)
    ids = set(session.scalars(seen.where(Booking.series_id == series_id, in_sight(actor))))
    return [one for one in dates_of(session, series_id) if one.id in ids]


def version_of(session: Session, series: Series) -> int:
    """What rises with every change of a series or of any of its dates; what was seen of it is compared by this."""
    of_dates = select(func.coalesce(func.sum(Booking.version), 0))
    return series.version + session.scalars(of_dates.where(Booking.series_id == series.id)).one()


def count_of(session: Session, series_id: int) -> int:
    """How many dates a series has, in whatever state."""
    return session.scalars(select(func.count()).where(Booking.series_id == series_id)).one()


def skipped_of(session: Session, series_id: int) -> list[SkippedOccurrence]:
    """The days of a series without a booking, in order."""
    return list(
        session.scalars(
            select(SkippedOccurrence)
            .where(SkippedOccurrence.series_id == series_id)
            .order_by(SkippedOccurrence.day)
        )
    )


def kin_of(session: Session, series: Series) -> tuple[Series | None, list[Series]]:
    """The series whose later dates these were, and those that later dates of this one became."""
    came_from = None if series.split_from_id is None else session.get(Series, series.split_from_id)
    went_to = session.scalars(
        select(Series).where(Series.split_from_id == series.id).order_by(Series.id)
    )
    return came_from, list(went_to)


def awaited_days(session: Session, series_id: int) -> dict[date, str]:
    """The local days that the series waits for, and whether each is `waiting` or `offered`."""
    rows = session.execute(
        select(WaitingEntry.starts_at, WaitingEntry.state).where(
            WaitingEntry.series_id == series_id, WaitingEntry.state.in_(LIVING)
        )
    )
    return {local(row.starts_at).date(): row.state for row in rows}


def _stretches_query() -> CompoundSelect[Any]:
    # Each half says its source, or neither of the two partial indexes could serve it.
    halves = (
        select(
            Occupancy.space_id,
            Occupancy.starts_at,
            Occupancy.ends_at,
            Occupancy.source,
            Occupancy.booking_id,
            func.coalesce(Room.buffer_before_minutes, 0),
            func.coalesce(Room.buffer_after_minutes, 0),
        )
        .outerjoin(Booking, Booking.id == Occupancy.booking_id)
        .outerjoin(Room, Room.id == Booking.room_id)
        .where(
            Occupancy.space_id.in_(bindparam("spaces", expanding=True)),
            Occupancy.starts_at < bindparam("until", type_=UtcDateTime),
            Occupancy.ends_at > bindparam("since", type_=UtcDateTime),
            condition,
        )
        for condition in (Occupancy.source != "foreign", Occupancy.source == "foreign")
    )
    return union_all(*halves)


_STRETCHES = _stretches_query()


def around_dates(
    session: Session,
    rooms: Collection[RoomRules],
    span: Period,
    organisation_id: int | None,
    but: Collection[int] = frozenset(),
) -> Around:
    """What holds these rooms within `span`, and what the organisation has used of their units' quotas around it.

    `but`: bookings that count for no quota, since they are about to be moved. One question for all rooms, one for each unit that
    has quotas.
    """
    around = Around()
    margin = timedelta(minutes=catalogue(session).longest_buffer)
    spaces = sorted({space for room in rooms for space in room.space_ids})
    asked = {"spaces": spaces, "since": span.start - margin, "until": span.end + margin}
    claimed: dict[int, list[int]] = {}
    for room in rooms:
        for space in room.space_ids:
            claimed.setdefault(space, []).append(room.id)
    for space, starts_at, ends_at, source, booking_id, before, after in session.execute(
        _STRETCHES, asked
    ):
        stretch = Stretch(Period(starts_at, ends_at), source, booking_id, before, after)
        for room_id in claimed[space]:
            around.hold(room_id, stretch)
    if organisation_id is not None:
        for unit_id in {room.unit_id for room in rooms if room.quotas}:
            own = [room for room in rooms if room.unit_id == unit_id]
            _count_used(session, around, own[0], span, organisation_id, but)
    return around


def _count_used(
    session: Session,
    around: Around,
    rules: RoomRules,
    span: Period,
    organisation_id: int,
    but: Collection[int],
) -> None:
    first = min(quota_span(quota.per, span.start).start for quota in rules.quotas)
    last = max(quota_span(quota.per, span.end).end for quota in rules.quotas)
    for booking_id, starts_at, ends_at in session.execute(
        _held_in_unit(rules, organisation_id, first, last)
    ):
        if booking_id in but:
            continue
        held = Period(starts_at, ends_at)
        for quota in rules.quotas:
            around.use(rules, quota.per, held)


def _held_in_unit(
    rules: RoomRules, organisation_id: int, first: datetime, last: datetime
) -> Select[int, datetime, datetime]:
    return (
        select(Booking.id, Booking.starts_at, Booking.ends_at)
        .join(Room, Room.id == Booking.room_id)
        .where(
            Booking.organisation_id == organisation_id,
            Room.unit_id == rules.unit_id,
            Booking.state.in_(HOLDING),
            Booking.starts_at >= first,
            Booking.starts_at < last,
        )
    )
