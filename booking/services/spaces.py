"""Which floor a room is made of: dividing a hall, joining its halves, and what that does to the bookings to come.

A room claims spaces; whoever holds the room holds each of them. Dividing a space breaks nothing: all who held it hold all of its
parts. Joining spaces, or giving a room another one, can make two bookings meet that lay side by side. Then nothing is changed and
both are named, unless who does it says which of them to cancel in the same act. What has ended stays as it was held: a room
remembers since when its spaces are what they are (`Room.spaces_changed_at`), and the invariants look from there on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, delete, insert, literal, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING
from booking.domain.rooms import RoomRules
from booking.errors import InvalidValues, NotFound, Refusal
from booking.models import Block, Booking, Occupancy, Organisation, Room, Space, room_space
from booking.queries.catalogue import Catalogue, catalogue
from booking.services.audit import record
from booking.services.bookings import call_off
from booking.services.changes import period_of
from booking.services.occupancy import hold_for_booking, locked_rooms, rewrite_blocks
from booking.services.upkeep import (
    broken,
    require_keeper,
    require_unbroken,
    require_valid,
    require_version,
)
from booking.services.waiting import offer_freed
from calendars.period import Period

_LONGEST_NAME = 120
_MOST_PARTS = 12


@dataclass(frozen=True)
class Claim:
    """Rooms and the spaces each is to claim; `cancel`: bookings to cancel in the same act, and why."""

    spaces: Mapping[int, frozenset[int]]
    cancel: frozenset[int]
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Hold:
    """Time held in a space: by a booking (its id), or by blocks (None)."""

    period: Period
    booking: int | None


def divide_space(
    session: Session, space_id: int, names: Sequence[str], *, actor: Actor, now: datetime
) -> list[Space]:
    """Make a space into several, the first of which keeps its id; every room that claimed it claims them all.

    Raises NotFound, Forbidden, InvalidValues.
    """
    rooms = locked_rooms(session, _claiming({space_id}), also=[space_id])
    space = _own_space(session, space_id, actor)
    cleaned = [name.strip() for name in names]
    require_valid(_name_faults(cleaned))
    new = [Space(unit_id=space.unit_id, name=name) for name in cleaned[1:]]
    before, space.name = space.name, cleaned[0]
    session.add_all(new)
    session.flush()
    columns = room_space.c
    for part in new:
        session.execute(
            insert(room_space).from_select(
                ["room_id", "space_id"],
                select(columns.room_id, _constant(part.id)).where(columns.space_id == space_id),
            )
        )
        held = (Occupancy.starts_at, Occupancy.ends_at, Occupancy.source, Occupancy.booking_id)
        session.execute(
            insert(Occupancy).from_select(
                ["space_id", "starts_at", "ends_at", "source", "booking_id"],
                select(_constant(part.id), *held).where(Occupancy.space_id == space_id),
            )
        )
    _expire_spaces(session)
    parts = [space_id, *(part.id for part in new)]
    for room in rooms:
        session.get_one(Room, room.id).version += 1
        others = set(room.space_ids) - {space_id}
        _note_spaces(session, room, others.union(parts), actor=actor, now=now)
    after = {"names": cleaned, "spaces": parts}
    said = {"names": [before], "spaces": [space_id]}
    thing = ("space", space_id)
    record(session, "divide_space", thing, before=said, after=after, actor=actor, now=now)
    return [space, *new]


def join_spaces(
    session: Session,
    space_ids: Collection[int],
    name: str,
    cancel: Collection[int] = (),
    reason: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Space:
    """Make several spaces of a unit into one; every room that claimed any of them claims it.

    Raises NotFound, Forbidden, InvalidValues, BreaksBookings (bookings that would meet), WrongState (one to be cancelled has
    begun).
    """
    gone = sorted(set(space_ids))
    rooms = locked_rooms(session, _claiming(set(gone)), also=gone)
    spaces = [_own_space(session, space_id, actor) for space_id in gone]
    faults = [] if len(spaces) > 1 else [Refusal("two_spaces_at_least", "spaces")]
    if len({space.unit_id for space in spaces}) > 1:
        faults.append(Refusal("spaces_of_one_unit", "spaces"))
    require_valid([*faults, *_name_faults([name.strip()], at_least=1)])
    kept = spaces[0]
    claim = Claim(
        {room.id: frozenset(room.space_ids) - set(gone) | {kept.id} for room in rooms},
        frozenset(cancel),
        reason,
    )
    _claim(session, rooms, claim, actor=actor, now=now)
    said = {"names": [space.name for space in spaces], "spaces": gone}
    kept.name = name.strip()
    for space in spaces[1:]:
        space.joined_into_id = kept.id
    after = {"names": [kept.name], "spaces": [kept.id]}
    thing = ("space", kept.id)
    record(session, "join_spaces", thing, before=said, after=after, actor=actor, now=now)
    session.flush()
    return kept


def set_room_spaces(
    session: Session,
    room_id: int,
    version: int,
    space_ids: Collection[int],
    cancel: Collection[int] = (),
    reason: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Room:
    """Let a room claim other spaces of its unit. Raises as `join_spaces` does, and Stale."""
    wanted = frozenset(space_ids)

    def pick(known: Catalogue) -> Sequence[RoomRules]:
        own = known.room(room_id)
        others = _claiming(wanted)(known)
        return [own, *(room for room in others if room.id != room_id)]

    own = locked_rooms(session, pick, also=wanted)[0]
    require_keeper(actor, own.unit_id)
    room = session.get_one(Room, room_id, populate_existing=True)
    require_version(room, version)
    living = Space.id.in_(wanted), Space.joined_into_id.is_(None)
    found = session.scalars(select(Space.unit_id).where(*living)).all()
    if not wanted or len(found) != len(wanted) or set(found) != {own.unit_id}:
        raise InvalidValues([Refusal("spaces_of_one_unit", "spaces")])
    if wanted != set(own.space_ids):
        claim = Claim({room_id: wanted}, frozenset(cancel), reason)
        _claim(session, [own], claim, actor=actor, now=now)
    return room


def _claim(
    session: Session,
    rooms: Sequence[RoomRules],
    claim: Claim,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Let each room claim its new spaces, with the bookings and blocks to come. Call with the spaces locked."""
    bookings = _bookings_to_come(session, rooms, now)
    blocks = _blocks_to_come(session, rooms, now)
    meeting = _meetings(session, rooms, claim, (bookings, blocks), now)
    _refuse_unresolved(session, meeting, claim.cancel)
    involved = {one for pair in meeting for one in pair if one}
    cancelled = _cancel(session, involved, claim, actor=actor, now=now)
    for room in rooms:
        wanted = claim.spaces[room.id]
        added, given_up = wanted - set(room.space_ids), set(room.space_ids) - wanted
        if not (added or given_up):
            continue
        living = [one for one in bookings[room.id] if one.id not in claim.cancel]
        _reclaim(session, room.id, wanted, living, given_up)
        for booking in living:
            period = Period(booking.starts_at, booking.ends_at)
            hold_for_booking(session, booking.id, sorted(added), period)
        row = session.get_one(Room, room.id)
        row.version += 1
        row.spaces_changed_at = now
        _note_spaces(session, room, wanted, actor=actor, now=now)
    touched = {space for room in rooms for space in (*room.space_ids, *claim.spaces[room.id])}
    for period in {period for periods in blocks.values() for period in periods}:
        rewrite_blocks(session, touched, period)
    known = catalogue(session).rooms
    for booking in cancelled:
        offer_freed(session, known[booking.room_id], period_of(booking), now)


