"""Rooms and the spaces they claim, their accessibility, and blocks. Rows only; the rules are in `booking.domain.rooms`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.domain.texts import LocalText
from booking.models.base import CONTACT, Base
from booking.models.people import Person
from booking.models.places import Unit

room_space = Table(
    "room_space",
    Base.metadata,
    Column("room_id", ForeignKey("room.id", ondelete="CASCADE"), primary_key=True),
    Column("space_id", ForeignKey("space.id"), primary_key=True, index=True),
)


class Space(Base):
    """The smallest piece of floor that is held as a whole. Two rooms that share a space can't both be held.

    One that was `joined_into` another is floor of that one now; its row stays for what it held before.
    """

    __tablename__ = "space"
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    joined_into_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"), index=True)


class Room(Base):
    """What is lent: one space, or several ("the whole hall"). Minutes and days bound the bookings it takes.

    `version` guards edits. `available_until` is the last day it can be had at all; `latest_end_minute` the minute of the
    local day by which it must be empty. A room with an `elsewhere_url` is booked there, not here. `layouts` says how many
    people fit in each arrangement, `activity_reasons` why an activity isn't allowed (code → {fi, sv, en}).
    `feed_version` rises under the spaces' lock with every change that the room's feed shows, and `feed_changed_at` says when.
    """

    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("step_minutes > 0 AND 1440 % step_minutes = 0", name="step"),
        CheckConstraint("min_minutes > 0 AND min_minutes <= max_minutes", name="length"),
        CheckConstraint("notice_minutes >= 0 AND horizon_days > 0", name="window"),
        CheckConstraint("buffer_before_minutes >= 0 AND buffer_after_minutes >= 0", name="buffer"),
        CheckConstraint("outside_use IN ('yes', 'no', 'unknown')", name="outside_use"),
        CheckConstraint("noise_allowed IN ('yes', 'no', 'unknown')", name="noise_allowed"),
        CheckConstraint("food_allowed IN ('yes', 'no', 'unknown')", name="food_allowed"),
        CheckConstraint("latest_end_minute BETWEEN 1 AND 1440", name="latest_end"),
        CheckConstraint("fire_max_people >= capacity", name="fire_max"),
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[LocalText]
    description: Mapped[LocalText | None]
    published: Mapped[bool] = mapped_column(default=False)
    capacity: Mapped[int]
    activities: Mapped[list[str]] = mapped_column(JSON)  # of booking.domain.rooms.ACTIVITIES
    step_minutes: Mapped[int] = mapped_column(default=15)
    min_minutes: Mapped[int] = mapped_column(default=30)
    max_minutes: Mapped[int] = mapped_column(default=12 * 60)
    notice_minutes: Mapped[int] = mapped_column(default=24 * 60)
    horizon_days: Mapped[int] = mapped_column(default=400)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    external_id: Mapped[str | None] = mapped_column(String(60), unique=True)
    buffer_before_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    available_until: Mapped[date | None]
    elsewhere_url: Mapped[str | None] = mapped_column(String(500))
    owner: Mapped[str | None] = mapped_column(String(200))
    outside_use: Mapped[str] = mapped_column(String(7), default="unknown", server_default="unknown")
    layouts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, server_default="{}")
    equipment: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    activity_reasons: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, server_default="{}"
    )
    noise_allowed: Mapped[str] = mapped_column(
        String(7), default="unknown", server_default="unknown"
    )
    food_allowed: Mapped[str] = mapped_column(
        String(7), default="unknown", server_default="unknown"
    )
    latest_end_minute: Mapped[int | None]
    fire_max_people: Mapped[int | None]
    emergency_number: Mapped[str | None] = mapped_column(String(40))
    keys: Mapped[LocalText | None]
    alarm: Mapped[LocalText | None]
    arrival: Mapped[LocalText | None]
    floor_plan_text: Mapped[LocalText | None]
    contact_name: Mapped[str | None] = mapped_column(String(120), info=CONTACT)
    contact_email: Mapped[str | None] = mapped_column(String(254), info=CONTACT)
    contact_phone: Mapped[str | None] = mapped_column(String(40), info=CONTACT)
    # What ended before this was held in other spaces than the room claims now.
    spaces_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    feed_version: Mapped[int] = mapped_column(default=1)
    feed_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    spaces: Mapped[list[Space]] = relationship(secondary=room_space, order_by=Space.id)
    features: Mapped[list[RoomFeature]] = relationship(
        cascade="all, delete-orphan", order_by="RoomFeature.id"
    )
    images: Mapped[list[RoomImage]] = relationship(
        cascade="all, delete-orphan", order_by="RoomImage.position, RoomImage.id"
    )


class RoomFeature(Base):
    """One fact of a room's accessibility. No row, or value `unknown`: nobody has looked; never shown as no or as yes."""

    __tablename__ = "room_feature"
    __table_args__ = (
        UniqueConstraint("room_id", "code"),
        CheckConstraint("value IN ('yes', 'no', 'unknown')", name="value"),
        CheckConstraint("side IN ('left', 'right', 'both')", name="side"),
    )
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(30))  # of booking.domain.rooms.FEATURES
    value: Mapped[str] = mapped_column(String(7))
    note: Mapped[LocalText | None]
    measure_cm: Mapped[int | None]
    count: Mapped[int | None]  # how many parking places, …
    side: Mapped[str | None] = mapped_column(String(5))  # from which one moves onto the seat
    checked_on: Mapped[date | None]
    checked_by: Mapped[str | None] = mapped_column(
        String(120)
    )  # an office or a role, not a person's name


class RoomImage(Base):
    """A photo or the floor plan of a room, re-encoded by us. `digest` names its bytes; `alt` says what it shows.

    The bytes lie in the database: several machines share nothing else.
    """

    __tablename__ = "room_image"
    __table_args__ = (CheckConstraint("kind IN ('photo', 'floor_plan')", name="kind"),)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    alt: Mapped[LocalText]
    position: Mapped[int]
    width: Mapped[int]  # pixels, of the largest size
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    files: Mapped[list[RoomImageFile]] = relationship(cascade="all, delete-orphan")


class RoomImageFile(Base):
    """One size of an image in one format (avif, webp)."""

    __tablename__ = "room_image_file"
    __table_args__ = (UniqueConstraint("image_id", "width", "format"),)
    image_id: Mapped[int] = mapped_column(ForeignKey("room_image.id", ondelete="CASCADE"))
    width: Mapped[int]  # pixels
    format: Mapped[str] = mapped_column(String(4))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Block(Base):
    """Time a unit keeps for itself. Lifted blocks stay as rows; their time is given back.

    Blocks made in one act, every week until a day, share their `series` and can be lifted together.
    """

    __tablename__ = "block"
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    series: Mapped[str | None] = mapped_column(String(36), index=True)

    room: Mapped[Room] = relationship()
    created_by: Mapped[Person] = relationship()
