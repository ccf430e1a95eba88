"""What must always be true of the rows, asked anew. For `yhteistila check`; trusts neither the constraint nor the services.

The constraint compares each row with its neighbours at writing; here all rows of a space are read in order of their start, and
each is held against the latest end so far. Two ways to one answer: a fault in one of them shows.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.domain.bookings import HOLDING
from booking.models import Booking, Occupancy, Room, room_space

# What had ended when a room got other spaces stays held in those it had then.
_AS_NOW = or_(Room.spaces_changed_at.is_(None), Booking.ends_at > Room.spaces_changed_at)


def overlaps(session: Session) -> int:
    """How many stretches of held time begin before an earlier one in the same space has ended. Foreign time doesn't count."""
    until_now = func.max(Occupancy.ends_at).over(
        partition_by=Occupancy.space_id,
        order_by=(Occupancy.starts_at, Occupancy.id),
        rows=(None, -1),
    )
    held = (
        select(Occupancy.starts_at, until_now.label("taken_until"))
        .where(Occupancy.source != "foreign")
        .subquery()
    )
    return _count(session, select(held.c.starts_at).where(held.c.taken_until > held.c.starts_at))


def bookings_without_their_time(session: Session) -> int:
    """How many (booking, space) lack the row that holds the space for the whole booking, though its state says that it holds."""
    its_row = exists().where(
        Occupancy.booking_id == Booking.id,
        Occupancy.space_id == room_space.c.space_id,
        Occupancy.starts_at == Booking.starts_at,
        Occupancy.ends_at == Booking.ends_at,
    )
    query = (
        select(Booking.id)
        .join(room_space, room_space.c.room_id == Booking.room_id)
        .join(Room, Room.id == Booking.room_id)
        .where(Booking.state.in_(HOLDING), _AS_NOW, ~its_row)
    )
    return _count(session, query)


def time_without_its_booking(session: Session) -> int:
    """How many rows hold time for a booking that doesn't hold, or for a space or a time that isn't the booking's."""
    its_space = exists().where(
        room_space.c.room_id == Booking.room_id, room_space.c.space_id == Occupancy.space_id
    )
    its_booking = exists().where(
        Booking.id == Occupancy.booking_id,
        Booking.state.in_(HOLDING),
        Booking.starts_at == Occupancy.starts_at,
        Booking.ends_at == Occupancy.ends_at,
        Room.id == Booking.room_id,
        or_(~_AS_NOW, its_space),
    )
    return _count(session, select(Occupancy.id).where(Occupancy.source == "booking", ~its_booking))


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalars(select(func.count()).select_from(query.subquery())).one()
