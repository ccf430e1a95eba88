"""What happened to one thing, for those who may see it: who, when, what, why. Reads only; scope is asked with the thing.

Source of who may: DESIGN 3a, row "audit of an object". To all others the thing's history isn't there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.texts import LocalText
from booking.errors import NotFound
from booking.models import (
    AuditEntry,
    Booking,
    Division,
    Municipality,
    Organisation,
    Person,
    Region,
    Report,
    Room,
    Series,
    Space,
    Unit,
    WaitingEntry,
)
from booking.queries.units import history_of_unit
from booking.queries.upkeep import history_of_room

_LONGEST_LINE = 50  # of series, each split from the one before

# Names by id, under the kind of thing: "room", "unit", "organisation", "person", "municipality", "division", "region", "space".
Names = Mapping[str, Mapping[int, LocalText | str]]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a history: its kind and id, and its name where it has one (a booking's is its title)."""

    kind: str
    id: int
    name: LocalText | str | None = None


def thing_in_sight(session: Session, kind: str, row_id: int, actor: Actor) -> Thing:
    """The thing whose history the actor may see. Raises NotFound also for what the actor may not see.

    The administrator sees all; the coordinator all but persons; an approver what belongs to their units, and organisations that
    have booked there. The history outlives its thing: what is gone is shown to those who see all.
    """
    sees_all = actor.is_admin or (actor.is_coordinator and kind != "person")
    if not sees_all and (not actor.approver_units or kind not in _IN_UNITS):
        raise NotFound(kind)
    query = _NAMED[kind](row_id)
    if not sees_all:
        query = query.where(_IN_UNITS[kind](actor.approver_units))
    row = session.execute(query.limit(1)).one_or_none()
    if row is None and not (sees_all and _has_history(session, kind, row_id)):
        raise NotFound(kind)
    return Thing(kind, row_id, None if row is None else row[0])


def entries(session: Session, thing: Thing, limit: int, offset: int = 0) -> list[AuditEntry]:
    """A page of a thing's history, newest first: a room's with its blocks and spaces, a series' with those it was split from."""
    if thing.kind == "room":
        return history_of_room(session, thing.id, limit, offset)
    if thing.kind == "unit":
        return history_of_unit(session, thing.id, limit, offset)
    ids = _line_of(session, thing.id) if thing.kind == "series" else [thing.id]
    newest = (
        select(AuditEntry)
        .where(AuditEntry.object_kind == thing.kind, AuditEntry.object_id.in_(ids))
        .order_by(AuditEntry.id.desc())
    )
    return list(session.scalars(newest.limit(limit).offset(offset)))


def _line_of(session: Session, series_id: int) -> list[int]:
    """A series and those it was split from, one from the other: what happened to them happened to its dates too."""
    ids: list[int] = []
    next_id: int | None = series_id
    while next_id is not None and next_id not in ids and len(ids) < _LONGEST_LINE:
        ids.append(next_id)
        next_id = session.scalars(
            select(Series.split_from_id).where(Series.id == next_id)
        ).one_or_none()
    return ids


def names_in(session: Session, found: Sequence[AuditEntry]) -> Names:
    """The names of the things that entries speak of by id."""
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in found:
        for said in (entry.before, entry.after):
            for key, value in said.items():
                if key in NAMED_BY:
                    ids[NAMED_BY[key]].update(_numbers(value))
    return {kind: _names(session, kind, wanted) for kind, wanted in ids.items() if wanted}


# Keys of the audit that hold the ids of other things, and of which kind.
NAMED_BY = {
    "room_id": "room",
    "unit_id": "unit",
    "organisation_id": "organisation",
    "merged_into": "organisation",
    "merged_from": "organisation",
    "person_id": "person",
    "stand_in_id": "person",
    "instead_of": "person",
    "municipality_id": "municipality",
    "division_id": "division",
    "region_id": "region",
    "spaces": "space",
}
_TABLES: Mapping[str, Any] = {
    "room": Room,
    "unit": Unit,
    "organisation": Organisation,
    "person": Person,
    "municipality": Municipality,
    "division": Division,
    "region": Region,
    "space": Space,
}


def _names(session: Session, kind: str, ids: Iterable[int]) -> dict[int, LocalText | str]:
    table = _TABLES[kind]
    return dict(session.execute(select(table.id, table.name).where(table.id.in_(ids))).all())


def _numbers(value: Any) -> list[int]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, int)]


def _of(kind: str, row_id: int) -> Select[AuditEntry]:
    return select(AuditEntry).where(AuditEntry.object_kind == kind, AuditEntry.object_id == row_id)


def _has_history(session: Session, kind: str, row_id: int) -> bool:
    return session.scalars(_of(kind, row_id).limit(1)).one_or_none() is not None


def _named(model: Any, *columns: Any) -> Callable[[int], Select[Any]]:
    return lambda row_id: select(*(columns or (model.name,))).where(model.id == row_id)


def _of_room(model: Any, name: Any) -> Callable[[int], Select[Any]]:
    return lambda row_id: (
        select(name)
        .select_from(model)
        .outerjoin(Room, Room.id == model.room_id)
        .where(model.id == row_id)
    )


_NAMED: Mapping[str, Callable[[int], Select[Any]]] = {
    "booking": _of_room(Booking, Booking.title),
    "organisation": _named(Organisation),
    "room": _named(Room),
    "unit": _named(Unit),
    "series": lambda row_id: (
        select(Booking.title)
        .join(Room, Room.id == Booking.room_id)
        .where(Booking.series_id == row_id)
        .order_by(Booking.id.desc())
    ),
    "report": _of_room(Report, Room.name),
    "waiting": _of_room(WaitingEntry, Room.name),
    "person": _named(Person),
    "municipality": _named(Municipality),
    "division": _named(Division),
    "region": _named(Region),
}
KINDS = tuple(_NAMED)


def _has_booked(units: Iterable[int]) -> ColumnElement[bool]:
    booked = select(Booking.organisation_id).join(Room, Room.id == Booking.room_id)
    return Organisation.id.in_(booked.where(Room.unit_id.in_(units)))


_IN_UNITS: Mapping[str, Callable[[Iterable[int]], ColumnElement[bool]]] = {
    "booking": lambda units: Room.unit_id.in_(units),
    "series": lambda units: Room.unit_id.in_(units),
    "report": lambda units: Room.unit_id.in_(units),
    "waiting": lambda units: Room.unit_id.in_(units),
    "room": lambda units: Room.unit_id.in_(units),
    "unit": lambda units: Unit.id.in_(units),
    "organisation": _has_booked,
}
