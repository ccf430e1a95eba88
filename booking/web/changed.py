"""The page that tells what a booking has become since the reader saw it. Knows rows and words; no form and no rule."""

from __future__ import annotations

from flask import Response, make_response, render_template

from booking.domain.access import Actor
from booking.errors import BookingError
from booking.models import Booking
from booking.queries.audit import names_in
from booking.queries.bookings import booking_in_sight, changed_since
from booking.web import edge
from booking.web.audit_words import FOR_STAFF, Told, told
from booking.web.errors import status_of
from booking.web.texts import text_of_error


def changed_page(
    booking_id: int, asking: Actor, error: BookingError, seen: int | None = None
) -> Response:
    """The booking as it is now, with what was changed after the version `seen`."""
    booking, missed = missed_changes(booking_id, asking, seen)
    page = render_template(
        "bookings/changed.html",
        booking=booking,
        reason=text_of_error(error),
        missed=missed,
        failed=True,
    )
    return make_response(page, status_of(error))


def missed_changes(booking_id: int, asking: Actor, seen: int | None) -> tuple[Booking, list[Told]]:
    """The booking as it is now, and what was changed after the version `seen`, newest first, in words."""
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
        entries = changed_since(session, booking, seen) if seen else []
        decides = asking.decides_for(booking.room.unit_id) or asking.is_coordinator
        return booking, told(
            entries, names_in(session, entries), frozenset() if decides else FOR_STAFF
        )
