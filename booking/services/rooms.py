"""Keeping rooms true: what a room is, what it allows, how accessible it is. Each function is one whole change.

Staff of the unit keep its rooms. A change that bookings to come would break is refused with the list of them, until who makes it
has seen and accepted each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.accessibility import COUNTED, MEASURED, SIDED, SIDES
from booking.domain.local_time import local
from booking.domain.room_values import EDITABLE, THREE_VALUES, faults
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.domain.unit_values import text_faults
from booking.errors import InvalidValues, NotFound, Refusal
from booking.models import Room, RoomFeature, RoomImage, Space, Unit
from booking.services.audit import record
from booking.services.occupancy import locked_rooms
from booking.services.upkeep import (
    as_json,
    changed_columns,
    external_id_faults,
    require_keeper,
    require_valid,
    require_version,
    upkeep,
)

# What a new room has until somebody says otherwise; the columns' own defaults are the same.
NEW_ROOM: Mapping[str, Any] = {
    **dict.fromkeys(EDITABLE),
    "published": False,
    "activities": [],
    "activity_reasons": {},
    "step_minutes": 15,
    "min_minutes": 30,
    "max_minutes": 12 * 60,
    "notice_minutes": 24 * 60,
    "horizon_days": 400,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "outside_use": "unknown",
    "noise_allowed": "unknown",
    "food_allowed": "unknown",
    "layouts": {},
    "equipment": [],
}


@dataclass(frozen=True, slots=True)
class FeatureFact:
    """What somebody found out about one feature. `measure_cm`, `count` and `side` only where the feature has them."""

    value: str
    note: LocalText | None = None
    measure_cm: int | None = None
    count: int | None = None
    side: str | None = None


def add_room(
    session: Session,
    unit_id: int,
    values: Mapping[str, Any],
    space_ids: Collection[int] = (),
    *,
    actor: Actor,
    now: datetime,
) -> Room:
    """Add a room with a space of its own, or with spaces that the unit has; what isn't given is as in NEW_ROOM.

    Raises NotFound, Forbidden, InvalidValues.
    """
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("unit")
    require_keeper(actor, unit_id)
    _refuse_unknown(values)
    complete = {**NEW_ROOM, **values}
    require_valid(
        [*faults(complete), *external_id_faults(session, Room, complete["external_id"], None)]
    )
    spaces = _claimed(session, unit_id, space_ids)
    room = Room(
        unit=unit,
        spaces=spaces or [Space(unit_id=unit_id, name=complete["name"].fi[:120])],
        feed_version=1,
        version=1,
        **complete,
    )
    session.add(room)
    session.flush()
    after = {name: as_json(value) for name, value in values.items()}
    record(session, "add_room", ("room", room.id), after=after, actor=actor, now=now)
    return room


def _claimed(session: Session, unit_id: int, space_ids: Collection[int]) -> list[Space]:
    """The spaces a new room is made of, locked: somebody may be joining or dividing them."""
    if not space_ids:
        return []
    locked_rooms(session, lambda _known: (), also=space_ids)
    query = select(Space).where(Space.id.in_(space_ids), Space.joined_into_id.is_(None))
    spaces = list(session.scalars(query.execution_options(populate_existing=True)))
    if len(spaces) != len(set(space_ids)) or any(space.unit_id != unit_id for space in spaces):
        raise InvalidValues([Refusal("spaces_of_one_unit", "spaces")])
    return spaces


def edit_room(
    session: Session,
    room_id: int,
    version: int,
    values: Mapping[str, Any],
    accepted: Collection[int] = (),
    *,
    actor: Actor,
    now: datetime,
) -> Room:
    """Change what `values` names. Raises NotFound, Forbidden, Stale, InvalidValues, BreaksBookings."""
    with upkeep(session, lambda known: [known.room(room_id)], accepted, now):
        room = session.get_one(Room, room_id, populate_existing=True)
        require_keeper(actor, room.unit_id)
        require_version(room, version)
        change_room(session, room, values, actor=actor, now=now)
    return room


def change_room(
    session: Session, room: Room, values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> bool:
    """Set what differs, count the version and write the audit; whether anything did. Call within `upkeep`.

    Raises InvalidValues.
    """
    _refuse_unknown(values)
    complete = {**{name: getattr(room, name) for name in EDITABLE}, **values}
    others: list[Refusal] = []
    if complete["external_id"] != room.external_id:
        others += external_id_faults(session, Room, complete["external_id"], room.id)
    takes_text = room.floor_plan_text is not None and complete["floor_plan_text"] is None
    if takes_text and _has_floor_plan(session, room):
        # Who can't see the picture would be left with nothing.
        others.append(Refusal("floor_plan_text_required", "floor_plan_text"))
    require_valid([*faults(complete), *others])
    before, after = changed_columns(room, values)
    if not after:
        return False
    room.version += 1
    session.flush()
    thing = ("room", room.id)
    record(session, "edit_room", thing, before=before, after=after, actor=actor, now=now)
    return True


def _has_floor_plan(session: Session, room: Room) -> bool:
    query = select(RoomImage.id).where(RoomImage.room_id == room.id, RoomImage.kind == "floor_plan")
    return session.scalars(query.limit(1)).first() is not None


def set_features(
    session: Session,
    room_id: int,
    version: int,
    facts: Mapping[str, FeatureFact],
    checked_by: str,
    *,
    actor: Actor,
    now: datetime,
) -> Room:
    """Write down what was found out about some features, as checked today by an office or a role.

    A fact that is `unknown` was not checked. Raises NotFound, Forbidden, Stale, InvalidValues.
    """
    with upkeep(session, lambda known: [known.room(room_id)], (), now):
        room = session.get_one(Room, room_id, populate_existing=True)
        require_keeper(actor, room.unit_id)
        require_version(room, version)
        change_features(session, room, facts, checked_by, local(now).date(), actor=actor, now=now)
    return room


def change_features(
    session: Session,
    room: Room,
    facts: Mapping[str, FeatureFact],
    checked_by: str,
    checked_on: date,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Set the facts, count the version and write the audit; whether anything differs. Call within `upkeep`.

    Raises InvalidValues.
    """
    require_valid(_feature_faults(facts, checked_by))
    rows = {row.code: row for row in room.features}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for code, fact in facts.items():
        row = rows.get(code)
        had = None if row is None else _said(row)
        if row is None:
            row = RoomFeature(code=code)
            room.features.append(row)
        row.value, row.note, row.measure_cm = fact.value, fact.note, fact.measure_cm
        row.count, row.side = fact.count, fact.side
        is_known = fact.value != "unknown"
        row.checked_on = checked_on if is_known else None
        row.checked_by = checked_by if is_known else None
        if _said(row) != had:
            before[code], after[code] = had, _said(row)
    if not after:
        return False
    room.version += 1
    session.flush()
    thing = ("room", room.id)
    record(session, "set_features", thing, before=before, after=after, actor=actor, now=now)
    return True


