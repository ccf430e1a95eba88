"""Pictures of rooms as they are fetched and kept. Scope is part of each query; bytes are read only where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import NotFound
from booking.models import Room, RoomImage, RoomImageFile


@dataclass(frozen=True, slots=True)
class Sent:
    """One file of a picture; `is_public` when everybody may have it."""

    content: bytes
    is_public: bool


def image_file(session: Session, digest: str, width: int, format: str, actor: Actor) -> Sent:
    """The bytes of one size of a picture, of a published room or one whose unit the actor decides for. Raises NotFound."""
    own = Room.unit_id.in_(actor.approver_units)
    query = (
        select(RoomImageFile.content, Room.published)
        .join(RoomImage, RoomImageFile.image_id == RoomImage.id)
        .join(Room, RoomImage.room_id == Room.id)
        .where(
            RoomImage.digest == digest,
            RoomImageFile.width == width,
            RoomImageFile.format == format,
        )
        # The same picture may hang in two rooms: one that is published makes it public.
        .order_by(Room.published.desc())
        .limit(1)
    )
    if not actor.is_admin:
        query = query.where(or_(Room.published, own))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("image")
    return Sent(row.content, row.published)


def images_of(session: Session, room_id: int) -> list[RoomImage]:
    """A room's pictures: photos in their order, then the floor plan."""
    query = (
        select(RoomImage)
        .where(RoomImage.room_id == room_id)
        .order_by(RoomImage.kind.desc(), RoomImage.position, RoomImage.id)
    )
    return list(session.scalars(query))


def image_of(session: Session, room_id: int, image_id: int) -> RoomImage:
    """One picture of a room; raises NotFound."""
    query = select(RoomImage).where(RoomImage.room_id == room_id, RoomImage.id == image_id)
    image = session.scalars(query).one_or_none()
    if image is None:
        raise NotFound("image")
    return image
