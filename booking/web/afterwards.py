"""What one does with a booking once it is there: take it into a calendar, ask for the same again. Changes nothing.

Google's and Outlook.com's links only fill in their own forms: what they take over doesn't follow later changes, and the page
says so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from booking.calendar_items import own_item
from booking.domain.access import Actor
from booking.domain.free_time import weekly_slots
from booking.domain.local_time import local
from booking.errors import Forbidden
from booking.i18n import gettext as _
from booking.models import Booking
from booking.queries.bookings import booking_in_sight
from booking.queries.catalogue import catalogue
from booking.queries.feeds import installation
from booking.queries.next_free import dates_of_room
from booking.web import edge
from booking.web.reader import known_actor
from booking.web.slots import slot_values
from calendars.ical import file_text, vevent_text
from calendars.items import Item
from calendars.period import Period

blueprint = Blueprint("afterwards", __name__)

_WEEKS_AHEAD = 12
_WEEK = timedelta(days=7)


@blueprint.get("/bookings/<row:booking_id>/booking.ics")
def calendar_file(booking_id: int) -> Response:
    """The booking for a calendar of its own people, with the UID it bears in feeds and mails."""
    asking = known_actor()
    with edge.read() as session:
        booking = _of_its_people(booking_in_sight(session, booking_id, asking), asking)
        text = file_text(vevent_text(own_item(booking, installation(session))))
    answer = Response(text, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="varaus-{booking_id}.ics"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/bookings/<row:booking_id>/again")
def again(booking_id: int) -> ResponseReturnValue:
    """The form of asking, filled with the next free date at the same weekday and time."""
    asking, now = known_actor(), edge.now()
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
        _require_asks(booking, asking)
        room = catalogue(session).room(booking.room_id)
        start, end = local(booking.starts_at), local(booking.ends_at)
        first = start.date() + _WEEK
        today = local(now).date()
        if first <= today:
            first += _WEEK * -(-((today - first).days + 1) // 7)
        slots = weekly_slots(first, start.time(), end.time(), _WEEKS_AHEAD)
        found = dates_of_room(session, room, slots, now)
    free = next((slot for n, slot in enumerate(slots) if slot and n not in found.taken), None)
    if free is None:
        flash(
            _(
                "The room has no free date at the same weekday and time in the next %(weeks)s weeks. Choose another time.",
                weeks=_WEEKS_AHEAD,
            )
        )
    return redirect(ask_like(booking, free), 303)


def ask_like(booking: Booking, slot: Period | None) -> str:
    """The address of the form of asking, filled with what the booking says, but for its needs: those go into no address."""
    values = {
        "room": str(booking.room_id),
        "organisation": str(booking.organisation_id),
        "title": booking.title,
        "activity": booking.activity,
        "people": str(booking.people),
        **({"is_public": "y"} if booking.is_public else {}),
        **(slot_values(slot) if slot is not None else _clocks(booking)),
    }
    return url_for("asking.ask", _external=False, **values)


def may_ask_like(booking: Booking, asking: Actor) -> bool:
    """Whether the reader could ask for the same in the same name."""
    return asking.asks_for(booking.room.unit_id, booking.organisation_id)


def calendar_links(item: Item) -> list[tuple[str, str]]:
    """Names of calendars on the web with the addresses of their forms, filled with the item."""
    start, end = (at.astimezone(UTC) for at in (item.period.start, item.period.end))
    google = {
        "action": "TEMPLATE",
        "text": item.summary,
        "dates": f"{_compact(start)}/{_compact(end)}",
        "location": item.location or "",
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": item.summary,
        "startdt": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "location": item.location or "",
    }
    return [
        ("Google", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        (
            "Outlook.com",
            f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}",
        ),
    ]


def _compact(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _clocks(booking: Booking) -> dict[str, str]:
    """The times without a day: a copy is for another one."""
    values = slot_values(Period(booking.starts_at, booking.ends_at))
    return {name: values[name] for name in ("starts", "ends")}


def _of_its_people(booking: Booking, asking: Actor) -> Booking:
    if booking.organisation_id not in asking.organisations and booking.asker_id != asking.person_id:
        raise Forbidden("not_your_booking")
    return booking


def _require_asks(booking: Booking, asking: Actor) -> None:
    if not may_ask_like(booking, asking):
        raise Forbidden("not_your_booking")
