"""Bookings, what is kept of them for feeds, and the answers kept under Idempotency-Keys."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import CONTACT, IDENTITY, SECRET, SENSITIVE, Base
from booking.models.organisations import Organisation
from booking.models.people import Person
from booking.models.rooms import Room
from booking.models.series import Series


class Booking(Base):
    """One organisation's asking for one room for one stretch of time (half-open, UTC).

    `version` rises with every change and guards edits; `sequence` (RFC 5545) only with those that others see.
    `was_approved` stays true once a decision said yes: feeds then owe their readers a CANCELLED.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="not_empty"),
        CheckConstraint(
            "state IN ('requested', 'approved', 'rejected', 'cancelled', 'lapsed')", name="state"
        ),
        CheckConstraint("people > 0", name="people"),
        Index("ix_booking_room_id_starts_at", "room_id", "starts_at"),
        Index("ix_booking_organisation_id_starts_at", "organisation_id", "starts_at"),
        Index("ix_booking_state_created_at", "state", "created_at"),
        Index("ix_booking_series_id_series_day", "series_id", "series_day"),
    )
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(200), info=SENSITIVE)
    is_public: Mapped[bool] = mapped_column(default=False)
    activity: Mapped[str] = mapped_column(String(7))
    people: Mapped[int]
    needs: Mapped[str | None] = mapped_column(Text, info=SENSITIVE)
    # Codes of booking.domain.rooms.FEATURES that must be there; matched with what is known of the room.
    needed_features: Mapped[list[str]] = mapped_column(
        JSON, default=list, server_default="[]", info=SENSITIVE
    )
    terms_version: Mapped[int | None]  # of the unit's rules of use, as accepted
    contact_name: Mapped[str] = mapped_column(String(120), info=CONTACT)
    contact_email: Mapped[str] = mapped_column(String(254), info=CONTACT)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(9))
    version: Mapped[int] = mapped_column(default=1)
    sequence: Mapped[int] = mapped_column(default=0)
    was_approved: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_by_name: Mapped[str | None] = mapped_column(
        String(250), info=IDENTITY
    )  # name and title as they were
    reason: Mapped[str | None] = mapped_column(Text)  # of the decision
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    condition: Mapped[str | None] = mapped_column(Text)  # of an approval
    is_on_behalf: Mapped[bool] = mapped_column(default=False, server_default=false())  # by staff
    is_late_cancel: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When it was last asked for, if that was later than `created_at`: an approved booking that its people changed.
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How far an undecided request has gone: 0 asked, 1 approvers reminded, 2 stand-ins told, 3 with the coordinator.
    escalation: Mapped[int] = mapped_column(default=0, server_default="0")
    reminded_on: Mapped[date | None]  # the asker, before the date
    # Of the link in that reminder that gives the room back without signing in.
    release_hash: Mapped[str | None] = mapped_column(String(64), unique=True, info=SECRET)
    # Of a series: which one, and the day it stands for there, also once it has been moved to another.
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    series_day: Mapped[date | None]
    # It was put elsewhere by itself, so what changes the others leaves it alone.
    is_apart: Mapped[bool] = mapped_column(default=False, server_default=false())

    room: Mapped[Room] = relationship()
    organisation: Mapped[Organisation] = relationship()
    asker: Mapped[Person] = relationship(foreign_keys=asker_id)
    series: Mapped[Series | None] = relationship()


class WaitingEntry(Base):
    """Somebody waits for a taken slot of a room, first come first served. Offered, it holds nothing: whoever answers in time
    asks for the slot like anybody else, before it is offered to the next.
    """

    __tablename__ = "waiting_entry"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="not_empty"),
        CheckConstraint(
            "state IN ('waiting', 'offered', 'taken', 'declined', 'expired', 'cancelled')",
            name="state",
        ),
        Index("ix_waiting_entry_room_id_starts_at", "room_id", "starts_at"),
    )
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))  # that it would join
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activity: Mapped[str] = mapped_column(String(7))
    people: Mapped[int]
    state: Mapped[str] = mapped_column(String(9), default="waiting")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    room: Mapped[Room] = relationship()
    organisation: Mapped[Organisation] = relationship()
    asker: Mapped[Person] = relationship()


class Report(Base):
    """What somebody tells of a room or of these pages: damage, safety, accessibility. To be answered by `due_on`; no patient
    data belongs here, and the form says so.
    """

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint("kind IN ('damage', 'safety', 'accessibility', 'a11y')", name="kind"),
        CheckConstraint("state IN ('open', 'answered')", name="state"),
        Index("ix_report_state_due_on", "state", "due_on"),
    )
    kind: Mapped[str] = mapped_column(String(13))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    email: Mapped[str | None] = mapped_column(String(254), info=CONTACT)
    locale: Mapped[str] = mapped_column(String(2), default="fi")  # of the answer
    text: Mapped[str] = mapped_column(Text, info=SENSITIVE)
    state: Mapped[str] = mapped_column(String(8), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    room: Mapped[Room | None] = relationship()


class CalendarText(Base):
    """One thing's VEVENT for one audience, as of one revision, written in the transaction of the change it shows.

    A feed is a query over these rows and a join of their texts. `uid` is the thing's, the same everywhere. Time, place and
    summary are those last approved: a CANCELLED must not tell what nobody has approved.
    """

    __tablename__ = "calendar_text"
    __table_args__ = (
        UniqueConstraint("uid", "audience"),
        Index(
            "ix_calendar_text_room_id_audience_starts_at_uid",
            "room_id",
            "audience",
            "starts_at",
            "uid",
        ),
    )
    uid: Mapped[str] = mapped_column(String(80))
    audience: Mapped[str] = mapped_column(String(6))  # 'public'
    revision: Mapped[int]
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(9))
    summary: Mapped[str] = mapped_column(String(200), info=SENSITIVE)
    location: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text, info=SENSITIVE)


class IdempotencyKey(Base):
    """An act a person has asked for once, and the answer it got. Inserted first in the act's transaction."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("person_id", "route", "key"),)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    route: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(100))
    body_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(Text, info=SENSITIVE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
