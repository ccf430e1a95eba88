"""The requests that await a decision, with what an approver must see of each before opening it: what is in its way, who waits.

Scope is part of the query. A page of the queue costs the same number of statements however long it is, and looks at the rows
around its own requests only: a county has a million bookings, and some dozens of them await a decision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from booking.domain.access import Actor
from booking.domain.bookings import Near, Standing, Wish, refusals_at_deciding
from booking.domain.deciding import WITH_COORDINATOR, Step, asked_at, next_step
from booking.domain.local_time import local
from booking.domain.organisations import CAPITALS, folded_name
from booking.domain.rooms import RoomRules
from booking.errors import Refusal
from booking.models import (
    Agreement,
    Booking,
    Municipality,
    Organisation,
    Room,
    Unit,
    WaitingEntry,
)
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.deciding import agreements_on
from booking.queries.held import bookings_near_slots, foreign_near
from calendars.period import Period

Order = Literal["waiting", "date"]
# Assumed: a booking that ends or begins within half an hour of it is what an approver calls "right before" and "right after".
CLOSE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the queue is narrowed to; None, False or empty narrows nothing. `asked_before`: it waits at least since then."""

    unit_id: int | None = None
    municipality: str | None = None
    room_id: int | None = None
    activity: str | None = None
    asked_before: datetime | None = None
    escalated: bool = False
    unverified: bool = False
    text: str = ""
    order: Order = "waiting"


@dataclass(frozen=True, slots=True)
class Around:
    """What the rows say around a request: the bookings close to it, whether another calendar claims its time, who else waits."""

    near: tuple[Near, ...] = ()
    foreign: bool = False
    waiting: int = 0


@dataclass(frozen=True)
class Queued:
    """A request in the queue. `refusals`: why it could not be approved now. `before`, `after`: a booking close by.

    `agreements`: those that hold on its day. `next`: what happens if nobody decides. `series`: all requests of its series at the
    same unit, itself the first, where there are more than one; they are decided together.
    """

    booking: Booking
    rules: RoomRules
    refusals: tuple[Refusal, ...]
    around: Around
    before: Period | None
    after: Period | None
    agreements: Sequence[Agreement]
    asked_at: datetime
    next: Step | None
    series: Sequence[Queued] = ()


def queue(
    session: Session, actor: Actor, wanted: QueueFilter, limit: int, offset: int = 0
) -> list[Queued]:
    """A page of the requests that the actor decides, or follows as coordinator: first what was passed on to the coordinator.

    The first request of a series at a unit stands for all of them.
    """
    query = (
        select(Booking)
        .join(Booking.room)
        .join(Room.unit)
        .join(Unit.municipality)
        .join(Booking.organisation)
        .options(contains_eager(Booking.room).contains_eager(Room.unit))
        .options(contains_eager(Booking.organisation))
        .where(Booking.state == "requested", _theirs(actor), *_narrowed(wanted))
        .where(_is_first_of_series(wanted))
    )
    asked = func.coalesce(Booking.asked_at, Booking.created_at)
    order: list[Any] = [asked if wanted.order == "waiting" else Booking.starts_at, Booking.id]
    if actor.is_coordinator:
        order.insert(0, case((Booking.escalation >= WITH_COORDINATOR, 0), else_=1))
    found = list(session.scalars(query.order_by(*order).limit(limit).offset(offset)))
    others = _of_the_same_series(session, found)
    all_of_them = described(session, [*found, *others])
    by_series: dict[tuple[int | None, int], list[Queued]] = defaultdict(list)
    for one in all_of_them:
        by_series[one.booking.series_id, one.rules.unit_id].append(one)
    return [
        replace(one, series=by_series[one.booking.series_id, one.rules.unit_id])
        if one.booking.series_id is not None
        and len(by_series[one.booking.series_id, one.rules.unit_id]) > 1
        else one
        for one in all_of_them[: len(found)]
    ]


def _is_first_of_series(wanted: QueueFilter) -> ColumnElement[bool]:
    """Nobody before it in its series awaits the same unit's decision, or none that the list would show."""
    other, room = aliased(Booking), aliased(Room)
    before = (
        select(other.id)
        .join(room, room.id == other.room_id)
        .where(
            other.series_id == Booking.series_id,
            other.state == "requested",
            room.unit_id == Room.unit_id,
            or_(
                other.starts_at < Booking.starts_at,
                (other.starts_at == Booking.starts_at) & (other.id < Booking.id),
            ),
        )
    )
    if wanted.room_id is not None:
        before = before.where(other.room_id == wanted.room_id)
    return Booking.series_id.is_(None) | ~before.exists()


