"""What staff see of their rooms: how well each is described, what it is made of, who changed it. Reads only; no rule.

Scope is part of each query or, for one room or unit, of the function that finds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.access import Actor
from booking.domain.accessibility import CHECK_AGAIN_AFTER
from booking.errors import Forbidden, NotFound
from booking.models import (
    AuditEntry,
    Block,
    Room,
    RoomFeature,
    RoomImage,
    Space,
    Unit,
    room_space,
)

# Changes that count a room's version, one each.
_COUNTED = ("edit_room", "set_features", "set_room_spaces")


@dataclass(frozen=True, slots=True)
class Described:
    """How well a room is described: facts not checked for over a year, photos, and pictures without words."""

    stale: int = 0
    photos: int = 0
    without_words: int = 0


@dataclass(frozen=True, slots=True)
class SpaceUse:
    """A space of a unit, and the rooms that are made of it, by id."""

    id: int
    name: str
    room_ids: tuple[int, ...]


def own_units(session: Session, actor: Actor) -> list[Unit]:
    """The units whose rooms the actor keeps, with their municipalities, by name."""
    query = select(Unit).options(joinedload(Unit.municipality))
    if not actor.is_admin:
        query = query.where(Unit.id.in_(actor.approver_units))
    return sorted(session.scalars(query), key=lambda unit: (unit.name.fi, unit.id))


def own_unit(session: Session, unit_id: int, actor: Actor) -> Unit:
    """A unit whose rooms the actor keeps. Raises NotFound, Forbidden."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("unit")
    if not actor.decides_for(unit_id):
        raise Forbidden("not_your_unit")
    return unit


def own_room(session: Session, room_id: int, actor: Actor) -> Room:
    """A room that the actor keeps, with its unit, features, spaces and pictures (without their bytes).

    Raises Forbidden; NotFound also for one that the actor can't see at all.
    """
    room = session.scalars(
        select(Room)
        .where(Room.id == room_id)
        .options(
            joinedload(Room.unit),
            selectinload(Room.features),
            selectinload(Room.spaces),
            selectinload(Room.images),
        )
    ).one_or_none()
    if room is None or not (room.published or actor.decides_for(room.unit_id)):
        raise NotFound("room")
    if not actor.decides_for(room.unit_id):
        raise Forbidden("not_your_unit")
    return room


def own_space(session: Session, space_id: int, actor: Actor) -> Space:
    """A space of a unit whose rooms the actor keeps; raises NotFound: others know of rooms only."""
    space = session.get(Space, space_id)
    if space is None or not actor.decides_for(space.unit_id):
        raise NotFound("space")
    return space


def described(
    session: Session, room_ids: Collection[int], today: date
) -> defaultdict[int, Described]:
    """How well each of the rooms is described, by id."""
    stale = _stale(session, room_ids, today)
    photos: dict[int, int] = defaultdict(int)
    wordless: dict[int, int] = defaultdict(int)
    query = select(RoomImage.room_id, RoomImage.kind, RoomImage.alt)
    for room_id, kind, alt in session.execute(query.where(RoomImage.room_id.in_(room_ids))):
        photos[room_id] += kind == "photo"
        wordless[room_id] += not alt.fi.strip()
    found: defaultdict[int, Described] = defaultdict(Described)
    for room_id in room_ids:
        found[room_id] = Described(stale.get(room_id, 0), photos[room_id], wordless[room_id])
    return found


def _stale(session: Session, room_ids: Collection[int], today: date) -> dict[int, int]:
    """How many facts of each room are known, but were checked over a year ago or nobody knows when."""
    query = (
        select(RoomFeature.room_id, func.count())
        .where(
            RoomFeature.room_id.in_(room_ids),
            RoomFeature.value != "unknown",
            or_(
                RoomFeature.checked_on.is_(None),
                RoomFeature.checked_on < today - CHECK_AGAIN_AFTER,
            ),
        )
        .group_by(RoomFeature.room_id)
    )
    return dict(session.execute(query).all())


def spaces_of_unit(session: Session, unit_id: int) -> list[SpaceUse]:
    """The unit's spaces, by id, also those that no room claims. One joined into another is a part of that one, and left out."""
    rows = session.execute(
        select(Space.id, Space.name, room_space.c.room_id)
        .outerjoin(room_space, room_space.c.space_id == Space.id)
        .where(Space.unit_id == unit_id, Space.joined_into_id.is_(None))
        .order_by(Space.id, room_space.c.room_id)
    )
    names: dict[int, str] = {}
    rooms: dict[int, list[int]] = defaultdict(list)
    for space_id, name, room_id in rows:
        names[space_id] = name
        if room_id is not None:
            rooms[space_id].append(room_id)
    return [SpaceUse(space_id, name, tuple(rooms[space_id])) for space_id, name in names.items()]


def space_names(session: Session, entries: Sequence[AuditEntry]) -> dict[int, str]:
    """The names of the spaces that entries of the audit speak of, by id; what a joining made a part of another included."""
    ids = {
        space_id
        for entry in entries
        for said in (entry.before, entry.after)
        for space_id in said.get("spaces") or ()
    }
    if not ids:
        return {}
    return {row.id: row.name for row in session.scalars(select(Space).where(Space.id.in_(ids)))}


def history_of_room(
    session: Session, room_id: int, limit: int, offset: int = 0
) -> list[AuditEntry]:
    """What happened to a room, its blocks and the spaces it is made of, newest first."""
    blocks = select(Block.id).where(Block.room_id == room_id)
    spaces = select(room_space.c.space_id).where(room_space.c.room_id == room_id)
    query = (
        select(AuditEntry)
        .where(
            or_(
                and_(AuditEntry.object_kind == "room", AuditEntry.object_id == room_id),
                and_(AuditEntry.object_kind == "block", AuditEntry.object_id.in_(blocks)),
                and_(AuditEntry.object_kind == "space", AuditEntry.object_id.in_(spaces)),
            )
        )
        .order_by(AuditEntry.id.desc())
    )
    return list(session.scalars(query.limit(limit).offset(offset)))


def saved_since(session: Session, room: Room, version: int) -> list[AuditEntry]:
    """What was saved of a room after `version`, newest first: one entry for each version."""
    missed = max(0, room.version - version)
    query = (
        select(AuditEntry)
        .where(
            AuditEntry.object_kind == "room",
            AuditEntry.object_id == room.id,
            AuditEntry.action.in_(_COUNTED),
        )
        .order_by(AuditEntry.id.desc())
        .limit(min(missed, 20))
    )
    return list(session.scalars(query)) if missed else []
