"""Calendar feeds by iCalendar. Machines read them: no cookie, no language, nothing but what is public.

The validator is known before a line is rendered. It holds the feed's version and the local day, since the window of a feed
and its tombstones move by themselves at midnight. A subscriber who has the feed already is answered by `booking.web.polls`.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort
from werkzeug.http import parse_etags

from booking.db import Database
from booking.domain.local_time import day_period, local
from booking.queries.catalogue import catalogue
from booking.queries.feeds import feed_state, feed_texts
from booking.web import edge
from booking.web.kept import Kept
from calendars.ical import calendar_text

blueprint = Blueprint("feeds", __name__)

CACHE = "public, no-cache"
# Part of every validator: raise it when the frame of the calendar changes, so that nobody keeps the old one.
_FRAME = 1
_kept = Kept(limit=12 * 2**20)


@blueprint.get("/feeds/rooms/<row:room_id>.ics")
def room(room_id: int) -> Response:
    """What is public of the bookings of a room, and of rooms that share a space with it: −30 days to +18 months."""
    now = edge.now()
    known = validator(edge.edge().database, room_id, now)
    if known is None:
        abort(404)
    tag, changed_at = known
    body = _kept.get(tag)
    if body is None:
        body = _rendered(room_id, now)
        _kept.keep(tag, body)
    answer = Response(body, mimetype="text/calendar")
    answer.set_etag(tag)
    answer.last_modified = changed_at
    answer.headers["Cache-Control"] = CACHE
    return answer


def _rendered(room_id: int, now: datetime) -> bytes:
    with edge.read() as session:
        rules = catalogue(session).room(room_id)
        texts = feed_texts(session, rules.neighbours, "public", now)
    return calendar_text(f"{rules.name.fi} – {rules.unit_name.fi}", texts)


def validator(database: Database, room_id: int, now: datetime) -> tuple[str, datetime] | None:
    """The tag of a room's feed as it is now, and since when; None for no published room."""
    with database.glance() as connection:
        state = feed_state(connection, room_id)
    if state is None:
        return None
    midnight = day_period(local(now).date()).start  # the window has moved since
    tag = f"{_FRAME}-{room_id}-{state.version}-{local(now):%Y%m%d}"
    return tag, max(state.changed_at or midnight, midnight)


def has_it(if_none_match: str, tag: str) -> bool:
    """Whether the reader's If-None-Match, in any of its forms, names this tag (RFC 9110 13.1.2)."""
    theirs = parse_etags(if_none_match)
    return theirs.star_tag or theirs.contains_weak(tag)
