"""Writes the demo's municipalities, divisions, units and rooms. Knows the form of their facts; no person and no booking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.models import (
    Division,
    Municipality,
    OpeningException,
    OpeningHours,
    Room,
    RoomFeature,
    Space,
    Unit,
)
from booking.seed.closures import OtherHours, holidays, summer_break
from booking.seed.facts import WEEKDAYS, fact, facts, minutes, text

# Exceptions are kept from before the demo's first booking to behind every room's horizon.
_BACK = timedelta(days=60)
_AHEAD = timedelta(days=450)


@dataclass(frozen=True)
class Places:
    """Ids by the keys used in the facts; a room's key is "unit/room"."""

    municipalities: dict[str, int]
    units: dict[str, int]
    rooms: dict[str, int]


def add_municipalities(session: Session) -> dict[str, Municipality]:
    """Write the county's municipalities; by key."""
    rows = {
        key: Municipality(key=key, name=LocalText(**name))
        for key, name in facts("places")["municipalities"].items()
    }
    session.add_all(rows.values())
    session.flush()
    return rows


def add_places(session: Session, today: date) -> Places:
    """Write everything there is to know of the demo's places, as of `today`."""
    municipalities = add_municipalities(session)
    divisions = {
        key: Division(name=LocalText(**name)) for key, name in facts("places")["divisions"].items()
    }
    units: dict[str, Unit] = {}
    rooms: dict[str, Room] = {}
    for told in (*facts("units_joensuu"), *facts("units_region")):
        unit = _unit(told, municipalities[told["municipality"]], divisions[told["division"]], today)
        session.add(unit)
        session.flush()
        units[told["key"]] = unit
        rooms |= _rooms(session, told, unit, today)
    session.flush()
    return Places(
        {key: row.id for key, row in municipalities.items()},
        {key: row.id for key, row in units.items()},
        {key: row.id for key, row in rooms.items()},
    )


def _unit(
    told: dict[str, Any], municipality: Municipality, division: Division, today: date
) -> Unit:
    weekly = list(_weekly(told["hours"]))
    open_days = {row.weekday for row in weekly}
    return Unit(
        name=text(told["name"]),
        municipality=municipality,
        division=division,
        address=told["address"],
        arrival=text(told["arrival"]),
        contact_email=f"tilat.{told['key']}@demo.example",
        contact_phone="013 000 000",  # made up
        open_for_booking=told.get("open_for_booking", True),
        opening_hours=weekly,
        opening_exceptions=[
            _exception(hours)
            for hours in _other_hours(told, today)
            if hours.day.weekday() in open_days
        ],
    )


def _weekly(told: list[list[str]]) -> Iterator[OpeningHours]:
    for days, times in told:
        first, _, last = days.partition("-")
        opens, closes = minutes(times)
        for weekday in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
            yield OpeningHours(weekday=weekday, opens_minute=opens, closes_minute=closes)


def _other_hours(told: dict[str, Any], today: date) -> list[OtherHours]:
    if told.get("holidays") == "open":
        return []
    first, last = today - _BACK, today + _AHEAD
    found = {hours.day: hours for hours in holidays(first, last)}
    if told.get("summer_break"):
        found |= {hours.day: hours for hours in summer_break(first, last)}
    return [found[day] for day in sorted(found)]


def _exception(hours: OtherHours) -> OpeningException:
    opens, closes = hours.stretch or (None, None)
    return OpeningException(
        day=hours.day, opens_minute=opens, closes_minute=closes, reason=hours.reason
    )


def _rooms(session: Session, told: dict[str, Any], unit: Unit, today: date) -> dict[str, Room]:
    """A unit's rooms by key. Rooms that name the same space share it: the hall and its halves."""
    spaces: dict[str, Space] = {}
    rooms = {}
    days, checked_by = told["checked"]
    for one in told["rooms"]:
        names = one.get("spaces", [one["name"]])
        for name in names:
            spaces.setdefault(name, Space(unit_id=unit.id, name=name))
        room = Room(
            unit=unit,
            name=text(one["name"]),
            description=text(one["description"]),
            published=one.get("published", True),
            capacity=one["capacity"],
            activities=one["activities"].split(),
            spaces=[spaces[name] for name in names],
            features=list(
                _features(told["facts"] | one["facts"], today - timedelta(days=days), checked_by)
            ),
            **one.get("rules", {}),
        )
        session.add(room)
        # One by one: ids follow the order of the facts, on every database.
        session.flush()
        rooms[f"{told['key']}/{one['key']}"] = room
    return rooms


def _features(told: dict[str, str], checked_on: date, checked_by: str) -> Iterator[RoomFeature]:
    for code in FEATURES:
        if code in told:
            value, centimetres, note = fact(told[code])
            is_known = value != "unknown"
            yield RoomFeature(
                code=code,
                value=value,
                note=note,
                measure_cm=centimetres,
                checked_on=checked_on if is_known else None,
                checked_by=checked_by if is_known else None,
            )
