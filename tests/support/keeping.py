"""Short ways to look at units and their hours, for the tests of those who keep them. Knows rows; no page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.domain.unit_values import HoursRow
from booking.errors import Broken, InvalidValues
from booking.models import AuditEntry, Booking, Unit
from booking.queries.catalogue import catalogue
from tests.support.acts import all_rows
from tests.support.world import World

WEEKDAYS = range(5)
WEDNESDAY = date(2027, 3, 10)  # of the booking that `make_booking` makes, 10–12


def unit_of(database: Database, world: World) -> Unit:
    """Rantakylä as it is now."""
    [unit] = all_rows(database, select(Unit).where(Unit.id == world.rantakyla))
    assert isinstance(unit, Unit)
    return unit


def week(opens: int, closes: int) -> list[HoursRow]:
    """Monday to Friday between two whole hours."""
    return [HoursRow(day, opens * 60, closes * 60) for day in WEEKDAYS]


def stretches(database: Database, world: World, day: date) -> tuple[tuple[int, int], ...]:
    """What the policy's hours of the hall say of a day."""
    with reading(database) as session:
        return catalogue(session).rooms[world.hall].hours.on(day)


def faults(refused: pytest.ExceptionInfo[InvalidValues]) -> list[tuple[str, str]]:
    """Codes and fields of a refusal."""
    return [(fault.code, fault.field) for fault in refused.value.faults]


def the_broken(booking: Booking, code: str) -> Broken:
    """A booking of Virta's as the keeper of its room is shown it."""
    return Broken(
        booking.id,
        booking.room_id,
        booking.starts_at,
        booking.ends_at,
        booking.title,
        "Virta ry",
        code,
    )


def audit(database: Database, kind: str = "unit") -> list[tuple[str, Any, Any]]:
    """What was written down of things of a kind: action, before, after."""
    query = select(AuditEntry).where(AuditEntry.object_kind == kind).order_by(AuditEntry.id)
    return [(entry.action, entry.before, entry.after) for entry in all_rows(database, query)]
