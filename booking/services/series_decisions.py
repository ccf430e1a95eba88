"""Deciding on a series: all of its requests at once, some of them, or all but some. One mail tells of all that was decided.

What is approved is checked again date by date, as for a single request; if one fails, nothing is decided and all that fail are
told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import Action, next_state
from booking.domain.deciding import UNDO_WITHIN, may_decide
from booking.errors import (
    Conflict,
    DateRefused,
    Forbidden,
    InvalidInput,
    NotFound,
    PolicyRefusal,
    Refusal,
    RoomTaken,
    SeriesRefused,
    Stale,
    WrongState,
)
from booking.models import Booking, OutboxMessage, Series
from booking.queries.catalogue import catalogue
from booking.queries.series import series_in_sight, version_of
from booking.queries.series_deciding import is_decision_mail, told_of
from booking.services.changes import period_of, require_still_allowed
from booking.services.decisions import take_back, write_decision
from booking.services.occupancy import require_free
from booking.services.series_locks import lock_series
from booking.services.series_mails import tell_asker_of_series


def decide_series(
    session: Session,
    series_id: int,
    version: int,
    actions: dict[int, Action],
    reason: str | None,
    condition: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Series:
    """Approve or reject dates of a series: `actions` by the booking's id; a date that isn't named stays undecided.

    Rejecting needs a reason, which approved dates don't bear; with approvals only it is a message. A condition holds for what is
    approved. Raises NotFound, Forbidden, Stale, WrongState, InvalidInput(`reason_required`, `nothing_decided`), and SeriesRefused
    with the dates that can't be approved as things are now.
    """
    series, bookings = _locked(session, series_id, version, actor)
    chosen = [one for one in bookings if one.id in actions]
    if not chosen or len(chosen) != len(actions):
        raise InvalidInput("nothing_decided", field="dates") if not actions else NotFound("booking")
    if "reject" in actions.values() and not (reason or "").strip():
        raise InvalidInput("reason_required", field="reason")
    for booking in chosen:
        if not may_decide(booking, booking.room.unit_id, actor):
            raise Forbidden("not_your_decision")
        next_state(booking.state, actions[booking.id])
    _require_approvable(session, [one for one in chosen if actions[one.id] == "approve"], now)
    message = None if "reject" in actions.values() else reason
    for booking in chosen:
        said = reason if actions[booking.id] == "reject" else message
        words = said, condition
        write_decision(session, booking, actions[booking.id], words, actor=actor, now=now)
    series.version += 1
    session.flush()
    tell_asker_of_series(session, "decided", series, chosen, now=now, not_before=now + UNDO_WITHIN)
    return series


def _locked(
    session: Session, series_id: int, version: int, actor: Actor
) -> tuple[Series, list[Booking]]:
    series = series_in_sight(session, series_id, actor)
    bookings = lock_series(session, series)
    if version_of(session, series) != version:
        raise Stale(version_of(session, series))
    return series, bookings


def _require_approvable(session: Session, bookings: Sequence[Booking], now: datetime) -> None:
    refused = []
    for booking in bookings:
        rules = catalogue(session).room(booking.room_id)
        if booking.starts_at <= now:
            refused.append(_refusal(booking, (Refusal("already_started", "starts_at"),), ()))
            continue
        try:
            require_still_allowed(session, rules, booking, booking.terms_version)
            require_free(session, rules, period_of(booking), moving=booking.id)
        except PolicyRefusal as error:
            refused.append(_refusal(booking, error.refusals, ()))
        except RoomTaken as error:
            refused.append(_refusal(booking, (), error.conflicts))
    if refused:
        raise SeriesRefused(refused)


def _refusal(
    booking: Booking, refusals: tuple[Refusal, ...], conflicts: tuple[Conflict, ...]
) -> DateRefused:
    assert booking.series_day is not None  # it is of a series
    return DateRefused(booking.series_day, booking.starts_at, booking.ends_at, refusals, conflicts)


def undo_series_decision(
    session: Session, series_id: int, version: int, *, actor: Actor, now: datetime
) -> Series:
    """Take back what one decided on a series last, while its mail still waits; those dates await a decision again.

    Raises NotFound, Forbidden, Stale, WrongState (`too_late_to_undo`), RoomTaken (a rejected date's time was given away).
    """
    series, bookings = _locked(session, series_id, version, actor)
    if not any(may_decide(one, one.room.unit_id, actor) for one in bookings):
        raise Forbidden("not_your_decision")
    written_at = _withdraw(session, series)
    is_young = written_at is not None and now - written_at < UNDO_WITHIN
    last = told_of(bookings, actor, written_at) if written_at is not None and is_young else []
    if not last:
        raise WrongState(bookings[-1].state, "undo", code="too_late_to_undo")
    for booking in last:
        take_back(session, catalogue(session).room(booking.room_id), booking, actor=actor, now=now)
    series.version += 1
    return series


def _withdraw(session: Session, series: Series) -> datetime | None:
    """Keep the mails of the last decision from going out; when they were written, or None if it is too late for one of them."""
    mails = session.scalars(
        select(OutboxMessage).where(is_decision_mail(series)).with_for_update()
    ).all()
    if not mails or any(mail.state != "waiting" or mail.attempts for mail in mails):
        return None
    for mail in mails:
        mail.state = "withdrawn"
    return mails[0].created_at
