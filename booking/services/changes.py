"""What every change of a booking has in common: the locks, what was seen, what follows. Used by asking, deciding and moving.

The order is the same everywhere, so that no two changes wait for each other in a circle: lock the organisation where a quota
applies, then the spaces (old and new room) in the order of their ids, then the booking's row, then rules, then rows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import CHANGEABLE, HOLDING, Wish, refusals_at_deciding
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, InvalidInput, PolicyRefusal, Refusal, Stale, WrongState
from booking.models import Booking
from booking.queries.bookings import booking_in_sight
from booking.services.audit import record
from booking.services.feeds import keep_calendar_text
from booking.services.occupancy import locked_rules_of_both, release_booking
from booking.services.standing import lock_for_quota, standing
from calendars.period import Period


def locked_booking(
    session: Session, booking_id: int, actor: Actor, to_room: int | None = None
) -> tuple[Booking, RoomRules, RoomRules]:
    """The booking within the actor's sight, the rules of its room and of the room it is to move to (else its own).

    All as they are now, with the spaces of both rooms and then the booking's row locked.
    """
    booking = booking_in_sight(session, booking_id, actor)
    here = booking.room_id
    if to_room is not None:
        lock_for_quota(session, booking.organisation_id, to_room, actor)
    rules, target = locked_rules_of_both(session, here, here if to_room is None else to_room)
    session.refresh(booking, with_for_update={"of": Booking})
    if booking.room_id != here:
        # Moved between the look and the lock: other spaces than those we hold are concerned now.
        raise Stale(booking.version)
    return booking, rules, target


def finish_change(
    session: Session,
    booking: Booking,
    action: str,
    before: dict[str, Any],
    reason: str | None,
    *,
    extra: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """What every change of a booking brings with it: version, sequence, released time, audit, feed text."""
    after = audited(booking)
    booking.version += 1
    booking.changed_at = now
    if any(before[key] != after[key] for key in _SEEN_BY_OTHERS):
        booking.sequence += 1
    if any(before[key] != after[key] for key in _WHAT_IS_HELD):
        # What its people were reminded of is another thing now, and the link that released it is worth nothing.
        booking.reminded_on = booking.release_hash = None
    if booking.state not in HOLDING:
        release_booking(session, booking.id)
    thing = ("booking", booking.id)
    record(
        session,
        action,
        thing,
        before=before,
        after=after | (extra or {}),
        reason=reason,
        actor=actor,
        now=now,
    )
    session.flush()
    keep_calendar_text(session, booking)


# RFC 5545 3.8.7.4: SEQUENCE rises with a significant revision; ours: time, place, status, title.
_SEEN_BY_OTHERS = ("room_id", "starts_at", "ends_at", "state", "title", "is_public")
_WHAT_IS_HELD = ("room_id", "starts_at", "ends_at", "state")


def audited(booking: Booking) -> dict[str, Any]:
    """What the audit may hold of a booking; needs and contacts are left out."""
    return {
        "room_id": booking.room.id,
        "organisation_id": booking.organisation.id,
        "title": booking.title,
        "is_public": booking.is_public,
        "activity": booking.activity,
        "people": booking.people,
        "terms_version": booking.terms_version,
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "state": booking.state,
    }


def require_still_allowed(
    session: Session, rules: RoomRules, booking: Booking, terms_version: int | None
) -> None:
    """Raise PolicyRefusal if the rules as they are now refuse what the booking is now."""
    period = period_of(booking)
    wish = Wish(period, booking.activity, booking.people, terms_version)
    around = standing(session, rules, period, but=booking.id)
    require_allowed(refusals_at_deciding(rules, wish, around))


def period_of(booking: Booking) -> Period:
    """When a booking is."""
    return Period(booking.starts_at, booking.ends_at)


def require_allowed(refusals: list[Refusal]) -> None:
    """Raise PolicyRefusal if any rule says no."""
    if refusals:
        raise PolicyRefusal(refusals)


def require_may_change(booking: Booking, rules: RoomRules, actor: Actor) -> None:
    """Raise Forbidden unless the actor may edit, move or cancel this booking."""
    if not actor.changes(rules.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")


def require_seen(booking: Booking, version: int) -> None:
    """Raise Stale if somebody has changed the booking since `version`."""
    if booking.version != version:
        raise Stale(booking.version)


def require_changeable(booking: Booking, action: str) -> None:
    """Raise WrongState unless time, room and texts may still change."""
    if booking.state not in CHANGEABLE:
        raise WrongState(booking.state, action)


def require_not_started(booking: Booking, action: str, now: datetime) -> None:
    """Raise WrongState(`already_started`) once the booking has begun."""
    if booking.starts_at <= now:
        raise WrongState(booking.state, action, code="already_started")


def require_reason(reason: str | None) -> None:
    """Staff who take something from people tell them why: raise InvalidInput(`reason_required`) without."""
    if not (reason or "").strip():
        raise InvalidInput("reason_required", field="reason")


def is_staff_of(booking: Booking, unit_id: int, actor: Actor) -> bool:
    """Whether the actor changes this booking as the county's, not as one of its people."""
    is_own = booking.organisation_id in actor.organisations
    return not is_own and (actor.decides_for(unit_id) or actor.is_coordinator)
