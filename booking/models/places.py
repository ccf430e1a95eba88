"""Where rooms are: municipalities, divisions of the county, units with their opening hours.

Data, edited by the county.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
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


class Region(Base):
    """A region of partnership; several municipalities. `key` is used in addresses."""

    __tablename__ = "region"
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[LocalText]


class Municipality(Base):
    """A municipality of the county; `key` is used in addresses and in the API ("joensuu").

    `region_is_checked` false: somebody has still to make sure that it lies in this region.
    """

    __tablename__ = "municipality"
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[LocalText]
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"), index=True)
    region_is_checked: Mapped[bool] = mapped_column(default=False, server_default=false())

    region: Mapped[Region | None] = relationship()


class Division(Base):
    """A division of the county's organisation (toimialue); a unit belongs to one."""

    __tablename__ = "division"
    name: Mapped[LocalText]


class Unit(Base):
    """A place whose staff lend rooms and decide. Nothing of a unit is bookable until it is `open_for_booking`.

    `version` guards edits. On Finnish holidays it is closed if it says so; the two eves have switches of their own.
    `external_id` is the unit's name in the county's other systems: imports find it by that.
    """

    __tablename__ = "unit"
    name: Mapped[LocalText]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    arrival: Mapped[LocalText | None]
    contact_email: Mapped[str | None] = mapped_column(String(254), info=CONTACT)
    contact_phone: Mapped[str | None] = mapped_column(String(40), info=CONTACT)
    open_for_booking: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    external_id: Mapped[str | None] = mapped_column(String(60), unique=True)
    closed_on_holidays: Mapped[bool] = mapped_column(default=True, server_default=false())
    closed_on_midsummer_eve: Mapped[bool] = mapped_column(default=True, server_default=false())
    closed_on_christmas_eve: Mapped[bool] = mapped_column(default=True, server_default=false())
    # Hours after asking at which an undecided request is told again: to its approvers, their stand-ins, the coordinator.
    # Lapsing and approving by itself are off unless the unit says otherwise.
    remind_after_hours: Mapped[int] = mapped_column(default=48, server_default="48")
    stand_in_after_hours: Mapped[int] = mapped_column(default=96, server_default="96")
    coordinator_after_hours: Mapped[int] = mapped_column(default=168, server_default="168")
    lapse_after_hours: Mapped[int | None]
    approves_by_itself: Mapped[bool] = mapped_column(default=False, server_default=false())
    appeal: Mapped[LocalText | None]
    # The asker is reminded so many days before the date; what is cancelled later than so many hours before is marked.
    remind_days_before: Mapped[int] = mapped_column(default=3, server_default="3")
    late_cancel_hours: Mapped[int] = mapped_column(default=24, server_default="24")

    municipality: Mapped[Municipality] = relationship()
    division: Mapped[Division | None] = relationship()
    opening_hours: Mapped[list[OpeningHours]] = relationship(
        cascade="all, delete-orphan", order_by="OpeningHours.weekday, OpeningHours.opens_minute"
    )
    opening_exceptions: Mapped[list[OpeningException]] = relationship(
        cascade="all, delete-orphan", order_by="OpeningException.day, OpeningException.opens_minute"
    )


class OpeningHours(Base):
    """A unit is open on `weekday` (0 = Monday) between two minutes of the local day; 1440 is midnight at its end.

    Rows without dates are the usual week. Rows with dates (both included) are a season: while it lasts, its rows with the
    same dates are the whole week.
    """

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440",
            name="minutes",
        ),
        CheckConstraint(
            "(valid_from IS NULL AND valid_until IS NULL) OR valid_from <= valid_until",
            name="season",
        ),
        Index("ix_opening_hours_unit_id", "unit_id"),
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    opens_minute: Mapped[int]
    closes_minute: Mapped[int]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class OpeningException(Base):
    """From `day` to `last_day` (none: that day alone) a unit keeps these hours instead of the weekly ones.

    Both minutes empty: closed all day, a closure; `reason` says why. `external_id`: by that an import finds it again.
    """

    __tablename__ = "opening_exception"
    __table_args__ = (
        CheckConstraint(
            "(opens_minute IS NULL AND closes_minute IS NULL) OR "
            "(opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440)",
            name="minutes",
        ),
        CheckConstraint("last_day IS NULL OR last_day >= day", name="days"),
        UniqueConstraint("unit_id", "day", "opens_minute"),
        UniqueConstraint("external_id"),
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    day: Mapped[date]
    last_day: Mapped[date | None]
    opens_minute: Mapped[int | None]
    closes_minute: Mapped[int | None]
    reason: Mapped[LocalText | None]
    external_id: Mapped[str | None] = mapped_column(String(60))


class DecisionTemplate(Base):
    """A text that a unit's approvers use again and again: a condition of an approval, or a reason of a rejection."""

    __tablename__ = "decision_template"
    __table_args__ = (CheckConstraint("kind IN ('condition', 'reason')", name="kind"),)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(9))
    text: Mapped[LocalText]


class CountySetting(Base):
    """Something the county decides for all: how long things are kept. A row only where it differs from what the code says."""

    __tablename__ = "county_setting"
    key: Mapped[str] = mapped_column(String(40), unique=True)
    value: Mapped[int]


class Terms(Base):
    """A unit's rules of use as of one version; the highest version is in force, an empty text takes the rules away."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("unit_id", "version"),)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    version: Mapped[int]
    text: Mapped[LocalText | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Quota(Base):
    """How many minutes one organisation may hold in a unit's rooms within one local week, month or year."""

    __tablename__ = "quota"
    __table_args__ = (
        CheckConstraint("per IN ('week', 'month', 'year')", name="per"),
        CheckConstraint("limit_minutes > 0", name="limit"),
        UniqueConstraint("unit_id", "per"),
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    per: Mapped[str] = mapped_column(String(5))
    limit_minutes: Mapped[int]
