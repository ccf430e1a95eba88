"""Persons, their roles, sign-ins and tokens. Secrets are kept as hashes only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import IDENTITY, SECRET, TECHNICAL, Base


class Person(Base):
    """Somebody who can sign in. `email` is kept folded (`booking.services.people.folded_email`), so one address is one person."""

    __tablename__ = "person"
    email: Mapped[str] = mapped_column(String(254), unique=True, info=IDENTITY)
    name: Mapped[str] = mapped_column(String(120), info=IDENTITY)
    title: Mapped[str | None] = mapped_column(String(120), info=IDENTITY)
    locale: Mapped[str] = mapped_column(String(2), default="fi")
    password_hash: Mapped[str | None] = mapped_column(String(200), info=SECRET)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    staff_roles: Mapped[list[StaffRole]] = relationship(cascade="all, delete-orphan")


class StaffRole(Base):
    """What a person of the county may do, and where: everywhere, in one municipality, or in one unit."""

    __tablename__ = "staff_role"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'coordinator', 'approver', 'viewer')", name="role"),
        CheckConstraint("municipality_id IS NULL OR unit_id IS NULL", name="scope"),
        CheckConstraint("role <> 'approver' OR unit_id IS NOT NULL", name="approver_has_unit"),
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(11))
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))


class SignIn(Base):
    """One signed-in device. The cookie holds the token, this row its SHA-256: without the row the cookie is worth nothing."""

    __tablename__ = "sign_in"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=TECHNICAL)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=TECHNICAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    person: Mapped[Person] = relationship()


class SignInAttempt(Base):
    """A guess at a password, counted over all processes until one is right; `key` is a hash of the address tried."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_key_at", "key", "at"),)
    key: Mapped[str] = mapped_column(String(64), info=TECHNICAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ApiToken(Base):
    """A key to the API in a person's name; kept as its SHA-256. `scope` read: only GET."""

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint("scope IN ('read', 'write')", name="scope"),)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    scope: Mapped[str] = mapped_column(String(5))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=TECHNICAL)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship()
