"""The demo's mails, shown instead of sent. Registered in demo mode only: elsewhere these addresses don't exist."""

from __future__ import annotations

from flask import Blueprint, render_template

from booking.queries import outbox
from booking.web import edge
from booking.web.paging import page_number, page_of

blueprint = Blueprint("demo", __name__)


@blueprint.get("/demo/mails")
def mails() -> str:
    """All mails, the newest first."""
    number = page_number()
    with edge.read() as session:
        page = page_of(number, lambda limit, offset: outbox.mails(session, limit, offset))
    return render_template("demo/mails.html", page=page)


@blueprint.get("/demo/mails/<row:mail_id>")
def mail(mail_id: int) -> str:
    """One mail as its reader gets it."""
    with edge.read() as session:
        found = outbox.mail(session, mail_id)
    return render_template("demo/mail.html", mail=found)
