"""Writes the units, rooms and organisations of a large county. Knows rows of these; no booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.domain.rooms import ACTIVITIES, FEATURES
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
from booking.seed.scale_slots import CLOSES, OPENS, STEP

ASKER = ("mittaaja@demo.example", "Mirja Mittaaja")
APPROVER = ("paattaja@demo.example", "Pentti Päättäjä")
_ROOMS_OF_UNIT = 10
_ROOMS_OF_ORGANISATION = 3
_CAPACITIES = (8, 10, 12, 16, 20, 30, 40, 60, 80, 120)
_USES = (ACTIVITIES, ACTIVITIES, ("meeting", "group"), ("meeting",))
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


def add_ground(session: Session, rooms: int, now: datetime) -> Ground:
    """Write the rooms and who books them. The asker may book for all the organisations, the approver decides in all the units."""
    random = Random(rooms)
    municipalities = list(session.scalars(select(Municipality.id).order_by(Municipality.id)))
    if not municipalities:
        municipalities = [row.id for row in add_municipalities(session).values()]
    units = _add_units(session, -(-rooms // _ROOMS_OF_UNIT), municipalities)
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


def _add_units(session: Session, count: int, municipalities: list[int]) -> list[int]:
    units = _ids(
        session,
        Unit,
        [
            {
                "name": LocalText(f"Mittaustalo {n + 1}"),
                "municipality_id": municipalities[n % len(municipalities)],
                "address": f"Mittatie {n + 1}",
                "open_for_booking": True,
            }
            for n in range(count)
        ],
    )
    hours = {"opens_minute": OPENS, "closes_minute": CLOSES}
    session.execute(
        insert(OpeningHours),
        [{"unit_id": unit, "weekday": day, **hours} for unit in units for day in range(5)],
    )
    return units


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
    return {
        "unit_id": unit_id,
        "name": LocalText(f"Tila {number + 1}"),
        "published": True,
        "capacity": random.choice(_CAPACITIES),
        "activities": list(random.choice(_USES)),
        "step_minutes": STEP,
        "min_minutes": 30,
        "max_minutes": CLOSES - OPENS,
        "notice_minutes": 24 * 60,
        "horizon_days": 400,
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
