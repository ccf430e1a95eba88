"""Asking for a room, deciding, changing, moving, cancelling. Each function is one whole change: rows, audit, mail,
feed text.

The order is the same everywhere, so that no two of them wait for each other in a circle: lock the organisation where a
quota applies, then the spaces (old and new room) in the order of their ids, then the booking's row, then rules, then rows.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.bookings import (
    CHANGEABLE,
    HOLDING,
    Action,
    Wish,
    next_state,
    refusals_at_asking,
    refusals_at_deciding,
)
from booking.domain.requests import BookingEdit, BookingRequest
from booking.domain.rooms import RoomRules
from booking.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    PolicyRefusal,
    Refusal,
    Stale,
    WrongState,
)
from booking.models import Booking, Organisation, Room
from booking.queries.bookings import booking_in_sight
from booking.services.audit import record
from booking.services.feeds import keep_calendar_text
from booking.services.mails import Kind, tell_asker
from booking.services.occupancy import (
    hold_for_booking,
    locked_rules,
    locked_rules_of_both,
    release_booking,
    require_free,
)
from booking.services.standing import lock_for_quota, standing
from calendars.period import Period


def request_booking(
    session: Session, request: BookingRequest, actor: Actor, now: datetime
) -> Booking:
    """Ask for a room; the booking is `requested` and holds the time until it is decided.

    Raises NotFound (no such room), Forbidden (not one's organisation), PolicyRefusal, RoomTaken.
    """
    lock_for_quota(session, request.organisation_id, request.room_id, actor)
    rules = locked_rules(session, request.room_id)
    if not rules.published and not actor.decides_for(rules.unit_id):
        raise NotFound("room")
    organisation = session.get(Organisation, request.organisation_id)
    if organisation is None or not actor.asks_for(rules.unit_id, request.organisation_id):
        # The same answer for one that isn't there: ids of other organisations are not to be guessed.
        raise Forbidden("organisation_not_yours")
    around = standing(session, rules, request.period, organisation_id=request.organisation_id)
    _require(refusals_at_asking(rules, request.wish, now, around))
    require_free(session, rules, request.period)
    room = session.get_one(Room, request.room_id, options=[joinedload(Room.unit)])
    booking = _new_booking(request, room, organisation, actor, now)
    if rules.terms_version is None:
        booking.terms_version = None  # there was nothing to accept
    session.add(booking)
    session.flush()
    hold_for_booking(session, booking.id, rules.space_ids, request.period)
    record(
        session,
        "request_booking",
        ("booking", booking.id),
        after=_audited(booking),
        actor=actor,
        now=now,
    )
    tell_asker(session, "asked", booking, actor.locale, now)
    return booking


def _new_booking(
    request: BookingRequest, room: Room, organisation: Organisation, actor: Actor, now: datetime
) -> Booking:
    return Booking(
        uuid=str(uuid.uuid4()),
        room=room,
        organisation=organisation,
        asker_id=actor.person_id,
        title=request.title,
        is_public=request.is_public,
        activity=request.activity,
        people=request.people,
        needs=request.needs or None,
        needed_features=sorted(request.needed_features),
        terms_version=request.terms_version,
        contact_name=request.contact_name or actor.name,
        contact_email=request.contact_email or actor.email,
        starts_at=request.period.start,
        ends_at=request.period.end,
        state="requested",
        version=1,
        sequence=0,
        was_approved=False,
        created_at=now,
        changed_at=now,
    )


def decide_booking(
    session: Session,
    booking_id: int,
    action: Action,
    version: int,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Approve or reject a request, as seen in `version`. Rejecting needs a reason; so does approving over foreign
    busy time.

    Raises NotFound, Forbidden, Stale, WrongState, InvalidInput(`reason_required`), and when approving PolicyRefusal
    or RoomTaken: the room may have been closed since it was asked for.
    """
    booking, rules, _ = _locked(session, booking_id, actor)
    if not actor.decides_for(rules.unit_id):
        raise Forbidden("not_your_decision")
    _require_version(booking, version)
    state = next_state(booking.state, action)
    if action == "approve":
        _require_not_started(booking, action, now)
        _require_still_allowed(session, rules, booking, booking.terms_version)
        if not reason:
            require_free(session, rules, _period_of(booking), moving=booking.id)
    elif not reason:
        raise InvalidInput("reason_required", field="reason")
    before = _audited(booking)
    booking.state, booking.reason = state, reason
    booking.decided_at, booking.decided_by_id = now, actor.person_id
    booking.decided_by_name = ", ".join(part for part in (actor.name, actor.title) if part)
    booking.was_approved = booking.was_approved or state == "approved"
    _changed(session, booking, f"{action}_booking", before, reason, actor=actor, now=now)
    kind: Kind = "approved" if state == "approved" else "rejected"
    tell_asker(session, kind, booking, booking.asker.locale, now)
    return booking


def cancel_booking(
    session: Session,
    booking_id: int,
    version: int,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Cancel a booking before its start and give the time back. Raises NotFound, Forbidden, Stale, WrongState."""
    booking, rules, _ = _locked(session, booking_id, actor)
    _require_change(booking, rules, actor)
    _require_version(booking, version)
    state = next_state(booking.state, "cancel")
    _require_not_started(booking, "cancel", now)
    before = _audited(booking)
    booking.state, booking.cancel_reason = state, reason
    _changed(session, booking, "cancel_booking", before, reason, actor=actor, now=now)
    return booking


def edit_booking(
    session: Session,
    booking_id: int,
    version: int,
    edit: BookingEdit,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Change texts and numbers. More people than an approved booking had: its unit decides anew, unless staff of the
    unit edits.

    Raises NotFound, Forbidden, Stale, WrongState, PolicyRefusal.
    """
    booking, rules, _ = _locked(session, booking_id, actor)
    _require_change(booking, rules, actor)
    _require_version(booking, version)
    _require_changeable(booking, "edit")
    _require_not_started(booking, "edit", now)
    before, had_needs, had_people = _audited(booking), _needs(booking), booking.people
    # Rules of use are asked anew only of who says which ones they accept.
    accepted = rules.terms_version if edit.terms_version is None else edit.terms_version
    for name in ("title", "activity", "people", "is_public", "terms_version"):
        value = getattr(edit, name)
        if value is not None:
            setattr(booking, name, value)
    if edit.needs is not None:
        booking.needs = edit.needs or None
    if edit.needed_features is not None:
        booking.needed_features = sorted(edit.needed_features)
    _require_still_allowed(session, rules, booking, accepted)
    if booking.people > had_people:
        _ask_again(booking, rules, actor)
    extra = {"needs": "changed"} if _needs(booking) != had_needs else None
    _changed(session, booking, "edit_booking", before, None, extra=extra, actor=actor, now=now)
    return booking


def move_booking(
    session: Session,
    booking_id: int,
    version: int,
    room_id: int,
    period: Period,
    reason: str | None,
    terms_version: int | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Move a booking to another time or room; the old time is given back in the same instant.

    An approved booking moved by its asker is `requested` again; moved by staff it stays approved. `terms_version`: the rules
    of use accepted for the move; without it those accepted before count, if the unit stays the same.
    Raises NotFound, Forbidden, Stale, WrongState, PolicyRefusal, RoomTaken.
    """
    booking, old_rules, rules = _locked(session, booking_id, actor, to_room=room_id)
    _require_change(booking, old_rules, actor)
    if not rules.published and not actor.decides_for(rules.unit_id):
        raise NotFound("room")
    if not actor.asks_for(rules.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")
    _require_version(booking, version)
    _require_changeable(booking, "move")
    _require_not_started(booking, "move", now)
    if terms_version is None and rules.unit_id == old_rules.unit_id:
        terms_version = booking.terms_version
    wish = Wish(period, booking.activity, booking.people, terms_version)
    around = standing(session, rules, period, booking.id, booking.organisation_id)
    _require(refusals_at_asking(rules, wish, now, around))
    require_free(session, rules, period, moving=booking.id)
    before = _audited(booking)
    booking.terms_version = terms_version if rules.terms_version is not None else None
    booking.room = session.get_one(Room, room_id)
    booking.starts_at, booking.ends_at = period.start, period.end
    release_booking(session, booking.id)
    hold_for_booking(session, booking.id, rules.space_ids, period)
    _ask_again(booking, rules, actor)
    _changed(session, booking, "move_booking", before, reason, actor=actor, now=now)
    return booking


def _locked(
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


def _changed(
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
    after = _audited(booking)
    booking.version += 1
    booking.changed_at = now
    if any(before[key] != after[key] for key in _SEEN_BY_OTHERS):
        booking.sequence += 1
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


def _audited(booking: Booking) -> dict[str, Any]:
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


def _ask_again(booking: Booking, rules: RoomRules, actor: Actor) -> None:
    by_staff = actor.decides_for(rules.unit_id) or actor.is_coordinator
    if booking.state == "approved" and not by_staff:
        booking.state = next_state(booking.state, "ask_again")
        booking.decided_at = booking.decided_by_id = booking.decided_by_name = booking.reason = None


def _needs(booking: Booking) -> tuple[str | None, list[str]]:
    return booking.needs, list(booking.needed_features)


def _require_still_allowed(
    session: Session, rules: RoomRules, booking: Booking, terms_version: int | None
) -> None:
    period = _period_of(booking)
    wish = Wish(period, booking.activity, booking.people, terms_version)
    around = standing(session, rules, period, but=booking.id)
    _require(refusals_at_deciding(rules, wish, around))


def _period_of(booking: Booking) -> Period:
    return Period(booking.starts_at, booking.ends_at)


def _require(refusals: list[Refusal]) -> None:
    if refusals:
        raise PolicyRefusal(refusals)


def _require_change(booking: Booking, rules: RoomRules, actor: Actor) -> None:
    if not actor.changes(rules.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")


def _require_version(booking: Booking, version: int) -> None:
    if booking.version != version:
        raise Stale(booking.version)


def _require_changeable(booking: Booking, action: str) -> None:
    if booking.state not in CHANGEABLE:
        raise WrongState(booking.state, action)


def _require_not_started(booking: Booking, action: str, now: datetime) -> None:
    if booking.starts_at <= now:
        raise WrongState(booking.state, action, code="already_started")