def _note_spaces(
    session: Session,
    room: RoomRules,
    spaces: Collection[int],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    before, after = {"spaces": list(room.space_ids)}, {"spaces": sorted(spaces)}
    thing = ("room", room.id)
    record(session, "set_room_spaces", thing, before=before, after=after, actor=actor, now=now)


def _reclaim(
    session: Session,
    room_id: int,
    wanted: frozenset[int],
    bookings: Sequence[Booking],
    given_up: set[int],
) -> None:
    row = session.get_one(Room, room_id, populate_existing=True)
    row.spaces = list(session.scalars(select(Space).where(Space.id.in_(wanted))))
    session.flush()
    if given_up and bookings:
        ids = [booking.id for booking in bookings]
        session.execute(
            delete(Occupancy).where(Occupancy.booking_id.in_(ids), Occupancy.space_id.in_(given_up))
        )


Stretches = tuple[Mapping[int, Sequence[Booking]], Mapping[int, Sequence[Period]]]


def _meetings(
    session: Session,
    rooms: Sequence[RoomRules],
    claim: Claim,
    to_come: Stretches,
    now: datetime,
) -> set[tuple[int, int | None]]:
    """Pairs of bookings that would meet in a space newly claimed; None stands for blocks."""
    bookings, blocks = to_come
    added: dict[int, list[_Hold]] = defaultdict(list)
    for room in rooms:
        holds = [
            *(_Hold(Period(one.starts_at, one.ends_at), one.id) for one in bookings[room.id]),
            *(_Hold(period, None) for period in blocks[room.id]),
        ]
        for space in claim.spaces[room.id] - set(room.space_ids):
            added[space] += holds
    rows = session.execute(
        select(
            Occupancy.space_id, Occupancy.starts_at, Occupancy.ends_at, Occupancy.booking_id
        ).where(
            Occupancy.space_id.in_(added), Occupancy.source != "foreign", Occupancy.ends_at > now
        )
    )
    for space, starts_at, ends_at, booking in rows:
        added[space].append(_Hold(Period(starts_at, ends_at), booking))
    return {pair for holds in added.values() for pair in _overlapping(holds)}


def _overlapping(holds: Iterable[_Hold]) -> Iterable[tuple[int, int | None]]:
    open_holds: list[_Hold] = []
    for hold in sorted(holds, key=lambda one: (one.period.start, one.booking or 0)):
        open_holds = [other for other in open_holds if other.period.end > hold.period.start]
        for other in open_holds:
            if hold.booking is not None and other.booking != hold.booking:
                yield hold.booking, other.booking
            elif hold.booking is None and other.booking is not None:
                yield other.booking, None
        open_holds.append(hold)


def _refuse_unresolved(
    session: Session, meeting: set[tuple[int, int | None]], cancel: frozenset[int]
) -> None:
    open_pairs = [pair for pair in meeting if cancel.isdisjoint({one for one in pair if one})]
    involved = {one for pair in meeting for one in pair if one}
    if not open_pairs:
        return
    rows = session.execute(
        select(Booking, Organisation.name).join(Organisation).where(Booking.id.in_(involved))
    )
    require_unbroken([broken(row, name, "room_taken") for row, name in rows], ())


def _cancel(
    session: Session, involved: set[int], claim: Claim, *, actor: Actor, now: datetime
) -> list[Booking]:
    """Cancel what was chosen, and tell its people. Its time is offered once it is known what is still free then."""
    chosen = sorted(claim.cancel)
    if not chosen:
        return []
    if not claim.reason:
        raise InvalidValues([Refusal("reason_required", "reason")])
    if not claim.cancel <= involved:
        # Only what is in the way is cancelled here: the page was drawn before something changed.
        raise InvalidValues([Refusal("not_in_the_way", "cancel")])
    rows = session.execute(select(Booking.id, Booking.version).where(Booking.id.in_(chosen)))
    return [
        call_off(session, booking_id, version, claim.reason, actor=actor, now=now)[0]
        for booking_id, version in rows.all()
    ]


def _bookings_to_come(
    session: Session, rooms: Sequence[RoomRules], now: datetime
) -> Mapping[int, Sequence[Booking]]:
    found: dict[int, list[Booking]] = defaultdict(list)
    for booking in session.scalars(
        select(Booking).where(
            Booking.room_id.in_([room.id for room in rooms]),
            Booking.state.in_(HOLDING),
            Booking.ends_at > now,
        )
    ):
        found[booking.room_id].append(booking)
    return found


def _blocks_to_come(
    session: Session, rooms: Sequence[RoomRules], now: datetime
) -> Mapping[int, Sequence[Period]]:
    found: dict[int, list[Period]] = defaultdict(list)
    for room_id, starts_at, ends_at in session.execute(
        select(Block.room_id, Block.starts_at, Block.ends_at).where(
            Block.room_id.in_([room.id for room in rooms]),
            Block.lifted_at.is_(None),
            Block.ends_at > now,
        )
    ):
        found[room_id].append(Period(starts_at, ends_at))
    return found


def _claiming(space_ids: Collection[int]) -> Callable[[Catalogue], Sequence[RoomRules]]:
    """Pick the rooms that claim any of the spaces."""
    return lambda known: [
        room for room in known.rooms.values() if not set(space_ids).isdisjoint(room.space_ids)
    ]


def _own_space(session: Session, space_id: int, actor: Actor) -> Space:
    space = session.get(Space, space_id, populate_existing=True)
    if space is None or space.joined_into_id is not None:
        raise NotFound("space")
    require_keeper(actor, space.unit_id)
    return space


def _name_faults(names: Sequence[str], at_least: int = 2) -> list[Refusal]:
    found = []
    if not at_least <= len(names) <= _MOST_PARTS:
        limits = {"lowest": at_least, "highest": _MOST_PARTS}
        found.append(Refusal("number_out_of_range", "names", limits))
    if not all(names):
        found.append(Refusal("name_required", "names"))
    elif len(set(names)) < len(names):
        found.append(Refusal("names_alike", "names"))
    if any(len(name) > _LONGEST_NAME for name in names):
        found.append(Refusal("too_long_text", "names", {"limit": _LONGEST_NAME}))
    return found


def _constant(value: int) -> ColumnElement[int]:
    return literal(value, Integer)


def _expire_spaces(session: Session) -> None:
    # Rows of `room_space` were written past the session.
    for row in session.identity_map.values():
        if isinstance(row, Room):
            session.expire(row, ["spaces"])
