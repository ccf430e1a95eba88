"""Rooms and the spaces they claim, their accessibility, and blocks. Rows only; the rules are in `booking.domain.rooms`."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.domain.texts import LocalText
from booking.models.base import Base
from booking.models.people import Person
from booking.models.places import Unit

room_space = Table(
    "room_space",
    Base.metadata,
    Column("room_id", ForeignKey("room.id", ondelete="CASCADE"), primary_key=True),
    Column("space_id", ForeignKey("space.id"), primary_key=True, index=True),
)


class Space(Base):
    """The smallest piece of floor that is held as a whole. Two rooms that share a space can't both be held."""

    __tablename__ = "space"
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))


class Room(Base):
    """What is lent: one space, or several ("the whole hall"). Minutes and days bound the bookings it takes.

    `feed_version` rises under the spaces' lock with every change that the room's feed shows, and `feed_changed_at` says when.
    """

    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("step_minutes > 0 AND 1440 % step_minutes = 0", name="step"),
        CheckConstraint("min_minutes > 0 AND min_minutes <= max_minutes", name="length"),
        CheckConstraint("notice_minutes >= 0 AND horizon_days > 0", name="window"),
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
    feed_version: Mapped[int] = mapped_column(default=1)
    feed_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    spaces: Mapped[list[Space]] = relationship(secondary=room_space, order_by=Space.id)
    features: Mapped[list[RoomFeature]] = relationship(
        cascade="all, delete-orphan", order_by="RoomFeature.id"
    )


class RoomFeature(Base):
    """One fact of a room's accessibility. No row, or value `unknown`: nobody has looked; never shown as no or as yes."""

    __tablename__ = "room_feature"
    __table_args__ = (
        UniqueConstraint("room_id", "code"),
        CheckConstraint("value IN ('yes', 'no', 'unknown')", name="value"),
    )
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(30))  # of booking.domain.rooms.FEATURES
    value: Mapped[str] = mapped_column(String(7))
    note: Mapped[LocalText | None]
    measure_cm: Mapped[int | None]
    checked_on: Mapped[date | None]
    checked_by: Mapped[str | None] = mapped_column(
        String(120)
    )  # an office or a role, not a person's name


class Block(Base):
    """Time a unit keeps for itself. Lifted blocks stay as rows; their time is given back."""

    __tablename__ = "block"
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    room: Mapped[Room] = relationship()
    created_by: Mapped[Person] = relationship()
