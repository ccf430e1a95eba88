"""What staff see of their units: exceptions, rules of use, quotas, changes; and the county's places. Reads only; no rule.

Whether the actor may see a unit's own is asked with the unit (`booking.queries.upkeep.own_unit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.rooms import OpeningHours, Stretch
from booking.domain.texts import LocalText
from booking.errors import Forbidden, NotFound
from booking.models import (
    AuditEntry,
    Booking,
    Division,
    Municipality,
    OpeningException,
    Person,
    Quota,
    Region,
    Room,
    StaffRole,
    Terms,
    Unit,
)
from booking.queries.holidays import holidays_of_year

T = TypeVar("T", Region, Municipality, Division, Unit)
# Names by id, under the name of a unit's column.
Names = dict[str, dict[int, LocalText]]
_YEAR = timedelta(days=365)
_MOST_MISSED = 20  # entries; who has missed more had better open the page again


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday or one of the two eves, and when the unit is open on it (no stretches: closed)."""

    day: date
    name: LocalText
    open: tuple[Stretch, ...]


def holidays_ahead(hours: OpeningHours, today: date) -> list[Holiday]:
    """The holidays of the twelve months from `today` on, as the unit's rules have them now."""
    until = today + _YEAR
    return [
        Holiday(day, name, hours.on(day))
        for year in sorted({today.year, until.year})
        for day, name in holidays_of_year(year).items()
        if today <= day < until
    ]


def exceptions_to_come(session: Session, unit_id: int, today: date) -> list[OpeningException]:
    """A unit's exceptions that are not over, by their first day."""
    return list(
        session.scalars(
            select(OpeningException)
            .where(OpeningException.unit_id == unit_id, _last_day() >= today)
            .order_by(OpeningException.day, OpeningException.opens_minute, OpeningException.id)
        )
    )


def exceptions_past(
    session: Session, unit_id: int, today: date, limit: int
) -> list[OpeningException]:
    """A unit's exceptions that are over, the latest first."""
    return list(
        session.scalars(
            select(OpeningException)
            .where(OpeningException.unit_id == unit_id, _last_day() < today)
            .order_by(OpeningException.day.desc(), OpeningException.id.desc())
            .limit(limit)
        )
    )


def exception_of_unit(session: Session, exception_id: int, actor: Actor) -> OpeningException:
    """An exception of a unit that the actor keeps. Raises NotFound, Forbidden."""
    row = session.get(OpeningException, exception_id)
    if row is None:
        raise NotFound("exception")
    if not actor.decides_for(row.unit_id):
        raise Forbidden("not_your_unit")
    return row


def terms_of_unit(session: Session, unit_id: int) -> list[Terms]:
    """All versions of a unit's rules of use, the newest first; one without a text took them away."""
    query = select(Terms).where(Terms.unit_id == unit_id).order_by(Terms.version.desc())
    return list(session.scalars(query))


def requests_with_older_terms(session: Session, unit_id: int, version: int, now: datetime) -> int:
    """How many requests to come await a decision with other rules of use accepted than this version, or none."""
    query = (
        select(func.count())
        .select_from(Booking)
        .join(Room, Room.id == Booking.room_id)
        .where(
            Room.unit_id == unit_id,
            Booking.state == "requested",
            Booking.starts_at > now,
            Booking.terms_version.is_distinct_from(version),
        )
    )
    return session.scalars(query).one()


def quotas_of_unit(session: Session, unit_id: int) -> dict[str, int]:
    """How many minutes one organisation may hold, by period."""
    rows = session.scalars(select(Quota).where(Quota.unit_id == unit_id))
    return {row.per: row.limit_minutes for row in rows}


def history_of_unit(
    session: Session, unit_id: int, limit: int, offset: int = 0
) -> list[AuditEntry]:
    """What happened to a unit, newest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.object_kind == "unit", AuditEntry.object_id == unit_id)
        .order_by(AuditEntry.id.desc())
    )
    return list(session.scalars(query.limit(limit).offset(offset)))


def unit_saved_since(session: Session, unit: Unit, version: int) -> list[AuditEntry]:
    """What was saved of a unit after `version`, newest first: each change is one version and one entry."""
    missed = max(0, unit.version - version)
    return history_of_unit(session, unit.id, min(missed, _MOST_MISSED)) if missed else []


@dataclass(frozen=True)
class Places:
    """All that an administrator keeps, each list by its Finnish names."""

    regions: list[Region]
    municipalities: list[Municipality]
    divisions: list[Division]
    units: list[Unit]


def places(session: Session) -> Places:
    """Regions, municipalities, divisions and units of the county."""
    units = select(Unit).options(joinedload(Unit.municipality), joinedload(Unit.division))
    towns = select(Municipality).options(joinedload(Municipality.region))
    return Places(
        _by_name(session.scalars(select(Region)).all()),
        _by_name(session.scalars(towns).all()),
        _by_name(session.scalars(select(Division)).all()),
        _by_name(session.scalars(units).all()),
    )


def name_of_place(session: Session, kind: str, row_id: int) -> LocalText:
    """The name of one of the "regions" or "divisions". Raises NotFound."""
    row: Region | Division | None = (
        session.get(Region, row_id) if kind == "regions" else session.get(Division, row_id)
    )
    if row is None:
        raise NotFound(kind)
    return row.name


def municipality_of(session: Session, municipality_id: int) -> Municipality:
    """One municipality. Raises NotFound."""
    row = session.get(Municipality, municipality_id)
    if row is None:
        raise NotFound("municipality")
    return row


def approvers_of(session: Session, unit_id: int) -> list[str]:
    """The names of those who decide on a unit's requests, sorted."""
    query = (
        select(Person.name)
        .join(StaffRole)
        .where(StaffRole.role == "approver", StaffRole.unit_id == unit_id, Person.is_active)
        .distinct()
    )
    return sorted(session.scalars(query))


def names_of_places(session: Session) -> Names:
    """Names of municipalities and divisions: for what the audit keeps as ids."""
    towns = session.execute(select(Municipality.id, Municipality.name))
    divisions = session.execute(select(Division.id, Division.name))
    return {
        "municipality_id": {row.id: row.name for row in towns},
        "division_id": {row.id: row.name for row in divisions},
    }


def _by_name(rows: Sequence[T]) -> list[T]:
    return sorted(rows, key=lambda row: (row.name.fi, row.id))


def _last_day() -> ColumnElement[date]:
    return func.coalesce(OpeningException.last_day, OpeningException.day)
