"""Bookings within an actor's sight: one, mine, a unit's queue, a page of a list. Scope is part of each query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.domain.access import Actor
from booking.errors import NotFound
from booking.models import AuditEntry, Block, Booking, Room, Unit


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """What a list is narrowed to; None: not. Times bound bookings that touch [starts_from, starts_before)."""

    state: str | None = None
    room_id: int | None = None
    unit_id: int | None = None
    organisation_id: int | None = None
    ends_after: datetime | None = None
    starts_before: datetime | None = None


def in_sight(actor: Actor) -> ColumnElement[bool]:
    """The condition that a booking (joined to its room) may be known to this actor."""
    if actor.sees_all_bookings:
        return true()
    ways = []
    units = actor.approver_units | actor.viewer_units
    if units:
        ways.append(Room.unit_id.in_(units))
    if actor.organisations:
        ways.append(Booking.organisation_id.in_(actor.organisations))
    return or_(*ways) if ways else false()


def _bookings(actor: Actor) -> Select[Booking]:
    return (
        select(Booking)
        .join(Booking.room)
        .join(Room.unit)
        .join(Booking.organisation)
        .options(
            contains_eager(Booking.room).contains_eager(Room.unit).joinedload(Unit.municipality)
        )
        .options(contains_eager(Booking.organisation))
        .where(in_sight(actor))
    )


def booking_in_sight(session: Session, booking_id: int, actor: Actor) -> Booking:
    """One booking with its room, unit and organisation; raises NotFound also when the actor may not know of it."""
    found = session.scalars(_bookings(actor).where(Booking.id == booking_id)).one_or_none()
    if found is None:
        raise NotFound("booking")
    return found


def bookings(
    session: Session,
    actor: Actor,
    wanted: BookingFilter,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[Booking]:
    """A page of the bookings in sight, by start and id; `after` is the (starts_at, id) of the last one had."""
    query = _bookings(actor)
    if wanted.state is not None:
        query = query.where(Booking.state == wanted.state)
    if wanted.room_id is not None:
        query = query.where(Booking.room_id == wanted.room_id)
    if wanted.unit_id is not None:
        query = query.where(Room.unit_id == wanted.unit_id)
    if wanted.organisation_id is not None:
        query = query.where(Booking.organisation_id == wanted.organisation_id)
    if wanted.ends_after is not None:
        query = query.where(Booking.ends_at > wanted.ends_after)
    if wanted.starts_before is not None:
        query = query.where(Booking.starts_at < wanted.starts_before)
    if after is not None:
        starts_at, last_id = after
        query = query.where(
            or_(
                Booking.starts_at > starts_at,
                and_(Booking.starts_at == starts_at, Booking.id > last_id),
            )
        )
    return list(session.scalars(query.order_by(Booking.starts_at, Booking.id).limit(limit)))


def bookings_of_organisations(
    session: Session, actor: Actor, now: datetime, past: bool, limit: int, offset: int = 0
) -> list[Booking]:
    """Bookings of the actor's own organisations and those the actor asked for: the coming ones by start, or the past
    ones backwards.
    """
    own = or_(Booking.organisation_id.in_(actor.organisations), Booking.asker_id == actor.person_id)
    query = _bookings(actor).where(own)
    if past:
        query = query.where(Booking.ends_at <= now).order_by(
            Booking.starts_at.desc(), Booking.id.desc()
        )
    else:
        query = query.where(Booking.ends_at > now).order_by(Booking.starts_at, Booking.id)
    return list(session.scalars(query.limit(limit).offset(offset)))


def history(session: Session, object_kind: str, object_id: int) -> list[AuditEntry]:
    """What happened to one thing, oldest first. Whether the actor may see it is the caller's question."""
    return list(
        session.scalars(
            select(AuditEntry)
            .where(AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id)
            .order_by(AuditEntry.id)
        )
    )


# What the audit calls the changes that raise a booking's version, one entry for each.
_COUNTED = (
    "edit_booking",
    "move_booking",
    "approve_booking",
    "approve_by_itself",
    "reject_booking",
    "undo_decision",
    "cancel_booking",
    "release_booking",
    "lapse_booking",
)
_MISSED_SHOWN = 20


def changed_since(session: Session, booking: Booking, version: int) -> list[AuditEntry]:
    """What was changed of a booking after `version`, newest first."""
    missed = max(0, booking.version - version)
    query = (
        select(AuditEntry)
        .where(
            AuditEntry.object_kind == "booking",
            AuditEntry.object_id == booking.id,
            AuditEntry.action.in_(_COUNTED),
        )
        .order_by(AuditEntry.id.desc())
        .limit(min(missed, _MISSED_SHOWN))
    )
    return list(session.scalars(query)) if missed else []


def blocks(session: Session, room_id: int, now: datetime) -> list[Block]:
    """The room's blocks that are not over and not lifted, by start."""
    return list(
        session.scalars(
            select(Block)
            .where(Block.room_id == room_id, Block.ends_at > now, Block.lifted_at.is_(None))
            .options(joinedload(Block.created_by))
            .order_by(Block.starts_at)
        )
    )
