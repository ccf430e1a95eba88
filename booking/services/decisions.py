"""Deciding on a request, taking a decision back before it was told, and what happens to requests that nobody decides.

A decision's mail waits some minutes. Until it goes out, who decided can undo: a slip of the hand on a phone harms nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.access import SERVICE, Actor
from booking.domain.bookings import Action, next_state
from booking.domain.deciding import UNDO_WITHIN, may_decide
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, InvalidInput, RoomTaken, WrongState
from booking.models import Booking, OutboxMessage
from booking.queries.deciding import decision_mail
from booking.services.changes import (
    audited,
    finish_change,
    locked_booking,
    period_of,
    require_not_started,
    require_seen,
    require_still_allowed,
)
from booking.services.mails import AskerKind, tell_asker
from booking.services.occupancy import hold_for_booking, require_free

AUTOMATIC = ""  # nobody's name: the unit lets its bookings be approved by themselves


def decide_booking(
    session: Session,
    booking_id: int,
    action: Action,
    version: int,
    reason: str | None,
    condition: str | None = None,
    over_foreign: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Approve a request, on a condition where one is given, or reject it, as seen in `version`. Rejecting needs a reason.

    `over_foreign`: why it is approved although another calendar claims the time; staff read it, not the requester. Raises
    NotFound, Forbidden, Stale, WrongState, InvalidInput(`reason_required`), and when approving PolicyRefusal or RoomTaken:
    the room may have been closed since it was asked for.
    """
    booking, rules, _target = locked_booking(session, booking_id, actor)
    if not may_decide(booking, rules.unit_id, actor):
        raise Forbidden("not_your_decision")
    require_seen(booking, version)
    state = next_state(booking.state, action)
    if action == "reject" and not reason:
        raise InvalidInput("reason_required", field="reason")
    extra = None
    if action == "approve":
        require_not_started(booking, action, now)
        require_still_allowed(session, rules, booking, booking.terms_version)
        if _is_over_foreign(session, rules, booking, over_foreign):
            extra = {"over_foreign": over_foreign}
    write_decision(session, booking, action, (reason, condition), extra=extra, actor=actor, now=now)
    kind: AskerKind = "approved" if state == "approved" else "rejected"
    tell_asker(session, kind, booking, now, now + UNDO_WITHIN)
    return booking


def write_decision(
    session: Session,
    booking: Booking,
    action: Action,
    said: tuple[str | None, str | None],
    *,
    extra: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Write a decision that may be taken into a booking whose room is locked; `said`: reason and condition. Tells nobody."""
    before = audited(booking)
    reason, condition = said
    booking.state, booking.reason = next_state(booking.state, action), reason
    booking.condition = (condition or None) if booking.state == "approved" else None
    if booking.condition is not None:
        extra = (extra or {}) | {"condition": booking.condition}
    booking.decided_at, booking.decided_by_id = now, actor.person_id
    booking.decided_by_name = ", ".join(part for part in (actor.name, actor.title) if part)
    booking.was_approved = booking.was_approved or booking.state == "approved"
    done = f"{action}_booking"
    finish_change(session, booking, done, before, reason, extra=extra, actor=actor, now=now)


def _is_over_foreign(
    session: Session, rules: RoomRules, booking: Booking, reason: str | None
) -> bool:
    """Whether another calendar claims the time. Raises RoomTaken for what else holds it, or where there is no reason to go on."""
    try:
        require_free(session, rules, period_of(booking), moving=booking.id)
    except RoomTaken as taken:
        if not reason or any(met.kind != "foreign" for met in taken.conflicts):
            raise
        return True
    return False


def approve_by_itself(
    session: Session, booking: Booking, tells: bool = True, *, now: datetime
) -> None:
    """Approve what was just asked for, where the unit says so. Call with the spaces locked.

    `tells`: by a mail of its own; of a series, one mail tells of all.
    """
    before = audited(booking)
    booking.state = next_state(booking.state, "approve")
    booking.decided_at, booking.decided_by_name = now, AUTOMATIC
    booking.was_approved = True
    finish_change(session, booking, "approve_by_itself", before, None, actor=SERVICE, now=now)
    if tells:
        tell_asker(session, "approved", booking, now)


def undo_decision(
    session: Session, booking_id: int, version: int, *, actor: Actor, now: datetime
) -> Booking:
    """Take one's own decision back while its mail still waits; the request awaits a decision again.

    Raises NotFound, Forbidden, Stale, WrongState (`too_late_to_undo`), RoomTaken (a rejected one's time was given away).
    """
    booking, rules, _target = locked_booking(session, booking_id, actor)
    require_own_decision(booking, actor)
    require_seen(booking, version)
    next_state(booking.state, "undo")
    if not _is_young(booking, now) or not _withdraw(session, booking):
        raise WrongState(booking.state, "undo", code="too_late_to_undo")
    take_back(session, rules, booking, actor=actor, now=now)
    return booking


def take_back(
    session: Session, rules: RoomRules, booking: Booking, *, actor: Actor, now: datetime
) -> None:
    """Make a request of a decided booking again; its mail is withdrawn already. Raises RoomTaken."""
    before = audited(booking)
    if booking.state == "rejected":
        _hold_again(session, rules, booking)
    booking.state = next_state(booking.state, "undo")
    booking.decided_at = booking.decided_by_id = booking.decided_by_name = None
    booking.reason = booking.condition = None
    finish_change(session, booking, "undo_decision", before, None, actor=actor, now=now)


def _is_young(booking: Booking, now: datetime) -> bool:
    """Whether somebody took the decision a moment ago; what the unit approved by itself nobody did."""
    if booking.decided_by_id is None or booking.decided_at is None:
        return False
    return now - booking.decided_at < UNDO_WITHIN


def require_own_decision(booking: Booking, actor: Actor) -> None:
    """Raise Forbidden unless the actor may decide here, and nobody else took this decision."""
    is_anothers = booking.decided_by_id not in (None, actor.person_id)
    if is_anothers or not may_decide(booking, booking.room.unit_id, actor):
        raise Forbidden("not_your_decision")


def _withdraw(session: Session, booking: Booking) -> bool:
    """Take the mail of the decision back; False when a worker has it in hand or it is out."""
    withdrawn = session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.cause == decision_mail(booking),
            OutboxMessage.state == "waiting",
            OutboxMessage.attempts == 0,
        )
        .values(state="withdrawn")
        .returning(OutboxMessage.id)
    ).one_or_none()
    return withdrawn is not None


def _hold_again(session: Session, rules: RoomRules, booking: Booking) -> None:
    require_free(session, rules, period_of(booking))
    hold_for_booking(session, booking.id, rules.space_ids, period_of(booking))
