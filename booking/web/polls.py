"""Answers a subscriber who has the feed already, before Flask is asked. Knows WSGI and a feed's validator; renders nothing.

Calendars ask again every hour or so, and nine times of ten nothing has changed: these polls are most of what the service is
asked, and Flask's way through routing, contexts and hooks would cost several times the one query they need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from booking.web import edge
from booking.web.feeds import CACHE, has_it, validator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

# Nine digits always fit PostgreSQL's integer; what is longer is Flask's to refuse.
_FEED = re.compile(r"/feeds/rooms/([1-9][0-9]{0,8})\.ics")


class Polls:
    """A WSGI application around another: 304 for who has the feed, anything else is passed on."""

    def __init__(self, inner: WSGIApplication, app: Flask) -> None:
        self._inner = inner
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request."""
        theirs: str = environ.get("HTTP_IF_NONE_MATCH", "")
        feed = _FEED.fullmatch(environ.get("PATH_INFO", "")) if theirs else None
        if feed is not None and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            here = edge.of(self._app)
            known = validator(here.database, int(feed[1]), here.clock())
            if known is not None and has_it(theirs, known[0]):
                start_response(
                    "304 NOT MODIFIED", [("ETag", f'"{known[0]}"'), ("Cache-Control", CACHE)]
                )
                return []
        return self._inner(environ, start_response)
