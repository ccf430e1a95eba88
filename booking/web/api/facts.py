"""Rooms and units as plain mappings: what they are, what they allow, when they are open. Knows rows and their names; no rule.

Everybody may read all of it, but for what only staff of the unit need: keys, alarm, whether a room is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import url_for

from booking.domain.rooms import ACTIVITIES, EQUIPMENT, FEATURES, LAYOUTS, OpeningHours, RoomRules
from booking.models import OpeningException, Room, RoomFeature, RoomImage, Terms, Unit
from booking.queries.catalogue import Catalogue
from booking.queries.units import holidays_ahead
from booking.services.pictures import FORMATS, widths_of
from booking.web.api.answers import local_text

_NOTHING_KNOWN = dict.fromkeys(FEATURES, "unknown")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RoomFacts:
    """A room's rows besides its rules. `today`: what was before is left out; `for_staff`: with what only staff may know."""

    row: Room
    terms: Terms | None
    today: date
    for_staff: bool


def room_in_list(known: Catalogue, room: RoomRules) -> dict[str, Any]:
    """A room as lists show it."""
    return {
        "id": room.id,
        "name": local_text(room.name),
        "unit": _unit_of(room),
        "municipality": room.municipality,
        "region": known.region_of.get(room.municipality),
        "address": room.address,
        "capacity": room.capacity,
        "activities": [code for code in ACTIVITIES if code in room.activities],
        "features": {**_NOTHING_KNOWN, **room.features},
        "hybrid_ready": room.is_hybrid_ready,
        "outside_use": room.outside_use,
        "available_until": _day(room.available_until),
        "elsewhere_url": room.elsewhere_url,
    }


def room_in_full(known: Catalogue, rules: RoomRules, facts: RoomFacts) -> dict[str, Any]:
    """A room with its texts, pictures, hours, rules, and what is known of each feature."""
    room = facts.row
    photos = [_picture(image) for image in room.images if image.kind == "photo"]
    plans = [_picture(image) for image in room.images if image.kind == "floor_plan"]
    return {
        **room_in_list(known, rules),
        "version": room.version,
        "unit": {
            **_unit_of(rules),
            "arrival": local_text(room.unit.arrival),
            "contact": _contact_of(room.unit),
        },
        "description": local_text(room.description),
        "arrival": local_text(room.arrival),
        "contact": {"name": room.contact_name, **_contact_of(room)},
        "owner": room.owner,
        "layouts": {code: room.layouts[code] for code in LAYOUTS if code in room.layouts},
        "equipment": [code for code in EQUIPMENT if code in room.equipment],
        "features": _features(room.features),
        "activity_reasons": {
            code: local_text(rules.activity_reasons[code])
            for code in ACTIVITIES
            if code in rules.activity_reasons
        },
        "safety": _safety(room, facts.for_staff),
        "photos": photos,
        "floor_plan": plans[0] if plans else None,
        "floor_plan_text": local_text(room.floor_plan_text),
        **hours_in_full(rules.hours, facts.today),
        "rules": _rules(rules),
        "terms": _terms(facts.terms),
        "quotas": _quotas(rules),
        "shares_space_with": [
            room_id
            for room_id in rules.neighbours
            if room_id != rules.id and (facts.for_staff or known.rooms[room_id].published)
        ],
        **(
            {"published": room.published, "external_id": room.external_id}
            if facts.for_staff
            else {}
        ),
    }


def _unit_of(room: RoomRules) -> dict[str, Any]:
    return {
        "id": room.unit_id,
        "name": local_text(room.unit_name),
        "open_for_booking": room.unit_is_open,
    }


def _contact_of(row: Room | Unit) -> dict[str, Any]:
    return {"email": row.contact_email, "phone": row.contact_phone}


def _rules(rules: RoomRules) -> dict[str, int]:
    return {
        "step_minutes": rules.step_minutes,
        "min_minutes": rules.min_minutes,
        "max_minutes": rules.max_minutes,
        "notice_minutes": rules.notice_minutes,
        "horizon_days": rules.horizon_days,
        "buffer_before_minutes": rules.buffer_before_minutes,
        "buffer_after_minutes": rules.buffer_after_minutes,
    }


def _safety(room: Room, for_staff: bool) -> dict[str, Any]:
    public = {
        "noise_allowed": room.noise_allowed,
        "food_allowed": room.food_allowed,
        "latest_end": None if room.latest_end_minute is None else clock(room.latest_end_minute),
        "fire_max_people": room.fire_max_people,
        "emergency_number": room.emergency_number,
    }
    if not for_staff:
        return public
    return {**public, "keys": local_text(room.keys), "alarm": local_text(room.alarm)}


def _terms(terms: Terms | None) -> dict[str, Any] | None:
    return None if terms is None else {"version": terms.version, "text": local_text(terms.text)}


