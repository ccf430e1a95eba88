"""Mails as they wait, as they went, and as they failed: for the demo's pages, for staff, and for whoever asks whether the queue
moves.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.errors import NotFound
from booking.models import OutboxMessage


def mails(session: Session, limit: int, offset: int = 0) -> list[OutboxMessage]:
    """A page of all mails, the newest first."""
    newest = OutboxMessage.created_at.desc(), OutboxMessage.id.desc()
    return list(
        session.scalars(select(OutboxMessage).order_by(*newest).limit(limit).offset(offset))
    )


def mail(session: Session, mail_id: int) -> OutboxMessage:
    """One mail; raises NotFound."""
    found = session.get(OutboxMessage, mail_id)
    if found is None:
        raise NotFound("mail")
    return found


def given_up(session: Session, limit: int, offset: int = 0) -> list[OutboxMessage]:
    """A page of the mails that were given up, the newest first."""
    newest = OutboxMessage.created_at.desc(), OutboxMessage.id.desc()
    failed = select(OutboxMessage).where(OutboxMessage.state == "failed")
    return list(session.scalars(failed.order_by(*newest).limit(limit).offset(offset)))


def undelivered(session: Session, booking_id: int) -> list[OutboxMessage]:
    """The mails about a booking that were given up, the oldest first. Whether the reader may know is the caller's question.

    The index of failed mails finds them: few are looked at. (A range of causes would need the index to sort by bytes, as
    PostgreSQL's do in some collations only.)
    """
    about = OutboxMessage.cause.startswith(f"booking:{booking_id}:", autoescape=True)
    failed = select(OutboxMessage).where(OutboxMessage.state == "failed", about)
    oldest = OutboxMessage.created_at, OutboxMessage.id
    return list(session.scalars(failed.order_by(*oldest)))


def oldest_unsent(session: Session) -> datetime | None:
    """When the mail that has waited longest was written; None when none waits."""
    waiting = select(func.min(OutboxMessage.created_at)).where(OutboxMessage.state == "waiting")
    return session.scalars(waiting).one()
