"""Pages for what goes wrong: in the reader's language, saying what to do next. Knows codes and statuses; no rule.

Paths under /api/ have answers of their own (problem+json), and machines get a line of text.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from booking.errors import (
    BookingError,
    BreaksBookings,
    DatabaseBusy,
    Forbidden,
    InvalidInput,
    InvalidValues,
    KeyReused,
    NotFound,
    PlanChanged,
    PolicyRefusal,
    RoomTaken,
    SeriesRefused,
    SignInRequired,
    Stale,
    TooMany,
    WrongState,
)
from booking.i18n import lazy_gettext as _
from booking.web.outer import REQUEST_ID
from booking.web.reader import is_for_machines
from booking.web.texts import text_of_error

STATUSES: dict[type[BookingError], int] = {
    InvalidInput: 422,
    SignInRequired: 401,
    NotFound: 404,
    Forbidden: 403,
    Stale: 409,
    WrongState: 409,
    PolicyRefusal: 422,
    InvalidValues: 422,
    BreaksBookings: 409,
    RoomTaken: 409,
    SeriesRefused: 422,
    PlanChanged: 409,
    TooMany: 429,
    KeyReused: 422,
    DatabaseBusy: 503,
}
_TITLES = {
    400: _("The request could not be understood"),
    401: _("Sign in first"),
    403: _("You may not do this"),
    404: _("We did not find the page"),
    405: _("This cannot be done here"),
    409: _("Something has changed meanwhile"),
    413: _("What you sent is too large"),
    422: _("Something is not right yet"),
    429: _("Too many attempts"),
    500: _("Something went wrong on our side"),
    503: _("The service is busy"),
}
_NEXT_STEPS = {
    400: _(
        "Go back, open the page again and try again. If you came by a link, check that its address is right."
    ),
    401: _("Sign in to go on."),
    403: _(
        "Your rights do not allow this. Ask the site's approver or the coordinator of associations."
    ),
    404: _(
        "The address may be wrong, or the page may have been removed. Start from the front page, or go back."
    ),
    405: _("Go back and use the buttons of the page."),
    409: _("Go back, open the page again and look at it as it is now."),
    413: _("Go back, shorten the text and send it again."),
    422: _("Go back, check what you filled in and send it again."),
    429: _("Wait for a while and try again."),
    500: _(
        "Nothing you did caused this, and the fault has been recorded. Wait a moment and try again."
    ),
    503: _("Nothing was saved. Wait a moment and try again."),
}
_CSRF_STEP = _(
    "The page had been open for too long, or cookies are off. Go back, open the page again and send it again."
)
_API = "/api/"
_KEPT_HEADERS = frozenset({"Allow", "Retry-After"})


def install(app: Flask, to_programs: Callable[[HTTPException], Response]) -> None:
    """Answer every error with a page, below /api/ with what `to_programs` says.

    Unexpected errors are logged by Flask before they come here.
    """

    def on_http(error: HTTPException) -> ResponseReturnValue:
        is_redirect = (error.code or 500) < 400
        if request.path.startswith(_API) and not is_redirect:
            return to_programs(error)
        return error if is_redirect else _on_http(error)

    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(BookingError, _on_refusal)


def status_of(error: BookingError) -> int:
    """The HTTP status of a refusal."""
    if isinstance(error, SeriesRefused) and error.code == "room_taken":
        return 409  # nothing but held time is in the way, as with RoomTaken
    return next(status for kind, status in STATUSES.items() if isinstance(error, kind))


def _on_http(error: HTTPException) -> ResponseReturnValue:
    answer = _page(error.code or 500)
    answer.headers.extend(
        [(name, value) for name, value in error.get_headers() if name in _KEPT_HEADERS]
    )
    return answer


def _on_csrf(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, str(_CSRF_STEP))


def _on_refusal(error: BookingError) -> ResponseReturnValue:
    if isinstance(error, SignInRequired):
        # Back to the page itself, not to what was posted to it.
        here = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else request.path
        return redirect(url_for("people.sign_in", next=here), 303)
    answer = _page(status_of(error), text_of_error(error))
    wait = error.params.get("retry_after_seconds")
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _page(status: int, next_step: str | None = None) -> Response:
    known = status if status in _TITLES else (500 if status >= 500 else 400)
    title, step = str(_TITLES[known]), next_step or str(_NEXT_STEPS[known])
    if is_for_machines(request.path):
        return Response(f"{title}. {step}\n", status, mimetype="text/plain")
    retry = request.full_path.rstrip("?") if status >= 500 and request.method == "GET" else None
    page = render_template(
        "error.html",
        title=title,
        next_step=step,
        failed=True,
        retry_href=retry,
        request_id=request.environ.get(REQUEST_ID, ""),
    )
    return make_response(page, status)