def _of_the_same_series(session: Session, found: Sequence[Booking]) -> list[Booking]:
    """The other requests of the series that these stand for, by start; of other units they are left out later."""
    ids = {one.series_id for one in found if one.series_id is not None}
    if not ids:
        return []
    query = (
        select(Booking)
        .join(Booking.room)
        .join(Room.unit)
        .options(contains_eager(Booking.room).contains_eager(Room.unit))
        .options(joinedload(Booking.organisation))
        .where(
            Booking.series_id.in_(ids),
            Booking.state == "requested",
            Booking.id.not_in([one.id for one in found]),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return list(session.scalars(query))


def described(session: Session, bookings: Sequence[Booking]) -> list[Queued]:
    """Requests with what is around them; five statements, however many they are."""
    if not bookings:
        return []
    known = catalogue(session)
    around = _around(session, known, bookings)
    days = [local(one.starts_at).date() for one in bookings]
    organisations = {one.organisation_id for one in bookings}
    agreements = agreements_on(session, organisations, min(days), max(days))
    return [
        _queued(
            one, known.room(one.room_id), around[one.id], agreements.get(one.organisation_id, [])
        )
        for one in bookings
    ]


def _queued(
    booking: Booking, rules: RoomRules, around: Around, agreements: Sequence[Agreement]
) -> Queued:
    period = Period(booking.starts_at, booking.ends_at)
    wish = Wish(period, booking.activity, booking.people, booking.terms_version)
    day = local(booking.starts_at).date()
    before = [one.period for one in around.near if one.period.end <= period.start]
    after = [one.period for one in around.near if one.period.start >= period.end]
    last = max(before, key=lambda one: one.end, default=None)
    first = min(after, key=lambda one: one.start, default=None)
    return Queued(
        booking,
        rules,
        tuple(refusals_at_deciding(rules, wish, Standing(around.near))),
        around,
        last if last is not None and period.start - last.end < CLOSE else None,
        first if first is not None and first.start - period.end < CLOSE else None,
        [
            one
            for one in agreements
            if one.valid_from <= day and (one.valid_until is None or day <= one.valid_until)
        ],
        asked_at(booking),
        next_step(booking, booking.room.unit),
    )


def _theirs(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.sees_all_bookings else Room.unit_id.in_(actor.approver_units)


def _narrowed(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unit_id is not None:
        found.append(Room.unit_id == wanted.unit_id)
    if wanted.municipality is not None:
        found.append(Municipality.key == wanted.municipality)
    if wanted.room_id is not None:
        found.append(Booking.room_id == wanted.room_id)
    if wanted.activity is not None:
        found.append(Booking.activity == wanted.activity)
    if wanted.asked_before is not None:
        asked = func.coalesce(Booking.asked_at, Booking.created_at)
        found.append(asked <= wanted.asked_before)
    if wanted.escalated:
        found.append(Booking.escalation > 0)
    if wanted.unverified:
        found.append(Organisation.verified_at.is_(None))
    # Each word stands in the title or in the association's name.
    found += [
        or_(
            _folded(Booking.title.expression).contains(word, autoescape=True),
            _folded(Organisation.name.expression).contains(word, autoescape=True),
        )
        for word in folded_name(wanted.text).split()
    ]
    return found


def _folded(column: ColumnElement[str]) -> ColumnElement[str]:
    """In small letters on both databases alike (see `booking.queries.organisations`)."""
    for capital in CAPITALS:
        column = func.replace(column, capital, capital.lower())
    return func.lower(column)


def _around(session: Session, known: Catalogue, bookings: Sequence[Booking]) -> dict[int, Around]:
    rooms = [known.room(one.room_id) for one in bookings]
    slots = [Period(one.starts_at, one.ends_at) for one in bookings]
    spaces = {space for room in rooms for space in room.space_ids}
    margin = max(CLOSE, timedelta(minutes=known.longest_buffer))
    near: dict[int, set[Near]] = defaultdict(set)
    for number, space, held in bookings_near_slots(session, slots, spaces, margin):
        if space in rooms[number].space_ids:
            near[number].add(held)
    whole = Period(min(slot.start for slot in slots), max(slot.end for slot in slots))
    foreign = foreign_near(session, spaces, whole)
    waiting = _waiting(session, bookings, rooms)
    return {
        one.id: Around(
            tuple(near[number]),
            any(
                held.overlaps(slots[number]) for space in room.space_ids for held in foreign[space]
            ),
            waiting[number],
        )
        for number, (one, room) in enumerate(zip(bookings, rooms, strict=True))
    }


def _waiting(
    session: Session, bookings: Sequence[Booking], rooms: Sequence[RoomRules]
) -> list[int]:
    """How many others wait for a part of the time of each booking, in its room or one of the same spaces."""
    near = [frozenset(room.neighbours) for room in rooms]
    entries = session.execute(
        select(
            WaitingEntry.room_id,
            WaitingEntry.starts_at,
            WaitingEntry.ends_at,
            WaitingEntry.organisation_id,
        ).where(
            WaitingEntry.state.in_(("waiting", "offered")),
            WaitingEntry.room_id.in_(frozenset().union(*near)),
            WaitingEntry.starts_at < max(one.ends_at for one in bookings),
            WaitingEntry.ends_at > min(one.starts_at for one in bookings),
        )
    ).all()
    return [
        sum(
            row.room_id in own
            and row.starts_at < one.ends_at
            and row.ends_at > one.starts_at
            and row.organisation_id != one.organisation_id
            for row in entries
        )
        for one, own in zip(bookings, near, strict=True)
    ]
