"""Giving a room back by the link in the reminder: a page with one button, for whoever has the mail, without signing in.

It shows room, time and title and nothing else. A link that has ended and one that never was get the same page. What is shown is
kept nowhere, and the address is passed on to nobody.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from booking.errors import NotFound
from booking.services.bookings import counts_as_late
from booking.services.release import booking_to_release, release_by_link
from booking.web import edge

blueprint = Blueprint("release", __name__)


@blueprint.get("/r/<token>")
def consider(token: str) -> ResponseReturnValue:
    """The page that asks once more. Nothing happens by opening it: mail scanners do."""
    now = edge.now()
    try:
        with edge.read() as session:
            booking = booking_to_release(session, token, now)
            is_late = counts_as_late(booking, now)
    except NotFound:
        return _ended()
    page = render_template(
        "release/show.html", booking=booking, is_late=is_late, token=token, here="/"
    )
    return _private(make_response(page))


@blueprint.post("/r/<token>")
def release(token: str) -> ResponseReturnValue:
    """Give the room back."""
    try:
        edge.write(lambda session: release_by_link(session, token, edge.now()).id)
    except NotFound:
        return _ended()
    return _private(make_response(redirect(url_for("release.done"), 303)))


@blueprint.get("/r/released")
def done() -> str:
    """What to know once it is done."""
    return render_template("release/done.html")


def _ended() -> Response:
    page = render_template("release/ended.html", failed=True, here="/")
    return _private(make_response(page, 404))


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
