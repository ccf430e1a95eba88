"""What happens by itself to a series nobody decides: the same steps as for a single request, once for all its dates at a unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import SERVICE
from booking.domain.bookings import next_state
from booking.domain.deciding import REACHED, StepName, asked_at, due_step
from booking.domain.local_time import local
from booking.errors import Stale
from booking.models import Booking, OutboxMessage, Series
from booking.queries.people import coordinators, deciders_of, stand_ins
from booking.queries.series_deciding import about_series
from booking.services.audit import record
from booking.services.changes import audited, finish_change
from booking.services.series_locks import lock_series
from booking.services.series_mails import tell_asker_of_series, tell_deciders_of_series


def escalate_series(
    session: Session, series_id: int, booking_id: int, now: datetime
) -> StepName | None:
    """Do the step that is due for one of its requests, for all of them at the same unit; its name, or None when none is."""
    series = session.get_one(Series, series_id, options=[joinedload(Series.room)])
    try:
        dates = lock_series(session, series)
    except Stale:
        return None  # it has just been moved; the worker looks again within a minute
    first = next((one for one in dates if one.id == booking_id), None)
    if first is None or first.state != "requested":
        # Decided, called off or split away since it was found.
        return None
    step = due_step(first, first.room.unit, now)
    if step is None:
        return None
    unit_id = first.room.unit_id
    waiting = [
        one
        for one in dates
        if one.state == "requested" and one.room.unit_id == unit_id and one.starts_at > now
    ]
    if step == "lapse":
        # The association loses these: each only when its own time is up, as the unit has promised.
        over = [one for one in waiting if due_step(one, one.room.unit, now) == "lapse"]
        _lapse(session, series, over, now)
    else:
        _pass_on(session, series, waiting, step, now)
    return step


def _pass_on(
    session: Session, series: Series, waiting: Sequence[Booking], step: StepName, now: datetime
) -> None:
    unit_id, today = waiting[0].room.unit_id, local(now).date()
    # Those who go this step for the first time; the others' people have heard of them.
    new = [one for one in waiting if one.escalation < REACHED[step]]
    for booking in new:
        booking.escalation = REACHED[step]
        thing, after = ("booking", booking.id), {"escalation": booking.escalation}
        record(session, step, thing, after=after, actor=SERVICE, now=now)
    at = f"@{now:%Y%m%d%H%M%S}"
    if step == "remind":
        persons = deciders_of(session, unit_id, today)
        tell_deciders_of_series(session, "reminder", series, waiting, persons, at, now=now)
        return
    is_with_coordinator = step == "pass_to_coordinator"
    found = coordinators(session) if is_with_coordinator else stand_ins(session, unit_id, today)
    told = _told_already(session, series, new, [person.id for person in found])
    others = [person for person in found if person.id not in told]
    tell_deciders_of_series(session, "escalated", series, waiting, others, at, now=now)


def _told_already(
    session: Session, series: Series, waiting: Sequence[Booking], person_ids: Sequence[int]
) -> set[int | None]:
    """Of these persons, who has had these requests passed to them before: a coordinator who stands in, too, is told once."""
    since = min(asked_at(one) for one in waiting)
    unit_id = waiting[0].room.unit_id
    rows = session.execute(
        select(OutboxMessage.person_id, OutboxMessage.cause).where(
            OutboxMessage.person_id.in_(person_ids),
            OutboxMessage.kind == "escalated",
            OutboxMessage.created_at > since,
            about_series(series.id),
        )
    )
    return {
        row.person_id for row in rows if row.cause.endswith(f":escalated:{unit_id}:{row.person_id}")
    }


def _lapse(session: Session, series: Series, waiting: Sequence[Booking], now: datetime) -> None:
    for booking in waiting:
        before = audited(booking)
        booking.state = next_state(booking.state, "lapse")
        finish_change(session, booking, "lapse_booking", before, None, actor=SERVICE, now=now)
    series.version += 1
    session.flush()
    tell_asker_of_series(session, "lapsed", series, waiting, now=now)
