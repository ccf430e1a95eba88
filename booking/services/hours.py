"""Opening hours and exceptions as the audit tells them, and what two exceptions can't both say. Knows rows; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.unit_values import DayHours, HoursRow
from booking.errors import Refusal
from booking.models import OpeningException, OpeningHours, Unit
from booking.services.upkeep import as_json, external_id_faults

SeasonDays = tuple[date, date]  # the first and the last, both included

# Twenty years of a unit's breaks; who has more has taken the wrong tool for a season.
MOST_EXCEPTION_DAYS = 3_000
USUAL = (None, None)  # what the rows of the usual week have for dates


def same_days(
    session: Session, unit: Unit, row: OpeningException | None, hours: DayHours
) -> list[Refusal]:
    """Two exceptions for the same days that begin alike would say one thing twice; from one day and hour on, there is one."""
    others = session.scalars(
        select(OpeningException).where(
            OpeningException.unit_id == unit.id, OpeningException.day == hours.first_day
        )
    )
    row_id = None if row is None else row.id
    same = any(
        (one.opens_minute is not None and one.opens_minute == hours.opens_minute)
        or (
            (one.last_day or one.day) == hours.last_day
            and None in (one.opens_minute, hours.opens_minute)
        )
        for one in others
        if one.id != row_id
    )
    found = [Refusal("days_have_hours", "first_day")] if same else []
    if _days_of_exceptions(unit, row_id, hours) > MOST_EXCEPTION_DAYS:
        found.append(Refusal("too_many_exceptions", "last_day", {"limit": MOST_EXCEPTION_DAYS}))
    return found + external_id_faults(session, OpeningException, hours.external_id, row_id)


def _days_of_exceptions(unit: Unit, but: int | None, hours: DayHours) -> int:
    """How many days the unit's exceptions would have in all; each of them is worked out when the catalogue is read."""
    others = (one for one in unit.opening_exceptions if one.id != but)
    days = sum(((one.last_day or one.day) - one.day).days + 1 for one in others)
    return days + (hours.last_day - hours.first_day).days + 1


def week(unit: Unit, season: SeasonDays | None) -> dict[str, Any]:
    """The usual week of a unit (season None), or the season's, as the audit keeps it."""
    dates = season or USUAL
    rows = [row for row in unit.opening_hours if (row.valid_from, row.valid_until) == dates]
    return week_of(rows, season)


def week_of(rows: Iterable[HoursRow | OpeningHours], season: SeasonDays | None) -> dict[str, Any]:
    """A week of opening hours, as the audit keeps it: under "usual", or the season's days as ISO 8601 has an interval."""
    hours = sorted([row.weekday, row.opens_minute, row.closes_minute] for row in rows)
    name = "usual" if season is None else f"{season[0].isoformat()}/{season[1].isoformat()}"
    return {name: hours} if hours else {}


def exception_said(row: OpeningException) -> dict[str, Any]:
    """An exception, as the audit keeps it: whole, since a change of its hours alone would not say of which days."""
    names = ("day", "last_day", "opens_minute", "closes_minute", "reason", "external_id")
    return {"exception": {name: as_json(getattr(row, name)) for name in names}}
