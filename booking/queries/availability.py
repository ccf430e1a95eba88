"""Which rooms are free: held time from the rows, rules from the catalogue. Changes nothing.

Ours (bookings and blocks) never overlap within a space, so of each space only the last stretch that starts before the
slot's end need be seen: an index look-up per space, whatever the number of bookings. Foreign busy time may overlap
and has its own query. Refused: a range scan with a known longest stretch (a block may last months).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import CompoundSelect, bindparam, select, union_all
from sqlalchemy.orm import Session, aliased

from booking.db import UtcDateTime
from booking.domain.bookings import (
    WHATEVER_THE_TIME,
    Near,
    Wish,
    buffer_refusals,
    refusals_of_room,
    refusals_of_time,
)
from booking.domain.occupancy import Hold, conflicts
from booking.domain.rooms import RoomRules, has_all
from booking.errors import Conflict, Refusal
from booking.models import Occupancy, Space
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.held import held_in_rooms, held_near
from calendars.period import Period


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for.

    `municipality` and `region` are keys; `features` must all be there; `is_hybrid`: those far away must be able to take part;
    `wish` is what the policy looks at.
    """

    wish: Wish
    municipality: str | None = None
    unit_id: int | None = None
    features: frozenset[str] = frozenset()
    region: str | None = None
    is_hybrid: bool = False


