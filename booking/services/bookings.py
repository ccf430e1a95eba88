"""Asking for a room, changing, moving, cancelling. Each function is one whole change: rows, audit, mails, feed text.

Locks and what every change has in common: `booking.services.changes`. Deciding: `booking.services.decisions`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.bookings import Wish, next_state, refusals_at_asking
from booking.domain.local_time import local
from booking.domain.requests import BookingEdit, BookingRequest
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, NotFound
from booking.i18n import gettext as _
from booking.i18n import period_in_words, use_locale
from booking.models import Booking, Organisation, Room
from booking.queries.people import deciders_of, mail_reader, reached
from booking.services.audit import record
from booking.services.changes import (
    audited,
    finish_change,
    is_staff_of,
    locked_booking,
    period_of,
    require_allowed,
    require_changeable,
    require_may_change,
    require_not_started,
    require_reason,
    require_seen,
)
from booking.services.decisions import approve_by_itself
from booking.services.edits import ask_again, change_texts, needs_no_decision
from booking.services.letters import Fact, one_line, paragraph
from booking.services.mails import DeciderKind, tell_asker, tell_deciders
from booking.services.occupancy import (
    hold_for_booking,
    locked_rules,
    release_booking,
    require_free,
)
from booking.services.standing import keep_from_erasing, lock_for_quota, require_may_book, standing
from booking.services.waiting import note_taken, offer_freed
from calendars.period import Period


def request_booking(
    session: Session, request: BookingRequest, actor: Actor, now: datetime
) -> Booking:
    """Ask for a room; the booking is `requested` and holds the time until it is decided.

    Raises SignInRequired (erased meanwhile), NotFound (no such room), Forbidden (not one's organisation), PolicyRefusal,
    RoomTaken.
    """
    lock_for_quota(session, request.organisation_id, request.room_id, actor)
    keep_from_erasing(session, actor)
    rules = locked_rules(session, request.room_id)
    if not rules.published and not actor.decides_for(rules.unit_id):
        raise NotFound("room")
    organisation = session.get(Organisation, request.organisation_id)
    if organisation is None or not actor.asks_for(rules.unit_id, request.organisation_id):
        # The same answer for one that isn't there: ids of other organisations are not to be guessed.
        raise Forbidden("organisation_not_yours")
    require_may_book(session, organisation)
    around = standing(session, rules, request.period, organisation_id=request.organisation_id)
    require_allowed(refusals_at_asking(rules, request.wish, now, around))
    require_free(session, rules, request.period)
    room = session.get_one(Room, request.room_id, options=[joinedload(Room.unit)])
    contact = contact_of(session, request, organisation, actor)
    booking = new_booking(request, room, organisation, contact, actor, now)
    if rules.terms_version is None:
        booking.terms_version = None  # there was nothing to accept
    session.add(booking)
    session.flush()
    hold_for_booking(session, booking.id, rules.space_ids, request.period)
    note_taken(session, request.organisation_id, [(rules, request.period)])
    record(
        session,
        "request_booking",
        ("booking", booking.id),
        after=audited(booking),
        actor=actor,
        now=now,
    )
    if needs_no_decision(booking):
        approve_by_itself(session, booking, now=now)
        return booking
    tell_asker(session, "asked", booking, now)
    _tell_deciders(session, "to_decide", booking, actor, now)
    return booking


def contact_of(
    session: Session, request: BookingRequest, organisation: Organisation, actor: Actor
) -> tuple[str, str]:
    """Whom the booking's mails reach: who was named, else who asks; of what staff ask on behalf, the association itself."""
    is_own = request.contact_email or organisation.id in actor.organisations
    others = None if is_own else reached(session, organisation)
    name, email = others or (actor.name, actor.email)
    return request.contact_name or name, request.contact_email or email


def new_booking(
    request: BookingRequest,
    room: Room,
    organisation: Organisation,
    contact: tuple[str, str],
    actor: Actor,
    now: datetime,
) -> Booking:
    """The row of a request, not yet added; the room's time is not yet held."""
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
        contact_name=contact[0],
        contact_email=contact[1],
        starts_at=request.period.start,
        ends_at=request.period.end,
        is_on_behalf=request.organisation_id not in actor.organisations,
        state="requested",
        version=1,
        sequence=0,
        was_approved=False,
        created_at=now,
        changed_at=now,
    )


