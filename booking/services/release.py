"""The link in the reminder before a date: who has it gives the room back, without signing in. Knows no page.

The link holds 256 random bits, the row their hash. It ends when the booking moves, ends or begins (`booking.services.changes`
takes the hash away); whoever comes too late learns no more than somebody who has guessed.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.config import base_url
from booking.domain.access import Actor
from booking.domain.bookings import HOLDING
from booking.errors import NotFound
from booking.models import Booking, Room
from booking.services.bookings import let_go
from booking.services.changes import period_of
from booking.services.occupancy import locked_rules
from booking.services.sign_ins import token_hash
from booking.services.waiting import offer_freed

# Nobody is known behind the link; the audit says what was used.
_BY_LINK = Actor(person_id=None, name="release link")


def make_release_link(booking: Booking) -> str:
    """A new link for a mail, which is the only place that holds its token; an earlier one of this booking ends."""
    token = secrets.token_urlsafe(32)
    booking.release_hash = token_hash(token)
    return f"{base_url()}/r/{token}"


def booking_to_release(session: Session, token: str, now: datetime) -> Booking:
    """The booking that the link gives back, with its room and unit. Raises NotFound for a link that has ended, or never was."""
    found = session.scalars(
        select(Booking)
        .where(
            Booking.release_hash == token_hash(token),
            Booking.state.in_(HOLDING),
            Booking.starts_at > now,
        )
        .options(joinedload(Booking.room).joinedload(Room.unit))
    ).one_or_none()
    if found is None:
        raise NotFound("release")
    return found


def release_by_link(session: Session, token: str, now: datetime) -> Booking:
    """Cancel the booking by its link, once, and offer the time to whoever waits for it. Raises NotFound."""
    room_id = booking_to_release(session, token, now).room_id
    rules = locked_rules(session, room_id)
    # Under the locks it may have ended, or be in another room.
    booking = booking_to_release(session, token, now)
    session.refresh(booking, with_for_update={"of": Booking})
    if booking.room_id != room_id or booking.release_hash != token_hash(token):
        raise NotFound("release")
    let_go(session, booking, None, False, "release_booking", actor=_BY_LINK, now=now)
    offer_freed(session, rules, period_of(booking), now)
    return booking
