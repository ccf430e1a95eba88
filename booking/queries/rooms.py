"""One room as its page shows it: notes, measures, texts and pictures that the catalogue in memory does without."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.errors import NotFound
from booking.models import Booking, Room, Terms, Unit


def room_in_full(session: Session, room_id: int) -> Room:
    """The room with its unit, municipality, features and pictures (without their bytes); raises NotFound."""
    room = session.scalars(
        select(Room)
        .where(Room.id == room_id)
        .options(
            joinedload(Room.unit).joinedload(Unit.municipality),
            selectinload(Room.features),
            selectinload(Room.images),
        )
    ).one_or_none()
    if room is None:
        raise NotFound("room")
    return room


def terms_in_force(session: Session, unit_id: int) -> Terms | None:
    """A unit's rules of use as they are now; None where it has none, or took them away."""
    query = select(Terms).where(Terms.unit_id == unit_id).order_by(Terms.version.desc()).limit(1)
    newest = session.scalars(query).one_or_none()
    return newest if newest is not None and newest.text is not None else None


def has_approved_booking(
    session: Session, room_id: int, organisations: Collection[int], now: datetime
) -> bool:
    """Whether one of the organisations has an approved booking of the room that is not over."""
    query = (
        select(Booking.id)
        .where(
            Booking.room_id == room_id,
            Booking.organisation_id.in_(organisations),
            Booking.state == "approved",
            Booking.ends_at > now,
        )
        .limit(1)
    )
    return session.scalars(query).one_or_none() is not None