@dataclass(frozen=True, slots=True)
class NotFree:
    """A room that can't be had then, and every reason: rules first, then the time that holds it.

    `conflicts`: by start; empty also where nobody has looked (`rooms_found`).
    """

    room: RoomRules
    refusals: tuple[Refusal, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def code(self) -> str:
        """The first reason's code."""
        return self.refusals[0].code if self.refusals else "room_taken"


@dataclass(frozen=True, slots=True)
class Found:
    """Rooms by how well they fit: `free` have all that is wanted, of `unsure` a wanted feature is unknown.

    `not_free` would do, but not then; `unfit` lack something whatever the time: a feature, space for the people, the activity,
    or they are not lent here.
    """

    free: list[RoomRules]
    unsure: list[RoomRules]
    not_free: list[NotFree]
    unfit: list[NotFree]


def _busy_query() -> CompoundSelect[int]:
    since, until = (bindparam(name, type_=UtcDateTime) for name in ("since", "until"))
    held = aliased(Occupancy)
    last_end = (
        select(held.ends_at)
        .where(held.space_id == Space.id, held.source != "foreign", held.starts_at < until)
        .order_by(held.starts_at.desc())
        .limit(1)
        .correlate(Space)
        .scalar_subquery()
    )
    ours = select(Space.id).where(last_end > since)
    foreign = select(Occupancy.space_id).where(
        Occupancy.source == "foreign", Occupancy.ends_at > since, Occupancy.starts_at < until
    )
    return union_all(ours, foreign)


# Built once: putting it together costs more than asking it.
_BUSY = _busy_query()


def busy_spaces(session: Session, slot: Period) -> set[int]:
    """The ids of spaces held, by anybody, for a part of `slot`."""
    return set(session.scalars(_BUSY, {"since": slot.start, "until": slot.end}))


def in_scope(rooms: Catalogue, wanted: Wanted) -> list[RoomRules]:
    """Published rooms of the wanted place, in the catalogue's order."""
    return [
        room
        for room in rooms.rooms.values()
        if room.published
        and (wanted.municipality is None or room.municipality == wanted.municipality)
        and (wanted.region is None or rooms.region_of.get(room.municipality) == wanted.region)
        and (wanted.unit_id is None or room.unit_id == wanted.unit_id)
        and (not wanted.is_hybrid or room.is_hybrid_ready)
    ]


class Free:
    """Which rooms the whole policy would allow for one wish, as far as it doesn't depend on who asks.

    Held time is read once; rooms whose rules of time are the same are asked once.
    """

    def __init__(self, session: Session, rooms: Catalogue, wish: Wish, now: datetime) -> None:
        self._wish, self._now = wish, now
        self._busy = busy_spaces(session, wish.period)
        self._of_time: dict[object, bool] = {}
        buffered = [rooms.rooms[room_id] for room_id in sorted(rooms.buffered)]
        self._near = (
            held_in_rooms(session, buffered, wish.period, rooms.longest_buffer) if buffered else {}
        )

    def allows(self, room: RoomRules) -> bool:
        """Whether the room may be asked for."""
        wish = self._wish
        if not (
            room.is_lent
            and wish.people <= room.capacity
            and wish.activity in room.activities
            and self._busy.isdisjoint(room.space_ids)
        ):
            return False
        allowed = self._of_time.get(room.time_key)
        if allowed is None:
            allowed = not refusals_of_time(room, wish.period, self._now)
            self._of_time[room.time_key] = allowed
        return allowed and not self._of_buffers(room)

    def refusals(self, room: RoomRules) -> list[Refusal]:
        """Every rule that says no; empty also where only held time does."""
        return [*refusals_of_room(room, self._wish, self._now), *self._of_buffers(room)]

    def _of_buffers(self, room: RoomRules) -> list[Refusal]:
        near = [
            Near(held.period, held.before_minutes, held.after_minutes)
            for held in self._near.get(room.id, ())
            if held.is_booking
        ]
        return buffer_refusals(room, self._wish.period, near)


def allowed_rooms(
    session: Session, wanted: Wanted, now: datetime, after: int | None = None
) -> Iterable[RoomRules]:
    """The rooms with all wanted features that the whole policy would allow for the wish, in the catalogue's order.

    Lazy, so that a page of a long list costs a page. `after`: begin behind the room with this id.
    """
    rooms = catalogue(session)
    free = Free(session, rooms, wanted.wish, now)
    candidates = iter(in_scope(rooms, wanted))
    if after is not None:
        for room in candidates:
            if room.id == after:
                break
    return (
        room for room in candidates if has_all(room, wanted.features) == "yes" and free.allows(room)
    )


def rooms_found(
    session: Session, wanted: Wanted, now: datetime, explained: int | None = None
) -> Found:
    """Sort the rooms of the wanted place: free, free but unsure, free at another time, never fit; each by how well it fits.

    `explained`: of how many rooms that are not free it is looked up what holds them, the best first; without it, of all.
    """
    rooms = catalogue(session)
    free = Free(session, rooms, wanted.wish, now)
    found = Found([], [], [], [])
    # Rooms that fit alike stay in the catalogue's order.
    for room in sorted(in_scope(rooms, wanted), key=lambda room: _fit(room, wanted)):
        fit = has_all(room, wanted.features)
        if fit != "no" and free.allows(room):
            (found.free if fit == "yes" else found.unsure).append(room)
            continue
        refused = NotFree(room, tuple(free.refusals(room)), ())
        never = any(refusal.code in WHATEVER_THE_TIME for refusal in refused.refusals)
        (found.unfit if fit == "no" or never else found.not_free).append(refused)
    found.not_free[:explained] = _explained(session, found.not_free[:explained], wanted.wish.period)
    return found


def _fit(room: RoomRules, wanted: Wanted) -> tuple[int, int]:
    """How well a room fits, best first: nothing unknown before something; then the smallest that is large enough."""
    unknown = sum(room.feature(code) == "unknown" for code in wanted.features)
    return unknown, room.capacity


def _explained(session: Session, rooms: Sequence[NotFree], period: Period) -> list[NotFree]:
    """The same rooms with what holds them."""
    spaces = {space for one in rooms for space in one.room.space_ids}
    by_space: dict[int, list[Hold]] = defaultdict(list)
    for hold in holds_near(session, spaces, period) if spaces else ():
        by_space[hold.space_id].append(hold)
    return [
        replace(
            one,
            conflicts=tuple(
                conflicts(
                    period,
                    one.room.space_ids,
                    [hold for space in one.room.space_ids for hold in by_space.get(space, ())],
                )
            ),
        )
        for one in rooms
    ]


def holds_near(session: Session, space_ids: Collection[int], span: Period) -> list[Hold]:
    """What holds one of many spaces for a part of `span`, unsorted and without its holder: an index look-up per space."""
    return [
        Hold(space, held.period, held.source, 0)
        for space, stretches in held_near(session, space_ids, span, with_buffers=False).items()
        for held in stretches
    ]


def _holds_query() -> CompoundSelect[int, int, datetime, datetime, str, int | None]:
    # Each half says its source, or neither of the two partial indexes could serve it.
    halves = (
        select(
            Occupancy.id,
            Occupancy.space_id,
            Occupancy.starts_at,
            Occupancy.ends_at,
            Occupancy.source,
            Occupancy.booking_id,
        ).where(
            Occupancy.space_id.in_(bindparam("spaces", expanding=True)),
            Occupancy.starts_at < bindparam("until", type_=UtcDateTime),
            Occupancy.ends_at > bindparam("since", type_=UtcDateTime),
            condition,
        )
        for condition in (Occupancy.source != "foreign", Occupancy.source == "foreign")
    )
    return union_all(*halves).order_by("starts_at", "id")


_HOLDS = _holds_query()


def holds(session: Session, space_ids: Collection[int], span: Period) -> list[Hold]:
    """Everything that holds one of the spaces for a part of `span`, foreign time included; sorted by start."""
    asked = {"spaces": list(space_ids), "since": span.start, "until": span.end}
    return [
        Hold(space, Period(starts_at, ends_at), source, booking or row)
        for row, space, starts_at, ends_at, source, booking in session.execute(_HOLDS, asked)
    ]
