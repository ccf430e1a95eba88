"""What rooms and closures are as rows of a table; exports. Knows rows and columns; how a file is written it doesn't.

Ids. A table finds its rows again by external id. What has none of its own is exported as `room-7`, and that names it for as long
as it has none. Nothing needs to be written for the file to find the same room again, so an export that is imported changes
nothing. Refused: giving each room such an id at its first import (all would look changed, and the file brought to another
installation would find other rooms by it).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.access import Actor
from booking.domain.columns import CHECKED_BY, CHECKED_ON, LANGUAGES, TABLES, Flat, Path
from booking.domain.room_values import EDITABLE
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.errors import Forbidden
from booking.models import OpeningException, Room, RoomFeature, Unit
from booking.services.import_organisations import organisation_rows
from booking.services.organisations import coordinates

Thing = Room | OpeningException

_PREFIX = {"rooms": "room", "closures": "closure"}
# Leading zeros are ours, see `own_id`.
_OWN_ID = re.compile(r"(room|closure)-(0*[1-9][0-9]{0,9})")
_MAX_ID = 2**31 - 1


def tables_of(actor: Actor) -> tuple[str, ...]:
    """The tables the actor keeps: staff of a unit its rooms and closures, the coordinator the associations."""
    of_units = actor.is_admin or bool(actor.approver_units)
    return tuple(
        kind for kind in TABLES if (coordinates(actor) if kind == "organisations" else of_units)
    )


def require_table_keeper(actor: Actor, kind: str) -> None:
    """Raise Forbidden unless the actor keeps what the table is of."""
    if kind not in tables_of(actor):
        raise Forbidden("forbidden")


def exported(session: Session, kind: str, *, actor: Actor) -> Iterator[list[str]]:
    """The cells of each room, closure or organisation that the actor keeps, as TABLES has their columns. Raises Forbidden."""
    require_table_keeper(actor, kind)
    if kind == "organisations":
        yield from organisation_rows(session)
        return
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    things = [thing for thing in session.scalars(_all(kind)) if actor.decides_for(thing.unit_id)]
    taken = {thing.external_id for thing in things}
    for thing in sorted(things, key=lambda one: _order(one, units)):
        unit = units[thing.unit_id]
        flat = dict(flat_of(thing))
        flat["external_id",] = thing.external_id or own_id(kind, thing.id, taken)
        flat["unit",] = unit.external_id or unit.name.fi
        yield [column.write(flat.get(column.path)) for column in TABLES[kind]]


def own_id(kind: str, number: int, taken: Collection[str | None]) -> str:
    """The id of a row that has no external id. Zeros keep it apart from another row that was given this very one."""
    digits = f"{number}"
    while f"{_PREFIX[kind]}-{digits}" in taken:
        digits = f"0{digits}"
    return f"{_PREFIX[kind]}-{digits}"


def number_of_own_id(kind: str, external_id: str) -> int | None:
    """The number of the row that an id made by `own_id` names; None for all other ids."""
    match = _OWN_ID.fullmatch(external_id)
    if match is None or match[1] != _PREFIX[kind]:
        return None
    return min(int(match[2]), _MAX_ID)


def flat_of(thing: Thing) -> Flat:
    """What there is to say of a room or a closure, its id and unit apart."""
    return _flat_room(thing) if isinstance(thing, Room) else _flat_closure(thing)


def flat_values(values: Mapping[str, Any]) -> dict[Path, Any]:
    """A room's values by column name, flat."""
    flat: dict[Path, Any] = {}
    for name, value in values.items():
        if isinstance(value, LocalText):
            flat |= {(name, lang): getattr(value, lang) for lang in LANGUAGES}
        elif name == "activity_reasons":
            flat |= {
                (name, code, lang): text
                for code, reason in value.items()
                for lang, text in reason.items()
            }
        else:
            flat[name,] = value
    flat |= {("features", code, "value"): "unknown" for code in FEATURES}
    return flat


def known_features(room: Room) -> list[RoomFeature]:
    """The facts of a room's accessibility that somebody has found out."""
    return [row for row in room.features if row.value != "unknown"]


def _flat_room(room: Room) -> Flat:
    flat = flat_values({name: getattr(room, name) for name in EDITABLE})
    for row in room.features:
        parts = {"value": row.value, "measure_cm": row.measure_cm}
        parts |= {"count": row.count, "side": row.side}
        flat |= {("features", row.code, part): value for part, value in parts.items()}
        if row.note is not None:
            flat |= {
                ("features", row.code, "note", lang): getattr(row.note, lang) for lang in LANGUAGES
            }
    known = known_features(room)
    # A table has one day and one checker for a whole room: the day since when all of it is known to be true.
    days = [row.checked_on for row in known]
    flat[CHECKED_ON] = min((day for day in days if day is not None), default=None)
    if None in days:
        flat[CHECKED_ON] = None
    checkers = {row.checked_by for row in known}
    flat[CHECKED_BY] = checkers.pop() if len(checkers) == 1 else None
    return flat


def _flat_closure(row: OpeningException) -> Flat:
    reason = row.reason
    return {
        ("first_day",): row.day,
        ("last_day",): row.last_day or row.day,
        ("opens_minute",): row.opens_minute,
        ("closes_minute",): row.closes_minute,
        **{("reason", lang): getattr(reason, lang) if reason else None for lang in LANGUAGES},
    }


def _all(kind: str) -> Select[Any]:
    if kind == "rooms":
        return select(Room).options(selectinload(Room.features), joinedload(Room.unit))
    return select(OpeningException)


def _order(thing: Thing, units: Mapping[int, Unit]) -> tuple[Any, ...]:
    unit = units[thing.unit_id]
    if isinstance(thing, Room):
        return unit.name.fi, unit.id, thing.name.fi, thing.id
    return unit.name.fi, unit.id, thing.day, thing.opens_minute or 0, thing.id
