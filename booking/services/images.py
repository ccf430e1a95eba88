"""Pictures of rooms: photos in an order, and one floor plan. Each function is one whole change; knows no encoding.

A picture is encoded (`booking.services.pictures.encoded`) before the transaction begins: it takes a second, and a writer that
holds the database for a second makes everybody wait.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.texts import LocalText
from booking.errors import Forbidden, InvalidInput, NotFound
from booking.models import Room, RoomImage, RoomImageFile
from booking.services.audit import record
from booking.services.occupancy import locked_rules
from booking.services.pictures import Encoded

Kind = Literal["photo", "floor_plan"]
KINDS: tuple[Kind, ...] = ("photo", "floor_plan")
# Assumed: enough to show a room from each side; more would only be slow to look through.
MOST_PHOTOS = 12
LONGEST_ALT = 300


def add_image(
    session: Session,
    room_id: int,
    kind: Kind,
    picture: Encoded,
    alt: LocalText,
    *,
    actor: Actor,
    now: datetime,
) -> RoomImage:
    """Add a picture behind the others of its kind. A floor plan needs its text first, and there is one.

    Raises NotFound, Forbidden, InvalidInput (`alt_required`, `too_long_text`, `too_many_images`, `floor_plan_text_required`,
    `floor_plan_exists`).
    """
    room = _own_room(session, room_id, actor)
    _require_alt(alt)
    others = _images(session, room_id, kind)
    if kind == "photo" and len(others) >= MOST_PHOTOS:
        raise InvalidInput("too_many_images", field="image", most=MOST_PHOTOS)
    if kind == "floor_plan" and others:
        raise InvalidInput("floor_plan_exists", field="kind")
    if kind == "floor_plan" and room.floor_plan_text is None:
        raise InvalidInput("floor_plan_text_required", field="kind")
    image = RoomImage(
        room_id=room_id,
        kind=kind,
        digest=picture.digest,
        alt=alt,
        position=1 + max((other.position for other in others), default=0),
        width=picture.width,
        height=picture.height,
        created_at=now,
        files=[
            RoomImageFile(width=file.width, format=file.format, content=file.content)
            for file in picture.files
        ],
    )
    session.add(image)
    session.flush()
    _note(session, "add_image", image, {}, _said(image), actor=actor, now=now)
    return image


def describe_image(
    session: Session, image_id: int, alt: LocalText, *, actor: Actor, now: datetime
) -> RoomImage:
    """Say anew what a picture shows. Raises NotFound, Forbidden, InvalidInput (`alt_required`, `too_long_text`)."""
    image = _own_image(session, image_id, actor)
    _require_alt(alt)
    before = _said(image)
    if alt != image.alt:
        image.alt = alt
        session.flush()
        _note(session, "describe_image", image, before, _said(image), actor=actor, now=now)
    return image


def move_image(
    session: Session, image_id: int, by: Literal[-1, 1], *, actor: Actor, now: datetime
) -> RoomImage:
    """Let a photo change places with the one before (-1) or behind it (1); at the end nothing happens.

    Raises NotFound, Forbidden.
    """
    image = _own_image(session, image_id, actor)
    row = _images(session, image.room_id, image.kind)
    here = row.index(image)
    there = here + by
    if 0 <= there < len(row):
        row[here], row[there] = row[there], row[here]
        # Numbered anew: two of one number would never change places.
        for position, one in enumerate(row, start=1):
            one.position = position
        session.flush()
        places = {"position": here + 1}, {"position": there + 1}
        _note(session, "move_image", image, *places, actor=actor, now=now)
    return image


def remove_image(session: Session, image_id: int, *, actor: Actor, now: datetime) -> int:
    """Remove a picture with its files for good; its room's id. Raises NotFound, Forbidden."""
    image = _own_image(session, image_id, actor)
    # Not by the relationship, which would read every byte before it removes them.
    session.execute(delete(RoomImageFile).where(RoomImageFile.image_id == image_id))
    _note(session, "remove_image", image, _said(image), {}, actor=actor, now=now)
    session.delete(image)
    session.flush()
    return image.room_id


def _own_room(session: Session, room_id: int, actor: Actor) -> Room:
    """The room, locked as a booking locks it: two who add the last photo at once must not both succeed."""
    locked_rules(session, room_id)
    room = session.get_one(Room, room_id, populate_existing=True)
    if not actor.decides_for(room.unit_id):
        raise Forbidden("not_your_unit")
    return room


def _own_image(session: Session, image_id: int, actor: Actor) -> RoomImage:
    room_id = session.scalars(
        select(RoomImage.room_id).where(RoomImage.id == image_id)
    ).one_or_none()
    if room_id is None:
        raise NotFound("image")
    _own_room(session, room_id, actor)
    image = session.get(RoomImage, image_id, populate_existing=True)
    if image is None:
        # Removed between the look and the lock.
        raise NotFound("image")
    return image


def _images(session: Session, room_id: int, kind: str) -> list[RoomImage]:
    query = (
        select(RoomImage)
        .where(RoomImage.room_id == room_id, RoomImage.kind == kind)
        .order_by(RoomImage.position, RoomImage.id)
    )
    return list(session.scalars(query))


def _require_alt(alt: LocalText) -> None:
    if not alt.fi.strip():
        raise InvalidInput("alt_required", field="alt_fi")
    for lang in ("fi", "sv", "en"):
        if len(getattr(alt, lang) or "") > LONGEST_ALT:
            raise InvalidInput("too_long_text", field=f"alt_{lang}", limit=LONGEST_ALT)


def _said(image: RoomImage) -> dict[str, Any]:
    alt = {lang: getattr(image.alt, lang) for lang in ("fi", "sv", "en")}
    return {"image_id": image.id, "kind": image.kind, "digest": image.digest, "alt": alt}


def _note(
    session: Session,
    action: str,
    image: RoomImage,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    thing = ("room", image.room_id)
    record(session, action, thing, before=before, after=after, actor=actor, now=now)