def cancel_booking(
    session: Session,
    booking_id: int,
    version: int,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Cancel a booking before its start, tell its people, and offer the time to whoever waits for it.

    Staff give a reason. Raises NotFound, Forbidden, Stale, WrongState, InvalidInput(`reason_required`).
    """
    booking, rules = call_off(session, booking_id, version, reason, actor=actor, now=now)
    offer_freed(session, rules, period_of(booking), now)
    return booking


def call_off(
    session: Session,
    booking_id: int,
    version: int,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[Booking, RoomRules]:
    """Cancel a booking without offering its time: for who will do that, or use it. Raises as `cancel_booking` does."""
    booking, rules, _target = locked_booking(session, booking_id, actor)
    require_may_change(booking, rules, actor)
    require_seen(booking, version)
    by_staff = is_staff_of(booking, rules.unit_id, actor)
    require_cancellable(booking, now)
    if by_staff:
        require_reason(reason)
    let_go(session, booking, reason, by_staff, actor=actor, now=now)
    return booking, rules


def require_cancellable(booking: Booking, now: datetime) -> None:
    """Raise WrongState unless the booking still holds its time and has not begun."""
    next_state(booking.state, "cancel")
    require_not_started(booking, "cancel", now)


def let_go(
    session: Session,
    booking: Booking,
    reason: str | None,
    by_staff: bool,
    action: str = "cancel_booking",
    *,
    tells: bool = True,
    actor: Actor,
    now: datetime,
) -> None:
    """Cancel a booking that was found cancellable under its locks. Whether its people are late, it remembers.

    `tells`: by mails of its own; of a series, one mail tells of all.
    """
    before = audited(booking)
    booking.state, booking.cancel_reason = next_state(booking.state, "cancel"), reason
    booking.is_late_cancel = not by_staff and counts_as_late(booking, now)
    finish_change(session, booking, action, before, reason, actor=actor, now=now)
    if tells:
        tell_asker(session, "cancelled", booking, now)
    if tells and not by_staff:
        _tell_deciders(session, "withdrawn", booking, actor, now)


def counts_as_late(booking: Booking, now: datetime) -> bool:
    """Whether its people would cancel it late now, by the hours that its unit has set."""
    return booking.starts_at - now < timedelta(hours=booking.room.unit.late_cancel_hours)


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

    Raises NotFound, Forbidden, Stale, WrongState, InvalidInput(`bad_email`), PolicyRefusal.
    """
    booking, rules, _target = locked_booking(session, booking_id, actor)
    require_may_change(booking, rules, actor)
    require_seen(booking, version)
    require_changeable(booking, "edit")
    require_not_started(booking, "edit", now)
    before = audited(booking)
    extra = change_texts(session, booking, rules, edit, actor=actor, now=now)
    finish_change(session, booking, "edit_booking", before, None, extra=extra, actor=actor, now=now)
    if actor.person_id != booking.asker_id or booking.state != before["state"]:
        tell_asker(session, "changed", booking, now)
    if booking.state != before["state"]:
        _tell_deciders(session, "changed_request", booking, actor, now)
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
    of use accepted for the move; without it those accepted before count, if the unit stays the same. Staff give a reason.
    Raises NotFound, Forbidden, Stale, WrongState, InvalidInput(`reason_required`), PolicyRefusal, RoomTaken.
    """
    booking, old_rules, rules = locked_booking(session, booking_id, actor, to_room=room_id)
    _require_may_move(booking, (old_rules, rules), version, reason, actor=actor, now=now)
    if terms_version is None and rules.unit_id == old_rules.unit_id:
        terms_version = booking.terms_version
    # Staff can't accept rules of use for an association, nor must those keep them from moving it.
    by_staff = is_staff_of(booking, old_rules.unit_id, actor)
    accepted = rules.terms_version if by_staff else terms_version
    wish = Wish(period, booking.activity, booking.people, accepted)
    beside = standing(session, rules, period, booking.id, booking.organisation_id)
    require_allowed(refusals_at_asking(rules, wish, now, beside))
    require_free(session, rules, period, moving=booking.id)
    before, left, old_room = audited(booking), period_of(booking), booking.room
    booking.terms_version = terms_version if rules.terms_version is not None else None
    booking.room, booking.is_apart = session.get_one(Room, room_id), booking.series_id is not None
    booking.starts_at, booking.ends_at = period.start, period.end
    release_booking(session, booking.id)
    hold_for_booking(session, booking.id, rules.space_ids, period)
    note_taken(session, booking.organisation_id, [(rules, period)])
    ask_again(booking, rules, actor, now)
    finish_change(session, booking, "move_booking", before, reason, actor=actor, now=now)
    if booking.state == "requested" and needs_no_decision(booking):
        # Its mail says where and when; nobody is asked to decide.
        approve_by_itself(session, booking, now=now)
    else:
        was = old_room, left
        _tell_of_move(session, booking, before["state"], was, reason, actor=actor, now=now)
    offer_freed(session, old_rules, left, now)
    return booking


def _require_may_move(
    booking: Booking,
    rooms: tuple[RoomRules, RoomRules],
    version: int,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Raise unless the actor may move this booking from the first of these rooms to the second, as it is now."""
    here, there = rooms
    require_may_change(booking, here, actor)
    if not there.published and not actor.decides_for(there.unit_id):
        raise NotFound("room")
    if not actor.asks_for(there.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")
    require_seen(booking, version)
    require_changeable(booking, "move")
    require_not_started(booking, "move", now)
    if is_staff_of(booking, here.unit_id, actor):
        require_reason(reason)


def _tell_of_move(
    session: Session,
    booking: Booking,
    was: str,
    left: tuple[Room, Period],
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell the booking's people what it was before and why it was moved, and those who decide, if they are to decide."""
    room, period = left
    locale = mail_reader(session, booking).locale
    with use_locale(locale):
        facts = [
            Fact(_("Before"), f"{one_line(room.name.choose(locale)[0])}, {period_in_words(period)}")
        ]
        if reason:
            facts.append(Fact(_("Reason for moving"), paragraph(reason)))
    tell_asker(session, "moved", booking, now, facts=facts)
    if booking.state == "requested" and was == "approved":
        _tell_deciders(session, "changed_request", booking, actor, now)
    elif booking.state == "requested" and room.unit_id != booking.room.unit_id:
        # Another unit decides now, and has never heard of it.
        _tell_deciders(session, "to_decide", booking, actor, now)


def _tell_deciders(
    session: Session, kind: DeciderKind, booking: Booking, actor: Actor, now: datetime
) -> None:
    persons = deciders_of(session, booking.room.unit_id, local(now).date())
    others = [person for person in persons if person.id != actor.person_id]
    tell_deciders(session, kind, booking, others, now)
