"""The API under /api/v1, for programs. Knows HTTP, JSON and tokens; the rules are those of the pages, in the services below.

How a call goes: `caller` finds out whose token it bears (cookies are never read, so it needs no CSRF token); the view reads
query or body strictly (`asked`, `schemas`, `fields`); a service does the act in one transaction, once for each Idempotency-Key
(`once`); `answers` says what became of it, `problems` what is wrong. `operations` registers each view together with its part
of the document.
"""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from booking.errors import BookingError
from booking.web.api import (
    blocks,
    bookings,
    caller,
    document,
    organisations,
    problems,
    rooms,
    series_changes,
    units,
    upkeep,
)
from booking.web.api.fields import LARGEST
from booking.web.api.operations import blueprint

__all__ = ["on_http", "register"]

# Importing them is what registers their views with the blueprint.
_VIEWS = (rooms, upkeep, blocks, units, organisations, bookings, series_changes)

blueprint.before_request(caller.find)
blueprint.register_error_handler(BookingError, problems.on_refusal)
blueprint.register_error_handler(HTTPException, problems.on_http)


def register(app: Flask) -> None:
    """Add the API to `app`, which has its edge (`booking.web.edge`) and its `row` converter already."""
    document.install(app)
    if "csrf" in app.extensions:
        # No cookie is believed here, so there is nothing a foreign page could ride on.
        app.extensions["csrf"].exempt(blueprint)


def on_http(error: HTTPException) -> Response:
    """The answer to what no view of ours has or has met: unknown addresses and methods, a foreign Host, a fault."""
    if isinstance(error, MethodNotAllowed) and any(map(_can_be_no_id, request.path.split("/"))):
        # werkzeug says 405 when one method's rule looked right and another's refused the id.
        error = NotFound()
    return problems.on_http(error)


def _can_be_no_id(part: str) -> bool:
    return part.isascii() and part.isdigit() and not 0 < int(part[:11]) <= LARGEST
