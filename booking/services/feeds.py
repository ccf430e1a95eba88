"""Keeps the VEVENT texts of which feeds are made, in the transaction of the change they show."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.calendar_items import booking_uid, place, public_item, public_summary
from booking.models import Booking, CalendarText, Room
from booking.queries.feeds import installation
from calendars.ical import vevent_text


def keep_calendar_text(session: Session, booking: Booking) -> None:
    """Bring the booking's public text up to date. Call with the spaces of its room locked.

    Public is what a decision said yes to: an approved booking as CONFIRMED; one that was approved and is so no longer
    (cancelled, or asked anew for another time) as CANCELLED, with the last approved time, place and summary.
    """
    uid = booking_uid(booking, installation(session))
    kept = session.scalars(
        select(CalendarText).where(CalendarText.uid == uid, CalendarText.audience == "public")
    ).one_or_none()
    if kept is None and booking.state != "approved":
        return
    row = kept or CalendarText(uid=uid, audience="public")
    rooms = {row.room_id} if kept else set()
    render_public(row, booking)
    session.add(row)
    rooms.add(row.room_id)
    session.execute(
        update(Room)
        .where(Room.id.in_(rooms))
        .values(feed_version=Room.feed_version + 1, feed_changed_at=booking.changed_at)
    )


def render_public(row: CalendarText, booking: Booking) -> None:
    """Make `row` show what the public may know of the booking in its present state."""
    if booking.state == "approved":
        row.room_id, row.starts_at, row.ends_at = (
            booking.room_id,
            booking.starts_at,
            booking.ends_at,
        )
        row.summary, row.location = public_summary(booking), place(booking)
    row.status = "CONFIRMED" if booking.state == "approved" else "CANCELLED"
    row.revision, row.changed_at = booking.sequence, booking.changed_at
    row.text = vevent_text(public_item(booking, row))
