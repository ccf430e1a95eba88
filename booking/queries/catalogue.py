"""The catalogue: every room with its rules, kept in memory as long as it is true. Knows rooms and units; no bookings.

A search over a thousand rooms can't read a thousand rooms' rules each time. One number in the database says whether
what this process keeps is still what the rows say (`booking.models.catalogue`); it is read before the rows, so a
change in between makes the copy look old, never new.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from booking.domain.rooms import OpeningHours, RoomRules, Stretch
from booking.domain.texts import LocalText
from booking.errors import NotFound
from booking.models import Installation, Municipality, Room, RoomFeature, Unit, room_space
from booking.models import OpeningException as ExceptionRow
from booking.models import OpeningHours as HoursRow


@dataclass(frozen=True)
class Catalogue:
    """Rooms by id, in the order they are shown: municipality, unit, room (Finnish names)."""

    version: int
    rooms: dict[int, RoomRules]
    municipalities: dict[str, LocalText]  # by key, in Finnish order

    def room(self, room_id: int) -> RoomRules:
        """The room's rules; raises NotFound."""
        try:
            return self.rooms[room_id]
        except KeyError:
            raise NotFound("room") from None


# By connection pool: one process may serve several databases (the tests do).
_kept: WeakKeyDictionary[Any, Catalogue] = WeakKeyDictionary()


def catalogue(session: Session) -> Catalogue:
    """The catalogue as the database has it now."""
    version = session.scalars(select(Installation.catalogue_version)).one()
    pool = session.connection().engine.pool
    kept = _kept.get(pool)
    if kept is None or kept.version != version:
        kept = _kept[pool] = _load(session, version)
    return kept


def _load(session: Session, version: int) -> Catalogue:
    spaces: dict[int, list[int]] = defaultdict(list)
    rooms_of: dict[int, set[int]] = defaultdict(set)
    for room_id, space_id in session.execute(select(room_space.c.room_id, room_space.c.space_id)):
        spaces[room_id].append(space_id)
        rooms_of[space_id].add(room_id)
    features: dict[int, dict[str, Any]] = defaultdict(dict)
    for room_id, code, value in session.execute(
        select(RoomFeature.room_id, RoomFeature.code, RoomFeature.value)
    ):
        features[room_id][code] = value
    hours = _hours(session)
    rows = session.execute(
        select(
            Room.__table__,
            Unit.name.label("unit_name"),
            Unit.address,
            Unit.open_for_booking,
            Municipality.key.label("municipality"),
            Municipality.name.label("municipality_name"),
        )
        .join(Unit, Room.unit_id == Unit.id)
        .join(Municipality)
    ).all()
    rooms = {
        row.id: _rules(
            row,
            tuple(sorted(spaces[row.id])),
            rooms_of,
            features[row.id],
            hours.get(row.unit_id, _NEVER),
        )
        for row in sorted(rows, key=_shown_order)
    }
    names = session.execute(select(Municipality.key, Municipality.name)).all()
    return Catalogue(
        version, rooms, {row.key: row.name for row in sorted(names, key=lambda row: row.name.fi)}
    )


_NEVER = OpeningHours({})


def _shown_order(row: Row[Any]) -> tuple[str, str, str, int]:
    return row.municipality_name.fi, row.unit_name.fi, row.name.fi, row.id


def _rules(
    row: Row[Any],
    spaces: tuple[int, ...],
    rooms_of: dict[int, set[int]],
    features: dict[str, Any],
    hours: OpeningHours,
) -> RoomRules:
    return RoomRules(
        id=row.id,
        unit_id=row.unit_id,
        municipality=row.municipality,
        name=row.name,
        unit_name=row.unit_name,
        unit_is_open=row.open_for_booking,
        address=row.address,
        published=row.published,
        capacity=row.capacity,
        activities=frozenset(row.activities),
        hours=hours,
        step_minutes=row.step_minutes,
        min_minutes=row.min_minutes,
        max_minutes=row.max_minutes,
        notice_minutes=row.notice_minutes,
        horizon_days=row.horizon_days,
        space_ids=spaces,
        neighbours=tuple(sorted({room for space in spaces for room in rooms_of[space]})),
        features=features,
    )


def _hours(session: Session) -> dict[int, OpeningHours]:
    weekly: dict[int, dict[int, list[Stretch]]] = defaultdict(lambda: defaultdict(list))
    for week_row in session.scalars(select(HoursRow).order_by(HoursRow.opens_minute)):
        weekly[week_row.unit_id][week_row.weekday].append(
            (week_row.opens_minute, week_row.closes_minute)
        )
    exceptions: dict[int, dict[date, list[Stretch]]] = defaultdict(lambda: defaultdict(list))
    because: dict[int, dict[date, LocalText]] = defaultdict(dict)
    for row in session.scalars(select(ExceptionRow).order_by(ExceptionRow.opens_minute)):
        stretches = exceptions[row.unit_id][row.day]
        if row.opens_minute is not None and row.closes_minute is not None:
            stretches.append((row.opens_minute, row.closes_minute))
        if row.reason is not None:
            because[row.unit_id][row.day] = row.reason
    return {
        unit: OpeningHours(
            {weekday: tuple(stretches) for weekday, stretches in weekly[unit].items()},
            {day: tuple(stretches) for day, stretches in exceptions[unit].items()},
            because[unit],
        )
        for unit in weekly.keys() | exceptions.keys()
    }
