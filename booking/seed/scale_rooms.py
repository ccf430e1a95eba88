"""Writes the units, rooms and organisations of a large county. Knows rows of these; no booking.

Rules differ as they do in life, by unit and for its hall; each lets through whatever `scale_slots` books. Nobody's rules of use
and no quota: who measures just books.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.domain.local_time import local
from booking.domain.rooms import ACTIVITIES, FEATURES, HYBRID_NEEDS
from booking.domain.texts import LocalText
from booking.models import (
    Base,
    Membership,
    Municipality,
    OpeningHours,
    Organisation,
    Person,
    Room,
    RoomFeature,
    Space,
    StaffRole,
    Unit,
    room_space,
    touch_catalogue,
)
from booking.seed.places import add_municipalities
from booking.seed.scale_slots import CLOSES, OPENS, STEP, buffer_minutes

ASKER = ("mittaaja@demo.example", "Mirja Mittaaja")
APPROVER = ("paattaja@demo.example", "Pentti Päättäjä")
_ROOMS_OF_UNIT = 10
_ROOMS_OF_ORGANISATION = 3
_CAPACITIES = (8, 10, 12, 16, 20, 30, 40, 60, 80, 120)
_USES = (ACTIVITIES, ACTIVITIES, ("meeting", "group"), ("meeting",))
_KITS = (
    *((), ("whiteboard",), ("whiteboard", "network"), ("display", "network"), ("kitchen",)),
    *(("display", "speakers", "network"), ("display", "speakers", "microphone", "stage")),
    tuple(sorted(HYBRID_NEEDS)),
)
# Weeks by unit in turn: weekdays and minutes of the day.
_Week = tuple[tuple[range, int, int], ...]
_WEEKS: tuple[_Week, ...] = (
    ((range(5), OPENS, CLOSES),),
    ((range(5), OPENS, CLOSES), (range(5, 6), 600, 960)),
    ((range(5), 420, 1260),),
    ((range(7), 0, 1440),),
)
_ALWAYS_OPEN = 3  # of _WEEKS
# Of ten facts six are a yes, and two are known to nobody.
_VALUES = ("yes",) * 6 + ("no", "no", "unknown", None)


@dataclass(frozen=True)
class Ground:
    """What bookings stand on. `room_ids` and `space_ids` belong together by position: a room is one space."""

    room_ids: list[int]
    space_ids: list[int]
    organisation_ids: list[int]
    asker_id: int
    approver_id: int


def add_ground(session: Session, rooms: int, now: datetime, has_same_hours: bool = False) -> Ground:
    """Write the rooms and who books them. The asker may book for all the organisations, the approver decides in all the units.

    `has_same_hours`: all are open 8–20 on weekdays and never else, so that what is full there is full.
    """
    random = Random(rooms)
    municipalities = list(session.scalars(select(Municipality.id).order_by(Municipality.id)))
    if not municipalities:
        municipalities = [row.id for row in add_municipalities(session).values()]
    kinds = [0 if has_same_hours else n % len(_WEEKS) for n in range(-(-rooms // _ROOMS_OF_UNIT))]
    units = _add_units(session, kinds, municipalities, local(now).date())
    unit_of = [units[number // _ROOMS_OF_UNIT] for number in range(rooms)]
    space_ids = _ids(
        session, Space, [{"unit_id": unit, "name": f"Tila {n}"} for n, unit in enumerate(unit_of)]
    )
    room_ids = _ids(session, Room, [_room(n, unit, random) for n, unit in enumerate(unit_of)])
    session.execute(
        insert(room_space),
        [
            {"room_id": room, "space_id": space}
            for room, space in zip(room_ids, space_ids, strict=True)
        ],
    )
    session.execute(insert(RoomFeature), [row for room in room_ids for row in _facts(room, random)])
    organisation_ids = _add_organisations(session, rooms, municipalities, now)
    asker = _person(session, *ASKER, now)
    approver = _person(session, *APPROVER, now)
    session.add_all(
        Membership(person_id=asker, organisation_id=row, role="booker") for row in organisation_ids
    )
    session.add_all(StaffRole(person_id=approver, role="approver", unit_id=row) for row in units)
    session.flush()
    touch_catalogue(session)
    return Ground(room_ids, space_ids, organisation_ids, asker, approver)


def _add_units(
    session: Session, kinds: list[int], municipalities: list[int], today: date
) -> list[int]:
    """Write a unit of each kind, which is its place among `_WEEKS`; their ids."""
    units = _ids(
        session,
        Unit,
        [
            {
                "name": LocalText(f"Mittaustalo {n + 1}"),
                "municipality_id": municipalities[n % len(municipalities)],
                "address": f"Mittatie {n + 1}",
                "open_for_booking": True,
                "closed_on_holidays": kind != _ALWAYS_OPEN,
                "closed_on_midsummer_eve": kind != _ALWAYS_OPEN,
                "closed_on_christmas_eve": kind != _ALWAYS_OPEN,
            }
            for n, kind in enumerate(kinds)
        ],
    )
    session.execute(
        insert(OpeningHours),
        [row for kind, unit in zip(kinds, units, strict=True) for row in _hours(kind, unit, today)],
    )
    return units


def _hours(kind: int, unit_id: int, today: date) -> list[dict[str, Any]]:
    """A unit's week; one with other hours than the plain ones keeps the plain ones in the summer."""
    weeks: list[tuple[_Week, date | None, date | None]] = [(_WEEKS[kind], None, None)]
    if kind not in (0, _ALWAYS_OPEN):
        years = (today.year, today.year + 1)
        weeks += [(_WEEKS[0], date(year, 6, 15), date(year, 8, 10)) for year in years]
    return [
        {
            "unit_id": unit_id,
            "weekday": weekday,
            "opens_minute": opens,
            "closes_minute": closes,
            "valid_from": first,
            "valid_until": last,
        }
        for week, first, last in weeks
        for days, opens, closes in week
        for weekday in days
    ]


