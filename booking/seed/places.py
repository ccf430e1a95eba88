"""Writes the demo's regions, municipalities, divisions, units and rooms. Knows the form of their facts; no person, no booking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.room_values import TEXTS
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.models import Division, Municipality, Region, Room, RoomFeature, Space, Unit
from booking.seed.facts import fact, facts, text
from booking.seed.hours import opening_hours, other_hours


@dataclass(frozen=True)
class Places:
    """Ids by the keys used in the facts; a room's key is "unit/room"."""

    municipalities: dict[str, int]
    units: dict[str, int]
    rooms: dict[str, int]


def add_municipalities(session: Session) -> dict[str, Municipality]:
    """Write the county's municipalities and regions; municipalities by key.

    Assumed: which municipality is in which region. The county's document doesn't say, so none of it counts as checked.
    """
    told = facts("places")
    regions = {
        key: Region(key=key, name=LocalText(**name)) for key, name in told["regions"].items()
    }
    session.add_all(regions.values())
    session.flush()
    rows = {
        key: Municipality(
            key=key,
            name=LocalText(**name),
            region=regions[told["region_of_municipality_tarkista"][key]],
            region_is_checked=False,
        )
        for key, name in told["municipalities"].items()
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
    open_on = told.get("open_on", "").split()
    return Unit(
        name=text(told["name"]),
        municipality=municipality,
        division=division,
        address=told["address"],
        arrival=text(told["arrival"]),
        contact_email=f"tilat.{told['key']}@demo.example",
        contact_phone="013 000 000",  # made up
        open_for_booking=told.get("open_for_booking", True),
        external_id=told["key"],
        closed_on_holidays="holidays" not in open_on,
        closed_on_midsummer_eve="midsummer_eve" not in open_on,
        closed_on_christmas_eve="christmas_eve" not in open_on,
        opening_hours=opening_hours(told, today),
        opening_exceptions=other_hours(told, today),
    )


def _rooms(session: Session, told: dict[str, Any], unit: Unit, today: date) -> dict[str, Room]:
    """A unit's rooms by key. Rooms that name the same space share it: the hall and its halves."""
    spaces: dict[str, Space] = {}
    rooms = {}
    lending = facts("lending")[told["key"]]
    for one in told["rooms"]:
        names = one.get("spaces", [one["name"]])
        for name in names:
            spaces.setdefault(name, Space(unit_id=unit.id, name=name))
        days, checked_by = one.get("checked", told["checked"])
        room = Room(
            unit=unit,
            published=one.get("published", True),
            capacity=one["capacity"],
            activities=one["activities"].split(),
            external_id=f"{told['key']}-{one['key']}",
            spaces=[spaces[name] for name in names],
            features=list(
                _features(told["facts"] | one["facts"], today - timedelta(days=days), checked_by)
            ),
            name=text(one["name"]),
            **_values({"description": one["description"], **lending["all"], **lending[one["key"]]}),
            **one.get("rules", {}),
        )
        session.add(room)
        # One by one: ids follow the order of the facts, on every database.
        session.flush()
        rooms[f"{told['key']}/{one['key']}"] = room
    return rooms


def _values(told: dict[str, Any]) -> dict[str, Any]:
    """Facts by column name as the columns want them."""
    return {
        name: text(value) if name in TEXTS else _VALUES.get(name, lambda same: same)(value)
        for name, value in told.items()
    }


_VALUES: dict[str, Any] = {
    "equipment": str.split,
    "activity_reasons": lambda told: {code: asdict(text(why)) for code, why in told.items()},
}


def _features(told: dict[str, str], checked_on: date, checked_by: str) -> Iterator[RoomFeature]:
    for code in FEATURES:
        if code in told:
            found = fact(told[code])
            is_known = found.value != "unknown"
            yield RoomFeature(
                code=code,
                **vars(found),
                checked_on=checked_on if is_known else None,
                checked_by=checked_by if is_known else None,
            )
