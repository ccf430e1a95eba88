"""What an approver must know of a series to decide on it, and until when a decision on it can be undone. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.deciding import UNDO_WITHIN
from booking.models import Booking, OutboxMessage, Series


def letters_of(series_id: int) -> str:
    """What the causes of all mails about a series begin with."""
    return f"series:{series_id}:"


def about_series(series_id: int) -> ColumnElement[bool]:
    """The condition that a mail is about a series."""
    return OutboxMessage.cause.startswith(letters_of(series_id), autoescape=True)


def is_decision_mail(series: Series) -> ColumnElement[bool]:
    """The condition that a mail tells of the last decision on a series, as `booking.services.series_mails` names it.

    There is one for each contact that its dates have.
    """
    cause = f"{letters_of(series.id)}{series.version}:decided"
    return (OutboxMessage.cause == cause) | OutboxMessage.cause.startswith(
        f"{cause}:", autoescape=True
    )


def told_of(bookings: Sequence[Booking], actor: Actor, at: datetime) -> list[Booking]:
    """The dates that the actor decided on in the act whose mail was written at `at`, and that are still so decided.

    A date that was decided by itself since has a mail of its own.
    """
    return [
        one
        for one in bookings
        if one.decided_by_id is not None
        and one.decided_by_id == actor.person_id
        and one.decided_at == at
        and one.state in {"approved", "rejected"}
    ]


def undo_ends(
    session: Session, series: Series, bookings: Sequence[Booking], actor: Actor, now: datetime
) -> datetime | None:
    """Until when the actor can take back what they decided on a series last; None: it can't be taken back."""
    rows = session.execute(
        select(
            OutboxMessage.created_at,
            OutboxMessage.state,
            OutboxMessage.attempts,
            OutboxMessage.next_try_at,
        ).where(is_decision_mail(series))
    ).all()
    if not rows or now - rows[0].created_at >= UNDO_WITHIN:
        return None
    waits = [row.state == "waiting" and not row.attempts and row.next_try_at > now for row in rows]
    at: datetime = rows[0].created_at
    return at + UNDO_WITHIN if all(waits) and told_of(bookings, actor, at) else None
