"""What staff do about a mail that was given up: send it once more, or say that its reader has been told otherwise."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import Forbidden, InvalidInput, NotFound
from booking.models import OutboxMessage
from booking.services.audit import record
from booking.services.letters import send_soon
from booking.services.outbox import BEARING_KEYS


def require_sees_mails(actor: Actor) -> None:
    """Raise Forbidden unless the actor looks after the mails: the administrator and the coordinator."""
    if not (actor.is_admin or actor.is_coordinator):
        raise Forbidden("not_your_mails")


def send_again(session: Session, mail_id: int, *, actor: Actor, now: datetime) -> OutboxMessage:
    """Let a mail that was given up be tried again, under the same Message-ID; one that isn't given up stays as it is.

    Raises NotFound, Forbidden, InvalidInput(`mail_emptied`: what it said has been removed).
    """
    message = _locked(session, mail_id, actor)
    if not message.body:
        raise InvalidInput("mail_emptied")
    if message.state == "failed":
        message.state, message.attempts, message.next_try_at = "waiting", 0, now
        message.leased_until = message.sent_at = message.last_error = None
        record(session, "send_mail_again", ("mail", mail_id), actor=actor, now=now)
        session.flush()
        send_soon(session, [mail_id])
    return message


def settle(session: Session, mail_id: int, *, actor: Actor, now: datetime) -> OutboxMessage:
    """Note that the reader of a mail that was given up has been told otherwise: it is tried no more and listed no more.

    Raises NotFound, Forbidden.
    """
    message = _locked(session, mail_id, actor)
    if message.state == "failed":
        message.state = "withdrawn"
        if message.kind in BEARING_KEYS:
            message.body, message.html = "", None
        record(session, "settle_mail", ("mail", mail_id), actor=actor, now=now)
        session.flush()
    return message


def _locked(session: Session, mail_id: int, actor: Actor) -> OutboxMessage:
    require_sees_mails(actor)
    message = session.get(OutboxMessage, mail_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound("mail")
    return message