def _said(row: RoomFeature) -> dict[str, Any]:
    return {
        "value": row.value,
        "note": as_json(row.note),
        "measure_cm": row.measure_cm,
        "count": row.count,
        "side": row.side,
        "checked_on": as_json(row.checked_on),
        "checked_by": row.checked_by,
    }


def _feature_faults(facts: Mapping[str, FeatureFact], checked_by: str) -> list[Refusal]:
    found = []
    if not checked_by.strip():
        found.append(Refusal("checker_required", "checked_by"))
    elif len(checked_by) > 120:
        found.append(Refusal("too_long_text", "checked_by", {"limit": 120}))
    for code, fact in facts.items():
        if code not in FEATURES or fact.value not in THREE_VALUES:
            found.append(Refusal("bad_choice", code))
        for number, kinds, highest in (
            (fact.measure_cm, MEASURED, 100_000),
            (fact.count, COUNTED, 1_000),
        ):
            if number is not None and (code not in kinds or not 0 <= number <= highest):
                limits = {"lowest": 0, "highest": highest}
                found.append(Refusal("number_out_of_range", code, limits))
        if fact.side is not None and (code not in SIDED or fact.side not in SIDES):
            found.append(Refusal("bad_choice", code))
        if fact.note is not None:
            found += text_faults(code, fact.note)
    return found


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    unknown = values.keys() - EDITABLE
    if unknown:
        # A mistake of the caller's, not of a person's.
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