def _quotas(rules: RoomRules) -> list[dict[str, Any]]:
    return [{"per": quota.per, "limit_minutes": quota.limit_minutes} for quota in rules.quotas]


def _features(rows: Iterable[RoomFeature]) -> dict[str, dict[str, Any]]:
    known = {row.code: row for row in rows}
    return {code: _feature(known.get(code)) for code in FEATURES}


def _feature(row: RoomFeature | None) -> dict[str, Any]:
    names = ("note", "measure_cm", "count", "side", "checked_on", "checked_by")
    if row is None:
        return {"value": "unknown", **dict.fromkeys(names)}
    return {
        "value": row.value,
        "note": local_text(row.note),
        "measure_cm": row.measure_cm,
        "count": row.count,
        "side": row.side,
        "checked_on": _day(row.checked_on),
        "checked_by": row.checked_by,
    }


def _picture(image: RoomImage) -> dict[str, Any]:
    return {
        "alt": local_text(image.alt),
        "width": image.width,
        "height": image.height,
        "files": [
            {
                "url": url_for(
                    "images.show",
                    digest=image.digest,
                    width=width,
                    extension=extension,
                    _external=True,
                ),
                "type": f"image/{extension}",
                "width": width,
            }
            for extension in FORMATS
            for width in widths_of(image.width)
        ],
    }


def hours_in_full(hours: OpeningHours, today: date) -> dict[str, Any]:
    """When a unit is open: the usual week, seasons not over, days with hours of their own, and a year's holidays kept closed."""
    return {
        "opening_hours": _week(hours.weekly),
        "seasons": [
            {
                "first_day": season.first.isoformat(),
                "last_day": season.last.isoformat(),
                "opening_hours": _week(season.weekly),
            }
            for season in sorted(hours.seasons, key=lambda one: (one.first, one.last))
            if season.last >= today
        ],
        "opening_exceptions": list(_exceptions(hours, today)),
        "holidays": [
            {"day": coming.day.isoformat(), "name": local_text(coming.name)}
            for coming in holidays_ahead(hours, today)
            if coming.day not in hours.exceptions and hours.holidays.get(coming.day) is not None
        ],
    }


def _week(weekly: Mapping[int, Iterable[tuple[int, int]]]) -> list[dict[str, Any]]:
    return [
        {"weekday": weekday + 1, **_stretch(stretch)}
        for weekday in sorted(weekly)
        for stretch in weekly[weekday]
    ]


def _exceptions(hours: OpeningHours, today: date) -> Iterator[dict[str, Any]]:
    """Days in a row that keep the same hours for the same reason are told as one."""
    days = sorted(day for day in hours.exceptions if day >= today)

    def alike(numbered: tuple[int, date]) -> tuple[Any, ...]:
        number, day = numbered
        # Of days in a row the day less its place in the list is the same.
        return day - number * _DAY, hours.exceptions[day], hours.closed_because.get(day)

    for (_, stretches, reason), group in groupby(enumerate(days), alike):
        alike_days = [day for _number, day in group]
        yield {
            "first_day": alike_days[0].isoformat(),
            "last_day": alike_days[-1].isoformat(),
            "hours": [_stretch(stretch) for stretch in stretches],
            "reason": local_text(reason),
        }


def _stretch(stretch: tuple[int, int]) -> dict[str, str]:
    opens, closes = map(clock, stretch)
    return {"opens": opens, "closes": closes}


def clock(minute: int) -> str:
    """A minute of the local day; 24:00 is its end."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def unit_in_list(known: Catalogue, rooms: Sequence[RoomRules]) -> dict[str, Any]:
    """A unit as lists show it, by its rooms that the reader may know of; never empty."""
    one = rooms[0]
    return {
        **_unit_of(one),
        "municipality": one.municipality,
        "region": known.region_of.get(one.municipality),
        "address": one.address,
        "rooms": [room.id for room in rooms],
    }


def unit_in_full(
    known: Catalogue, rooms: Sequence[RoomRules], unit: Unit, terms: Terms | None, today: date
) -> dict[str, Any]:
    """A unit with its contact, opening hours, rules of use and quotas."""
    return {
        **unit_in_list(known, rooms),
        "version": unit.version,
        "division": local_text(unit.division.name) if unit.division else None,
        "arrival": local_text(unit.arrival),
        "contact": _contact_of(unit),
        **hours_in_full(rooms[0].hours, today),
        "terms": _terms(terms),
        "quotas": _quotas(rooms[0]),
    }


def closure(row: OpeningException) -> dict[str, Any]:
    """Days on which a unit keeps other hours than usual; without hours it is closed."""
    return {
        "id": row.id,
        "unit_id": row.unit_id,
        "first_day": row.day.isoformat(),
        "last_day": (row.last_day or row.day).isoformat(),
        "opens": None if row.opens_minute is None else clock(row.opens_minute),
        "closes": None if row.closes_minute is None else clock(row.closes_minute),
        "reason": local_text(row.reason),
    }
