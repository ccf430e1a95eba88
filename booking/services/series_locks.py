"""Locks a series with all its dates, in the order in which everybody locks: the spaces by id, the series, its bookings by id."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.errors import Stale
from booking.models import Booking, Series
from booking.queries.series import dates_of, version_of
from booking.services.occupancy import locked_rooms


def lock_series(
    session: Session, series: Series, more_rooms: Collection[int] = ()
) -> list[Booking]:
    """The dates of a series as they are once nobody else changes them, or the rooms they are in, until the transaction ends.

    An organisation that has quotas is locked before. Raises Stale when the series or a date of it was moved to another room
    between the look and the lock: other spaces than those held are concerned then.
    """
    rooms = sorted(_rooms_of(series, dates_of(session, series.id)) | set(more_rooms))
    locked_rooms(session, lambda known: [known.room(room_id) for room_id in rooms])
    session.refresh(series, with_for_update={"of": Series})
    held = select(Booking.id).where(Booking.series_id == series.id).order_by(Booking.id)
    session.execute(held.with_for_update())
    bookings = dates_of(session, series.id)
    if not _rooms_of(series, bookings) <= set(rooms):
        raise Stale(version_of(session, series))
    return bookings


def _rooms_of(series: Series, bookings: Collection[Booking]) -> set[int]:
    return {series.room_id, *(one.room_id for one in bookings)}
