"""What a change of a booking's texts and numbers does to its row, and when the unit has to decide anew.

Called with the spaces of its room and its row locked; who calls writes it down, tells of it and keeps the feed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import next_state
from booking.domain.requests import BookingEdit
from booking.domain.room_values import is_email
from booking.domain.rooms import RoomRules
from booking.errors import InvalidInput
from booking.models import Booking, Organisation, Unit
from booking.services.changes import is_staff_of, require_still_allowed

_EDITED = (
    "title",
    "activity",
    "people",
    "is_public",
    "terms_version",
    "contact_name",
    "contact_email",
)


def change_texts(
    session: Session,
    booking: Booking,
    rules: RoomRules,
    edit: BookingEdit,
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, str]:
    """Write what is edited into a booking whose room is locked; what the audit may say of the quiet parts.

    Raises InvalidInput(`bad_email`), PolicyRefusal.
    """
    if edit.contact_email is not None and not is_email(edit.contact_email):
        raise InvalidInput("bad_email", field="contact_email")
    kept_quiet, had_people = _kept_quiet(booking), booking.people
    # Rules of use are asked anew only of who says which ones they accept.
    accepted = rules.terms_version if edit.terms_version is None else edit.terms_version
    for name in _EDITED:
        value = getattr(edit, name)
        if value is not None:
            setattr(booking, name, value)
    if edit.needs is not None:
        booking.needs = edit.needs or None
    if edit.needed_features is not None:
        booking.needed_features = sorted(edit.needed_features)
    require_still_allowed(session, rules, booking, accepted)
    if booking.people > had_people:
        ask_again(booking, rules, actor, now)
    quiet = _kept_quiet(booking)
    return {name: "changed" for name in quiet if quiet[name] != kept_quiet[name]}


def needs_no_decision(booking: Booking) -> bool:
    """Whether the unit of its room lets what this association asks for be approved by itself."""
    return approves_by_itself(booking.room.unit, booking.organisation)


def approves_by_itself(unit: Unit, organisation: Organisation) -> bool:
    """Whether a unit decides nothing of what an association asks for: one it knows, and where it says so."""
    return unit.approves_by_itself and organisation.verified_at is not None


def asks_anew(booking: Booking, unit_id: int, actor: Actor) -> bool:
    """Whether a change by this actor needs a new decision: of what the unit of the room it has, or moves to, has approved."""
    return booking.state == "approved" and not is_staff_of(booking, unit_id, actor)


def ask_again(booking: Booking, rules: RoomRules, actor: Actor, now: datetime) -> None:
    if asks_anew(booking, rules.unit_id, actor) and not needs_no_decision(booking):
        booking.state = next_state(booking.state, "ask_again")
        booking.decided_at = booking.decided_by_id = booking.decided_by_name = None
        booking.reason = booking.condition = None
        booking.escalation, booking.asked_at = 0, now


def _kept_quiet(booking: Booking) -> dict[str, tuple[object, ...]]:
    """Of what the audit holds only that it changed."""
    return {
        "needs": (booking.needs, tuple(booking.needed_features)),
        "contact": (booking.contact_name, booking.contact_email),
    }
