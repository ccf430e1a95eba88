"""Where rooms are: municipalities, divisions of the county, units with their opening hours.

Data, edited by the county.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.domain.texts import LocalText
from booking.models.base import CONTACT, Base


class Installation(Base):
    """This database's own facts, one row made by the first migration: `uuid` ends every UID that leaves the house.

    `catalogue_version` is renewed whenever something changes that the catalogue shows or the policy reads (see
    `booking.models.catalogue`).
    """

    __tablename__ = "installation"
    uuid: Mapped[str] = mapped_column(String(36))
    catalogue_version: Mapped[int] = mapped_column(BigInteger, default=1)


class Municipality(Base):
    """A municipality of the county; `key` is used in addresses and in the API ("joensuu")."""

    __tablename__ = "municipality"
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[LocalText]


class Division(Base):
    """A division of the county's organisation (toimialue); a unit belongs to one."""

    __tablename__ = "division"
    name: Mapped[LocalText]


class Unit(Base):
    """A place whose staff lend rooms and decide. Nothing of a unit is bookable until it is `open_for_booking`."""

    __tablename__ = "unit"
    name: Mapped[LocalText]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    arrival: Mapped[LocalText | None]
    contact_email: Mapped[str | None] = mapped_column(String(254), info=CONTACT)
    contact_phone: Mapped[str | None] = mapped_column(String(40), info=CONTACT)
    open_for_booking: Mapped[bool] = mapped_column(default=False)

    municipality: Mapped[Municipality] = relationship()
    division: Mapped[Division | None] = relationship()
    opening_hours: Mapped[list[OpeningHours]] = relationship(
        cascade="all, delete-orphan", order_by="OpeningHours.weekday, OpeningHours.opens_minute"
    )
    opening_exceptions: Mapped[list[OpeningException]] = relationship(
        cascade="all, delete-orphan", order_by="OpeningException.day, OpeningException.opens_minute"
    )


class OpeningHours(Base):
    """A unit is open on `weekday` (0 = Monday) between two minutes of the local day; 1440 is midnight at its end."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440",
            name="minutes",
        ),
        UniqueConstraint("unit_id", "weekday", "opens_minute"),
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    opens_minute: Mapped[int]
    closes_minute: Mapped[int]


class OpeningException(Base):
    """On `day` a unit keeps these hours instead of the weekly ones; both minutes empty: closed all day, `reason` says
    why.
    """

    __tablename__ = "opening_exception"
    __table_args__ = (
        CheckConstraint(
            "(opens_minute IS NULL AND closes_minute IS NULL) OR "
            "(opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440)",
            name="minutes",
        ),
        UniqueConstraint("unit_id", "day", "opens_minute"),
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    day: Mapped[date]
    opens_minute: Mapped[int | None]
    closes_minute: Mapped[int | None]
    reason: Mapped[LocalText | None]
