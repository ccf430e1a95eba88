"""Bookings, what is kept of them for feeds, and the answers kept under Idempotency-Keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import CONTACT, IDENTITY, SENSITIVE, Base
from booking.models.organisations import Organisation
from booking.models.people import Person
from booking.models.rooms import Room


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

    room: Mapped[Room] = relationship()
    organisation: Mapped[Organisation] = relationship()
    asker: Mapped[Person] = relationship(foreign_keys=asker_id)


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
