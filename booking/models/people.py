"""Persons, their roles, sign-ins and tokens. Secrets are kept as hashes only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import IDENTITY, SECRET, SENSITIVE, TECHNICAL, Base


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
    # TOTP (RFC 6238): the secret under the service's key, when it was confirmed, the last step used (a code works once).
    totp_secret: Mapped[str | None] = mapped_column(String(200), info=SECRET)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    # Nobody any more: what told who it was is gone, what they did stays counted.
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

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


class Absence(Base):
    """While it lasts (both days included), a stand-in has the approver's role of this unit beside the one who is away."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days"),
        CheckConstraint("person_id <> stand_in_id", name="two_persons"),
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    stand_in_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    stand_in: Mapped[Person] = relationship(foreign_keys=stand_in_id)


class MailSetting(Base):
    """How a person wants mails of one kind: at once (no row), gathered into one a day, or not at all where that is allowed."""

    __tablename__ = "mail_setting"
    __table_args__ = (
        UniqueConstraint("person_id", "kind"),
        CheckConstraint("how IN ('daily', 'none')", name="how"),
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    how: Mapped[str] = mapped_column(String(5))


class SignIn(Base):
    """One signed-in device. The cookie holds the token, this row its SHA-256: without the row the cookie is worth nothing."""

    __tablename__ = "sign_in"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=TECHNICAL)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=TECHNICAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    device: Mapped[str | None] = mapped_column(String(80), info=TECHNICAL)  # browser and system
    # A member of staff has still to show the second factor: nothing but that page is open.
    awaits_totp: Mapped[bool] = mapped_column(default=False, server_default=false())

    person: Mapped[Person] = relationship()


class MailedLink(Base):
    """A one-time way in, mailed to an address: a link, or a code for the browser that asked. Used once, for a quarter of an hour.

    `person_id` empty: nobody known by this address; following it then confirms the address for a first contact. `kept` is what
    was typed into a form before, field by field, to be shown again; `next` where to go; `locale` what the page spoke.
    """

    __tablename__ = "mailed_link"
    email: Mapped[str] = mapped_column(String(254), info=IDENTITY, index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    browser_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    code_hash: Mapped[str] = mapped_column(String(64), info=SECRET)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    guesses: Mapped[int] = mapped_column(default=0)  # of the code
    next: Mapped[str | None] = mapped_column(String(500))
    kept: Mapped[list[tuple[str, str]]] = mapped_column(JSON, default=list, info=SENSITIVE)
    locale: Mapped[str] = mapped_column(String(2), default="fi")


class SignInAttempt(Base):
    """Something that is limited over all processes: a guess, a mail asked for, a sign-up. `key` is a hash of kind and address."""

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
