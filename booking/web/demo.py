"""The demo's mails, shown instead of sent. Registered in demo mode only: elsewhere these addresses don't exist."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

from booking.models import OutboxMessage
from booking.queries import outbox
from booking.web import edge
from booking.web.paging import page_number, page_of

blueprint = Blueprint("demo", __name__)

# A mail is a document of its own: its styles stand with its elements, it loads and runs nothing. Our page shows it in a frame.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
# A link in the frame opens in the whole window, where its page may be shown.
_HEAD, _HEAD_IN_FRAME = "<head>", '<head><base target="_top">'


@blueprint.get("/demo/mails")
def mails() -> str:
    """All mails, the newest first."""
    number = page_number()
    with edge.read() as session:
        page = page_of(number, lambda limit, offset: outbox.mails(session, limit, offset))
    return render_template("demo/mails.html", page=page)


@blueprint.get("/demo/mails/<row:mail_id>")
def mail(mail_id: int) -> str:
    """One mail as its reader gets it: in a frame, as plain text, and its calendar."""
    return render_template("demo/mail.html", mail=_mail(mail_id))


@blueprint.get("/demo/mails/<row:mail_id>/html")
def as_html(mail_id: int) -> Response:
    """The mail's HTML part, a document of its own."""
    html = _mail(mail_id).html
    if html is None:
        abort(404)
    answer = make_response(html.replace(_HEAD, _HEAD_IN_FRAME, 1))
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@blueprint.get("/demo/mails/<row:mail_id>/varaus.ics")
def calendar(mail_id: int) -> Response:
    """The mail's calendar, as a file."""
    text = _mail(mail_id).calendar
    if text is None:
        abort(404)
    answer = make_response(text)
    answer.headers["Content-Type"] = "text/calendar; method=PUBLISH; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="varaus.ics"'
    return answer


def _mail(mail_id: int) -> OutboxMessage:
    with edge.read() as session:
        return outbox.mail(session, mail_id)
