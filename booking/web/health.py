"""Whether the service lives, and whether it can do its work. Asked by machines; says nothing about what is inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response, jsonify

from booking.db import Database, is_reachable, reading
from booking.migrate import is_at_head
from booking.models.triggers import constraint_stands
from booking.queries.outbox import oldest_unsent
from booking.web import edge

blueprint = Blueprint("health", __name__)

# Mail should be delivered within five minutes; after three times that, nobody is working the queue.
_QUEUE_IS_STUCK = timedelta(minutes=15)


@blueprint.get("/livez")
def lives() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def is_ready() -> tuple[Response, int]:
    """The database answers, its schema is this code's, and it refuses to hold a space twice; how old the mail queue is.

    Else 503, with the name of the first thing that is amiss.
    """
    checks = dict(_checks(edge.edge().database))
    reason = next((name for name, is_sound in checks.items() if not is_sound), None)
    if reason is not None:
        return jsonify(status="unready", reason=reason, **checks), 503
    with edge.read() as session:
        oldest = oldest_unsent(session)
    age = edge.now() - oldest if oldest else timedelta(0)
    # A stuck queue is told, not refused: rooms can be booked all the same.
    queue = "stuck" if age > _QUEUE_IS_STUCK else "ok"
    told = {"queue": queue, "queue_age_seconds": int(age.total_seconds())}
    return jsonify(status="ok", **checks, **told), 200


def _checks(database: Database) -> Iterator[tuple[str, bool]]:
    """Each thing the service can't do without, and whether it is there; none is looked at after one that is amiss."""
    is_sound = is_reachable(database)
    yield "database", is_sound
    is_sound = is_sound and is_at_head(database)
    yield "migrations", is_sound
    if is_sound:
        with reading(database) as session:
            is_sound = constraint_stands(session.connection())
    yield "constraint", is_sound


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Search engines may read the catalogue and the feeds; forms and lists of persons' own are not for them."""
    lines = (
        "User-agent: *",
        "Allow: /feeds/",
        "Disallow: /bookings",
        "Disallow: /staff",
        "Disallow: /login",
        "Disallow: /api/",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
