"""Organisations that book, and the persons who may do it in their name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import UtcDateTime
from booking.models.base import Base
from booking.models.people import Person
from booking.models.places import Municipality


class Organisation(Base):
    """An association, an unregistered one, the county itself, a municipality, or another.

    Numbers are optional: many have none.
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