def _add_organisations(
    session: Session, rooms: int, municipalities: list[int], now: datetime
) -> list[int]:
    return _ids(
        session,
        Organisation,
        [
            {
                "name": f"Mittausyhdistys {n + 1} ry",
                "kind": "association",
                "field": "leisure",
                "municipality_id": municipalities[n % len(municipalities)],
                "verified_at": now,
            }
            for n in range(-(-rooms // _ROOMS_OF_ORGANISATION))
        ],
    )


def _room(number: int, unit_id: int, random: Random) -> dict[str, Any]:
    """The first of a unit's rooms is its hall, booked well ahead; the last one is empty by eight."""
    capacity = random.choice(_CAPACITIES)
    unit, in_unit = divmod(number, _ROOMS_OF_UNIT)
    return {
        "unit_id": unit_id,
        "name": LocalText(f"Tila {number + 1}"),
        "published": True,
        "capacity": capacity,
        "activities": list(random.choice(_USES)),
        "step_minutes": STEP if unit % 3 else STEP // 3,
        "min_minutes": 30,
        "max_minutes": CLOSES - OPENS,
        "notice_minutes": 24 * 60 if in_unit else 3 * 24 * 60,
        "horizon_days": 400 if in_unit else 550,
        "latest_end_minute": CLOSES if in_unit == _ROOMS_OF_UNIT - 1 else None,
        "buffer_after_minutes": buffer_minutes(number),
        "equipment": list(random.choice(_KITS)),
        "layouts": {"theatre": capacity, "groups": max(1, capacity * 2 // 3)},
        "fire_max_people": capacity + 10,
        "outside_use": "yes",
        "noise_allowed": random.choice(("yes", "no", "unknown")),
        "food_allowed": random.choice(("yes", "no", "unknown")),
        "feed_version": 1,
    }


def _facts(room_id: int, random: Random) -> list[dict[str, Any]]:
    values = ((code, random.choice(_VALUES)) for code in FEATURES)
    return [{"room_id": room_id, "code": code, "value": value} for code, value in values if value]


def _person(session: Session, email: str, name: str, now: datetime) -> int:
    """The person's id; who is there from an earlier measurement is used again. They can't sign in."""
    known = session.scalars(select(Person.id).where(Person.email == email)).one_or_none()
    if known is not None:
        return known
    person = Person(email=email, name=name, locale="fi", is_active=True, created_at=now)
    session.add(person)
    session.flush()
    return person.id


def _ids(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> list[int]:
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows))
