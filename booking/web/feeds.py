"""Calendar feeds by iCalendar. Machines read them: no cookie, no language, nothing but what is public.

The validator is known before a line is rendered. It holds the feed's version and the local day, since the window of a feed
and its tombstones move by themselves at midnight.
"""

from __future__ import annotations

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
    today = local(now).date()
    with edge.edge().database.glance() as connection:
        version = feed_version(connection, room_id)
    if version is None:
        abort(404)
    tag = f"{_FRAME}-{room_id}-{version}-{today:%Y%m%d}"
    answer = Response(mimetype="text/calendar")
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "public, no-cache"
    if request.if_none_match.contains_weak(tag) or request.if_none_match.star_tag:
        answer.status_code = 304
        return answer
    with edge.read() as session:
        rules = catalogue(session).room(room_id)
        texts, last_change = feed_texts(session, rules.neighbours, "public", now)
    midnight = day_period(today).start  # the window has moved since
    answer.last_modified = max(last_change or midnight, midnight)
    answer.set_data(calendar_text(f"{rules.name.fi} – {rules.unit_name.fi}", texts))
    return answer
