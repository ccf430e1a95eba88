"""The outermost ring: whatever answers – a page, an error, a static file – leaves with safe headers and a number; all but 304
leave a log line.

Knows WSGI only. It is a ring of its own because WhiteNoise's answers never meet Flask's `after_request`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from booking.config import bound_request, logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID = "yhteistila.request_id"

_POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # for browsers older than frame-ancestors
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
# The private part of an address must never reach a log; what follows /t/, /k/, /i/ or /r/ is a token.
_TOKEN = re.compile(r"(/[tkir]/)[^/]+")


class Outer:
    """A WSGI application around another; `is_https` says whether browsers reach us by https."""

    def __init__(self, inner: WSGIApplication, is_https: bool) -> None:
        self._inner = inner
        self._headers = (*HEADERS, _HSTS) if is_https else HEADERS

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request, with a log line once its status is known."""
        number = uuid4().hex[:16]
        environ[REQUEST_ID] = number
        began = time.perf_counter()

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            present = {name.lower() for name, _ in headers}
            headers.extend(header for header in self._headers if header[0].lower() not in present)
            headers.append(("X-Request-Id", number))
            if status.startswith("304"):
                # Calendars that ask whether anything is new would fill the log with no.
                return start_response(status, headers, exc_info)
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            logger.info(
                "request",
                method=environ.get("REQUEST_METHOD", ""),
                path=_TOKEN.sub(r"\1…", environ.get("PATH_INFO", "")),
                status=int(status.split(" ", 1)[0]),
                milliseconds=milliseconds,
            )
            return start_response(status, headers, exc_info)

        with bound_request(number):
            return self._inner(environ, start)
