"""Mails that could not be delivered: who looks after them sends them again, or tells the reader otherwise. Knows no SMTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from booking.config import redacted
from booking.domain.access import Actor
from booking.i18n import gettext as _
from booking.queries import outbox
from booking.services import failed_mails
from booking.web import edge, mail_words
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("failed_mails", __name__)


@blueprint.get("/staff/mails")
def show() -> str:
    """The mails that were given up, the newest first, each with why and what can be done."""
    _keeper()
    number = page_number()
    with edge.read() as session:
        page = page_of(number, lambda limit, offset: outbox.given_up(session, limit, offset))
    return render_template(
        "staff/failed_mails.html", page=page, mail_words=mail_words, redacted=redacted
    )


@blueprint.post("/staff/mails/<row:mail_id>/again")
def send_again(mail_id: int) -> ResponseReturnValue:
    """Try a mail once more; pressed twice it is sent once."""
    asking = _keeper()
    edge.write(
        lambda session: failed_mails.send_again(session, mail_id, actor=asking, now=edge.now())
    )
    flash(_("The message is sent again. If it fails once more, it comes back to this list."))
    return redirect(url_for("failed_mails.show"), 303)


@blueprint.post("/staff/mails/<row:mail_id>/told")
def settle(mail_id: int) -> ResponseReturnValue:
    """Take a mail off the list: its reader has been told otherwise."""
    asking = _keeper()
    edge.write(lambda session: failed_mails.settle(session, mail_id, actor=asking, now=edge.now()))
    flash(_("The message has been taken off the list."))
    return redirect(url_for("failed_mails.show"), 303)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A mail that was given up, as the page of its booking tells it."""

    about: str
    written_at: datetime
    why: str


def undelivered_of(session: Session, booking_id: int) -> list[Undelivered]:
    """What staff must tell a booking's people otherwise, for `bookings/undelivered.html`; the oldest first."""
    return [
        Undelivered(mail_words.kind(row.kind), row.created_at, mail_words.why_not(row.last_error))
        for row in outbox.undelivered(session, booking_id)
    ]


def _keeper() -> Actor:
    asking = known_actor()
    failed_mails.require_sees_mails(asking)
    return asking
