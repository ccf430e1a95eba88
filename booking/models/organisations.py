"""Organisations that book, and the persons who may do it in their name."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import CONTACT, IDENTITY, SECRET, Base
from booking.models.people import Person
from booking.models.places import Municipality


class Organisation(Base):
    """An association, an unregistered one, the county itself, a municipality, or another.

    Numbers are optional: many have none. `verified_at`: staff have made sure who it is. One that is not `is_active` books no
    more; one `merged_into` another was the same association written twice. `contact_email` is its shared mailbox;
    `responsible_name` who answers for an unregistered association (yhdistyslaki 58 §). `version` guards edits.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('association', 'unregistered', 'county', 'municipality', 'other')",
            name="kind",
        ),
    )
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(12))
    y_tunnus: Mapped[str | None] = mapped_column(String(9), unique=True)
    register_number: Mapped[str | None] = mapped_column(String(7))
    field: Mapped[str | None] = mapped_column(String(30))
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    contact_email: Mapped[str | None] = mapped_column(String(254), info=CONTACT)
    responsible_name: Mapped[str | None] = mapped_column(String(120), info=IDENTITY)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    municipality: Mapped[Municipality | None] = relationship()


class Membership(Base):
    """A person may act for an organisation: `owner` also sees to its members, `booker` books."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("person_id", "organisation_id"),
        CheckConstraint("role IN ('owner', 'booker')", name="role"),
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(String(6))

    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation] = relationship()


class Agreement(Base):
    """What the county and an organisation have agreed on; it may give priority. Both days included; no last day: until further
    notice.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("kind IN ('partnership', 'intent', 'cooperation')", name="kind"),
        CheckConstraint("valid_until IS NULL OR valid_from <= valid_until", name="validity"),
    )
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(11))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    file_number: Mapped[str | None] = mapped_column(String(60))


class Invitation(Base):
    """An owner lets somebody act for the organisation. The mailed token is kept as a hash; an account that is there must sign
    in to accept.
    """

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("role IN ('owner', 'booker')", name="role"),)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), info=IDENTITY, index=True)
    role: Mapped[str] = mapped_column(String(6))
    hands_over: Mapped[bool] = mapped_column(default=False)  # accepting it ends the inviter's role
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    invited_by: Mapped[Person] = relationship()
