"""One room as its page shows it: notes, measures and texts that the catalogue in memory does without."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.errors import NotFound
from booking.models import Room, Unit


def room_in_full(session: Session, room_id: int) -> Room:
    """The room with its unit, municipality and features; raises NotFound."""
    room = session.scalars(
        select(Room)
        .where(Room.id == room_id)
        .options(joinedload(Room.unit).joinedload(Unit.municipality), selectinload(Room.features))
    ).one_or_none()
    if room is None:
        raise NotFound("room")
    return room
