"""Series: one wish for many dates, and the dates that could not be had. Each date that was had is a booking of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import Base
from booking.models.organisations import Organisation
from booking.models.people import Person
from booking.models.rooms import Room


class Series(Base):
    """The same room at the same wall time of Europe/Helsinki on many days; kept for editing, never shown to calendars.

    `rrule` (RFC 5545) counts from `first_day`; empty for days that somebody listed. Minutes are those of the local day; an end at
    or before the start is on the next day. `fold`: which showing of a doubled hour is meant. `split_from`: the series whose later
    dates these were, until they became different.
    """

    __tablename__ = "series"
    __table_args__ = (
        CheckConstraint("start_minute BETWEEN 0 AND 1439", name="start_minute"),
        CheckConstraint("end_minute BETWEEN 0 AND 1439", name="end_minute"),
        CheckConstraint("fold IN (0, 1)", name="fold"),
    )
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    rrule: Mapped[str | None] = mapped_column(String(300))
    first_day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    fold: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))

    room: Mapped[Room] = relationship()
    organisation: Mapped[Organisation] = relationship()
    asker: Mapped[Person] = relationship()


class SkippedOccurrence(Base):
    """A day of a series that has no booking, and why: the code of the policy, or `room_taken`, with what its text needs.

    It may be added once it frees; then its row goes.
    """

    __tablename__ = "skipped_occurrence"
    __table_args__ = (UniqueConstraint("series_id", "day"),)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    day: Mapped[date]
    code: Mapped[str] = mapped_column(String(30))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
