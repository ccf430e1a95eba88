"""Calendar feeds by iCalendar. Machines read them: no cookie, no language, nothing but what is public.

The validator is known before a line is rendered. It holds the feed's version and the local day, since the window of a feed
and its tombstones move by themselves at midnight.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort, request

from booking.domain.local_time import day_period, local
from booking.queries.catalogue import catalogue
from booking.queries.feeds import feed_texts, feed_version
from booking.web import edge
from calendars.ical import calendar_text

blueprint = Blueprint("feeds", __name__)

# Part of every validator: raise it when the frame of the calendar changes, so that nobody keeps the old one.
_FRAME = 1


@blueprint.get("/feeds/rooms/<row:room_id>.ics")
def room(room_id: int) -> Response:
    """What is public of the bookings of a room, and of rooms that share a space with it: −30 days to +18 months."""
    now = edge.now()
    with edge.edge().database.glance() as connection:
        version = feed_version(connection, room_id)
    if version is None:
        abort(404)
    tag = f"{_FRAME}-{room_id}-{version}-{local(now).date():%Y%m%d}"
    answer = Response(mimetype="text/calendar")
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "public, no-cache"
    if request.if_none_match.contains_weak(tag) or request.if_none_match.star_tag:
        answer.status_code = 304
        return answer
    with edge.read() as session:
        rules = catalogue(session).room(room_id)
        texts = feed_texts(session, rules.neighbours, "public", now)
    answer.last_modified = _last_change([changed for _, changed in texts], now)
    name = f"{rules.name.fi} – {rules.unit_name.fi}"
    answer.set_data(calendar_text(name, (text for text, _ in texts)))
    return answer


def _last_change(changes: list[datetime], now: datetime) -> datetime:
    """The last row's change, but not before midnight: the window has moved since."""
    return max([day_period(local(now).date()).start, *changes])
