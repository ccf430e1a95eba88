"""Which rooms are free: held time from the rows, rules from the catalogue. Changes nothing.

Ours (bookings and blocks) never overlap within a space, so of each space only the last stretch that starts before the
slot's end need be seen: an index look-up per space, whatever the number of bookings. Foreign busy time may overlap
and has its own query. Refused: a range scan with a known longest stretch (a block may last months).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CompoundSelect, bindparam, select, union_all
from sqlalchemy.orm import Session, aliased

from booking.db import UtcDateTime
from booking.domain.bookings import Wish, refusals_at_asking
from booking.domain.occupancy import Hold
from booking.domain.rooms import RoomRules, has_all
from booking.models import Occupancy, Space
from booking.queries.catalogue import Catalogue, catalogue
from calendars.period import Period


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for.

    `municipality` is a key; `features` must all be there; `wish` is what the policy looks at.
    """

    wish: Wish
    municipality: str | None = None
    unit_id: int | None = None
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """Rooms in the catalogue's order: `free` have all that is wanted, of `unsure` a wanted feature is unknown;
    `others` are neither.
    """

    free: list[RoomRules]
    unsure: list[RoomRules]
    others: int


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
        and (wanted.unit_id is None or room.unit_id == wanted.unit_id)
    ]


def allowed_rooms(
    session: Session, wanted: Wanted, now: datetime, after: int | None = None
) -> Iterable[RoomRules]:
    """The rooms with all wanted features that the whole policy would allow for the wish, in the catalogue's order.

    Lazy, so that a page of a long list costs a page. `after`: begin behind the room with this id.
    """
    busy = busy_spaces(session, wanted.wish.period)
    candidates = iter(in_scope(catalogue(session), wanted))
    if after is not None:
        for room in candidates:
            if room.id == after:
                break
    return (
        room
        for room in candidates
        if has_all(room, wanted.features) == "yes" and _is_allowed(room, wanted.wish, busy, now)
    )


def rooms_found(session: Session, wanted: Wanted, now: datetime) -> Found:
    """Sort the rooms of the wanted place into free, free but unsure, and others."""
    busy = busy_spaces(session, wanted.wish.period)
    candidates = in_scope(catalogue(session), wanted)
    free: list[RoomRules] = []
    unsure: list[RoomRules] = []
    for room in candidates:
        fit = has_all(room, wanted.features)
        if fit != "no" and _is_allowed(room, wanted.wish, busy, now):
            (free if fit == "yes" else unsure).append(room)
    return Found(free, unsure, len(candidates) - len(free) - len(unsure))


def _is_allowed(room: RoomRules, wish: Wish, busy: set[int], now: datetime) -> bool:
    return busy.isdisjoint(room.space_ids) and not refusals_at_asking(room, wish, now)


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
