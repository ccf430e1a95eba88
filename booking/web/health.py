"""Whether the service lives, and whether it can do its work. Asked by machines; says nothing about what is inside."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, jsonify

from booking.errors import DatabaseBusy
from booking.migrate import is_at_head
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
    """The database answers and its schema is this code's (else 503); how old the mail queue is."""
    checks: dict[str, object] = {"database": False, "migrations": False}
    try:
        checks["migrations"] = is_at_head(edge.edge().database)
        with edge.read() as session:
            oldest = oldest_unsent(session)
        checks["database"] = True
    except DatabaseBusy:
        return jsonify(status="busy", **checks), 503
    age = edge.now() - oldest if oldest else timedelta(0)
    checks["queue_age_seconds"] = int(age.total_seconds())
    # A stuck queue is told, not refused: rooms can be booked all the same.
    checks["queue"] = "stuck" if age > _QUEUE_IS_STUCK else "ok"
    is_sound = bool(checks["migrations"])
    return jsonify(status="ok" if is_sound else "unready", **checks), 200 if is_sound else 503


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
